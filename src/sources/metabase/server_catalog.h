#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace keelboat::metabase {

/// A database as Metabase lists it. A value.
struct Database {
  int64_t id = 0;
  std::string name;
  std::string engine;    ///< "clickhouse".
  std::string timezone;  ///< As of its last sync; may be empty.
  std::string flavor;    ///< "ClickHouse", "PostgreSQL"; may be empty.
  std::string version;   ///< "24.3.1"; may be empty.
  bool native = true;    ///< Whether the account may write SQL for it.
};

struct CatalogTable {
  int64_t id = 0;
  std::string schema;  ///< May be empty.
  std::string name;
  std::string description;
};

struct CatalogField {
  std::string name;
  std::string database_type;
  std::string base_type;
  std::string semantic_type;  ///< "type/PK": what a sync takes for a key; may repeat.
  std::string description;
};

/// A parameter of a saved question.
struct CardParameter {
  std::string id;    ///< The server's own; may be empty.
  std::string name;  ///< Of the template tag.
  std::string type;  ///< "category", "date/single", "number/=", …
  std::string target_json;
};

struct Card {
  int64_t id = 0;
  std::string name;
  int64_t database = 0;
  std::vector<CardParameter> parameters;
};

/// What a server is. A value.
struct Properties {
  std::string version;   ///< "v0.63.1".
  std::string timezone;  ///< Report time zone; may be empty.
};

// Readers of the server's JSON. Pure; kUnavailable with the first words for a body that
// is none, so that a proxy's page is told as what it is.

arrow::Result<Properties> ReadProperties(const std::string& body);
/// Without those that hold no tables ("Saved Questions").
arrow::Result<std::vector<Database>> ReadDatabases(const std::string& body);
/// Tables of GET /api/database/:id/metadata.
arrow::Result<std::vector<CatalogTable>> ReadTables(const std::string& body);
/// Real columns of GET /api/table/:id/query_metadata, in the table's order.
arrow::Result<std::vector<CatalogField>> ReadFields(const std::string& body);
arrow::Result<Card> ReadCard(const std::string& body);

/// \brief Chooses a database by name, or by id in digits.
///
/// kNotFound names the nearest and the available ones. An empty `wanted` stands for the
/// only one there is.
arrow::Result<Database> FindDatabase(const std::vector<Database>& databases,
                                     const std::string& wanted);

/// Names by which tables are listed: "orders", or "shop.orders" where two schemas have
/// one of that name. Same order.
std::vector<std::string> TableNames(const std::vector<CatalogTable>& tables);

/// Chooses a table by its listed name or by "schema.name"; kNotFound names the nearest.
arrow::Result<CatalogTable> FindTable(const std::vector<CatalogTable>& tables,
                                      const std::string& wanted);

}  // namespace keelboat::metabase
