#include "sources/mysql/catalog.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/mysql/column_type.h"
#include "sources/mysql/row_stream.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

struct CatalogColumn {
  std::string name;
  std::string declared_type;
  bool nullable = true;
  std::string comment;
};

std::string TextOr(const std::optional<std::string>& cell) { return cell.value_or(""); }

std::optional<int64_t> NumberOf(const std::optional<std::string>& cell) {
  int64_t number = 0;
  if (!cell) return {};
  auto [end, error] = std::from_chars(cell->data(), cell->data() + cell->size(), number);
  if (error != std::errc() || end != cell->data() + cell->size()) return {};
  return number;
}

// "TABLE_SCHEMA = 'olist' AND TABLE_NAME = 'orders'"; with a prefix for joins.
std::string Selector(const std::string& database, const std::string& table) {
  return " WHERE TABLE_SCHEMA = " + QuoteLiteral(database) +
         " AND TABLE_NAME = " + QuoteLiteral(table);
}

arrow::Status MissingTable(Connection* connection, const std::string& table) {
  const MysqlOptions& options = connection->options();
  // Without any right on a table the server hides it; only reading it tells the two
  // apart.
  auto probe = connection->Query("SELECT 1 FROM " + QuoteIdentifier(options.database) +
                                     "." + QuoteIdentifier(table) + " LIMIT 0",
                                 table);
  if (!probe.ok() && KindOf(probe.status()) != ErrorKind::kNotFound) {
    return probe.status();
  }
  ARROW_ASSIGN_OR_RAISE(auto tables, ListTables(connection));
  return MakeError(ErrorKind::kNotFound,
                   "table " + table + " does not exist in database " + options.database +
                       DidYouMean(table, tables),
                   {{"table", table}, {"database", options.database}});
}

// Fills name, estimates and comment. Returns false where the server shows no such table.
arrow::Result<bool> ReadTable(Connection* connection, const std::string& table,
                              Relation* relation) {
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection->Query("SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH, TABLE_COMMENT, "
                        "TABLE_TYPE FROM information_schema.TABLES" +
                        Selector(connection->options().database, table)));
  // The server may fold case, or compare without it where tables that differ only by
  // case exist: the exact name goes first.
  auto exact = std::find_if(rows.begin(), rows.end(),
                            [&](const auto& row) { return TextOr(row[0]) == table; });
  if (exact == rows.end()) {
    if (rows.size() != 1) return false;
    ARROW_ASSIGN_OR_RAISE(auto folding,
                          connection->Query("SELECT @@lower_case_table_names"));
    if (folding.empty() || TextOr(folding[0][0]) == "0") return false;
    exact = rows.begin();
  }
  const auto& row = *exact;
  bool is_view = TextOr(row[4]).find("VIEW") != std::string::npos;
  relation->table = TextOr(row[0]);
  if (!is_view) {
    relation->estimated_rows = NumberOf(row[1]);
    relation->estimated_bytes = NumberOf(row[2]);
    relation->comment = TextOr(row[3]);
  }
  return true;
}

arrow::Result<std::vector<CatalogColumn>> ReadColumns(Connection* connection,
                                                      const std::string& table) {
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection->Query("SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_COMMENT, "
                        "PRIVILEGES, TABLE_NAME FROM information_schema.COLUMNS" +
                        Selector(connection->options().database, table) +
                        " ORDER BY ORDINAL_POSITION"));
  std::vector<CatalogColumn> columns;
  for (const auto& row : rows) {
    if (TextOr(row[5]) != table) continue;
    if (TextOr(row[4]).find("select") == std::string::npos) continue;
    columns.push_back(
        {TextOr(row[0]), TextOr(row[1]), TextOr(row[2]) == "YES", TextOr(row[3])});
  }
  return columns;
}

arrow::Status ReadIndexes(Connection* connection, Relation* relation) {
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection->Query("SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, TABLE_NAME FROM "
                        "information_schema.STATISTICS" +
                        Selector(connection->options().database, relation->table) +
                        " ORDER BY INDEX_NAME, SEQ_IN_INDEX"));
  std::vector<std::string> computed;
  for (const auto& row : rows) {
    if (TextOr(row[3]) != relation->table) continue;
    std::string name = TextOr(row[0]);
    // A part that is an expression has no column: such an index says nothing here.
    if (!row[1]) computed.push_back(name);
    if (name == "PRIMARY") relation->primary_key.push_back(TextOr(row[1]));
    if (relation->indexes.empty() || relation->indexes.back().name != name) {
      relation->indexes.push_back({name, {}, TextOr(row[2]) == "0"});
    }
    relation->indexes.back().columns.push_back(TextOr(row[1]));
  }
  std::erase_if(relation->indexes, [&](const Index& index) {
    return std::find(computed.begin(), computed.end(), index.name) != computed.end();
  });
  return arrow::Status::OK();
}

arrow::Status ReadForeignKeys(Connection* connection, Relation* relation) {
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection->Query("SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, "
                        "REFERENCED_COLUMN_NAME, TABLE_NAME FROM "
                        "information_schema.KEY_COLUMN_USAGE" +
                        Selector(connection->options().database, relation->table) +
                        " AND REFERENCED_TABLE_NAME IS NOT NULL"
                        " ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION"));
  std::string last;
  for (const auto& row : rows) {
    if (TextOr(row[4]) != relation->table) continue;
    if (relation->foreign_keys.empty() || TextOr(row[0]) != last) {
      relation->foreign_keys.push_back({{}, TextOr(row[2]), {}});
      last = TextOr(row[0]);
    }
    relation->foreign_keys.back().columns.push_back(TextOr(row[1]));
    relation->foreign_keys.back().references_columns.push_back(TextOr(row[3]));
  }
  return arrow::Status::OK();
}

// MariaDB before 10.5 sends no extended types: there, JSON shows only in its check.
arrow::Result<std::vector<std::string>> JsonColumns(Connection* connection,
                                                    const std::string& table) {
  std::vector<std::string> names;
  if (mariadb_connection(connection->handle()) == 0) return names;
  auto rows = connection->Query(
      "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE "
      "CONSTRAINT_SCHEMA = " +
      QuoteLiteral(connection->options().database) +
      " AND TABLE_NAME = " + QuoteLiteral(table));
  // Old servers lack this view; then a JSON column is the text that it is stored as.
  if (!rows.ok())
    return KindOf(rows.status()) == ErrorKind::kCancelled
               ? arrow::Result<std::vector<std::string>>(rows.status())
               : names;
  const std::string before = "json_valid(`";
  const std::string after = "`)";
  for (const auto& row : *rows) {
    std::string clause = TextOr(row[0]);
    if (clause.rfind(before, 0) != 0 || clause.size() < before.size() + after.size()) {
      continue;
    }
    if (clause.substr(clause.size() - after.size()) != after) continue;
    names.push_back(
        clause.substr(before.size(), clause.size() - before.size() - after.size()));
  }
  return names;
}

std::shared_ptr<arrow::Field> FieldOf(const CatalogColumn& column, ColumnType type,
                                      bool is_json, MysqlZeroDates zero_dates) {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  metadata->Append(kSourceTypeKey, column.declared_type);
  if (!column.comment.empty()) metadata->Append(kCommentKey, column.comment);
  if (is_json && type.cell == CellKind::kText) type.logical = "json";
  if (!type.logical.empty()) metadata->Append(kLogicalTypeKey, type.logical);
  bool may_become_null =
      zero_dates == MysqlZeroDates::kNull && IsCalendarType(column.declared_type);
  return arrow::field(column.name, std::move(type.arrow),
                      column.nullable || may_become_null, std::move(metadata));
}

}  // namespace

arrow::Result<std::vector<std::string>> ListTables(Connection* connection) {
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection->Query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE "
                        "TABLE_SCHEMA = " +
                        QuoteLiteral(connection->options().database) +
                        " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"));
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const auto& row : rows) names.push_back(TextOr(row[0]));
  std::sort(names.begin(), names.end());
  return names;
}

arrow::Result<Relation> DescribeTable(ConnectionPtr connection,
                                      const std::string& table) {
  Relation relation;
  ARROW_ASSIGN_OR_RAISE(bool found, ReadTable(connection.get(), table, &relation));
  if (!found) return MissingTable(connection.get(), table);
  ARROW_ASSIGN_OR_RAISE(auto columns, ReadColumns(connection.get(), relation.table));
  if (columns.empty()) return MissingTable(connection.get(), table);
  ARROW_RETURN_NOT_OK(ReadIndexes(connection.get(), &relation));
  ARROW_RETURN_NOT_OK(ReadForeignKeys(connection.get(), &relation));
  ARROW_ASSIGN_OR_RAISE(auto json, JsonColumns(connection.get(), relation.table));

  SelectParts parts;
  parts.database = connection->options().database;
  parts.table = relation.table;
  MysqlZeroDates zero_dates = connection->options().zero_dates;
  for (const CatalogColumn& column : columns) {
    bool as_text =
        zero_dates == MysqlZeroDates::kText && IsCalendarType(column.declared_type);
    parts.columns.push_back({column.name, as_text});
  }
  ARROW_ASSIGN_OR_RAISE(
      auto stream, RowStream::Prepare(std::move(connection), SelectText(parts), table));
  ARROW_ASSIGN_OR_RAISE(auto server_fields, stream->Fields());
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto type, TypeOf(server_fields[i]));
    bool is_json = std::find(json.begin(), json.end(), columns[i].name) != json.end();
    fields.push_back(FieldOf(columns[i], std::move(type), is_json, zero_dates));
  }
  relation.schema = arrow::schema(std::move(fields));
  return relation;
}

arrow::Status MissingDatabase(const MysqlOptions& options, const arrow::Status& cause,
                              const std::stop_token& stop) {
  MysqlOptions anywhere = options;
  anywhere.database.clear();
  std::string hint;
  auto connection = Connection::Open(anywhere, stop);
  if (connection.ok()) {
    auto rows = (*connection)->Query("SHOW DATABASES");
    std::vector<std::string> names;
    if (rows.ok()) {
      for (const auto& row : *rows) names.push_back(TextOr(row[0]));
    }
    hint = DidYouMean(options.database, names);
  }
  ErrorDetail::Map details{{"database", options.database},
                           {"errno", DetailOf(cause, "errno")},
                           {"sqlstate", DetailOf(cause, "sqlstate")},
                           {"host", options.host},
                           {"port", std::to_string(options.port)}};
  std::string message = "database " + options.database + " does not exist on MySQL at " +
                        EndpointOf(anywhere);
  const std::string grant = DetailOf(cause, "grant");
  if (!grant.empty()) message += ", or user " + options.user + " may not use it";
  message += hint + "; check database of source " + options.name + " (MYSQL_DATABASE)";
  if (!grant.empty()) {
    message += ", or have the right given: " + grant;
    details["grant"] = grant;
  }
  return MakeError(ErrorKind::kNotFound, std::move(message), std::move(details));
}

bool ReadAsText(const arrow::Field& field) {
  if (field.type()->id() != arrow::Type::STRING || field.metadata() == nullptr) {
    return false;
  }
  auto declared = field.metadata()->Get(kSourceTypeKey);
  return declared.ok() && IsCalendarType(*declared);
}

}  // namespace keelboat::mysql
