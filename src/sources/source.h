#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat {

/// An index or unique key of a table, columns in index order.
struct Index {
  std::string name;
  std::vector<std::string> columns;
  bool unique = false;
};

struct ForeignKey {
  std::vector<std::string> columns;
  std::string references_table;
  std::vector<std::string> references_columns;
};

/// \brief A table or a query, as the source describes it. A value.
struct Relation {
  /// Table name; empty for a query.
  std::string table;
  /// SQL text of a query; empty for a table.
  std::string sql;
  /// Every readable column in the table's order. Field metadata carries
  /// kSourceTypeKey, kCommentKey and kLogicalTypeKey (core/field_metadata.h);
  /// nullability is the source's.
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> primary_key;
  std::vector<Index> indexes;
  std::vector<ForeignKey> foreign_keys;
  /// The optimizer's guess, not a count.
  std::optional<int64_t> estimated_rows;
  std::optional<int64_t> estimated_bytes;
  std::string comment;
};

/// \brief One predicate that cuts a piece out of a relation.
///
/// `kAll` reads everything. The others (range, keyset, hash) come with parallel reads.
enum class PredicateKind { kAll };

/// \brief A piece of a relation that can be read anywhere: a JSON value.
///
/// Source-neutral on purpose, so that a plan can be printed, compared and carried
/// to another process.
struct Partition {
  std::string source;  ///< Name of the source in the configuration.
  std::string table;   ///< Or empty, then `sql`.
  std::string sql;
  std::vector<std::string> columns;  ///< To read, in this order; never empty.
  std::string where;  ///< The user's own filter in the source's SQL; may be empty.
  PredicateKind predicate = PredicateKind::kAll;
  int ordinal = 0;  ///< From 0 within the relation.
  std::optional<int64_t>
      limit;  ///< At most so many rows (test mode), in key order where there is a key.
  std::string snapshot;  ///< Id of the snapshot to read in; empty: the statement's own.
};

/// What a connection check found out.
struct SourceInfo {
  std::string product;   ///< "MariaDB" or "MySQL".
  std::string version;   ///< "10.11.19-MariaDB".
  std::string endpoint;  ///< "127.0.0.1:3306/olist", never with a password.
  std::string user;      ///< As the server sees it: "shop@localhost".
  bool tls = false;
  std::string tls_version;  ///< "TLSv1.3", empty without TLS.
};

/// \brief A batch stream that also tells what happened to values on the way.
///
/// One thread reads at a time. `Close` (or the destructor) ends the server's
/// query; it may be called before the end and never blocks for long.
class SourceReader : public arrow::RecordBatchReader {
 public:
  /// Things to tell the user about the values read so far (e.g. "3 zero dates in
  /// column born were read as null, as configured"); complete at the end of the stream.
  virtual std::vector<std::string> Warnings() const = 0;
};

/// \brief A place that rows come from.
///
/// Thread-safe: calls from several threads at once use connections of their own.
/// Errors: kUnavailable (host and port), kAuth (user), kDenied (the missing grant),
/// kNotFound (with the nearest names), kData (column, value, row).
class Source {
 public:
  virtual ~Source() = default;

  /// The name that the configuration gave it.
  virtual const std::string& name() const = 0;
  /// Connects, logs in and says what is there.
  virtual arrow::Result<SourceInfo> Check(const std::stop_token& stop) = 0;
  /// All base tables of the database, sorted by name.
  virtual arrow::Result<std::vector<std::string>> ListTables(
      const std::stop_token& stop) = 0;
  /// Describes one table; kNotFound names the nearest tables.
  virtual arrow::Result<Relation> DescribeTable(const std::string& table,
                                                const std::stop_token& stop) = 0;
  /// Counts how many rows of a table share the values of `columns` with another row,
  /// null counting as a value: 0 means that they are a key in fact.
  virtual arrow::Result<int64_t> CountDuplicates(const std::string& table,
                                                 const std::vector<std::string>& columns,
                                                 const std::stop_token& stop) = 0;
  /// \brief Streams a partition in batches of at most 64 Ki rows or about 16 MiB.
  ///
  /// The batches' schema is that of the relation, cut to `partition.columns`, as
  /// described; a server that answers with other columns or types than described
  /// is kConflict ("altered between plan and read"). A stop request makes the
  /// next ReadNext return kCancelled and ends the server's query.
  virtual arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) = 0;
};

}  // namespace keelboat
