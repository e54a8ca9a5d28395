#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "keelboat/error.h"

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
  /// A saved question: its id at the source; then `table` and `sql` may be empty.
  std::string card;
  /// The saved question's parameters, by name, as text.
  std::map<std::string, std::string> card_parameters;
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

/// What a predicate asks of a row. JSON names: "range", "null", "keyset", "hash".
enum class PredicateKind {
  kRange,   ///< lower <= columns < upper, as tuples in the source's own order.
  kNull,    ///< The first column is null.
  kKeyset,  ///< The columns' values are one of `keys`.
  kHash,    ///< A hash of the columns' values, as the source computes it, is in `bucket`.
};

/// \brief One predicate that cuts a piece out of a relation. A value.
///
/// Values of columns are the source's text of them: digits for numbers,
/// "2024-01-31 10:00:00.000000" for times (UTC; six digits), "2024-01-31" for dates,
/// "0x0AFF" for bytes, the text itself for text. The source compares, in its own
/// order (a collation, say); nobody else may.
struct Predicate {
  PredicateKind kind = PredicateKind::kRange;
  std::vector<std::string> columns;
  /// Inclusive; empty: unbounded. A bound with fewer values than columns speaks of the
  /// first ones only.
  std::vector<std::string> lower;
  std::vector<std::string> upper;  ///< Exclusive; likewise.
  bool or_null = false;            ///< kRange: rows whose first column is null too.
  std::vector<std::vector<std::string>> keys;  ///< kKeyset; a value a column.
  int64_t bucket = 0;                          ///< kHash: from 0, below `buckets`.
  int64_t buckets = 0;  ///< kHash: rows of one hash modulo this number are a bucket.

  bool operator==(const Predicate&) const = default;
};

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
  std::vector<Predicate> predicates;  ///< All hold; none: every row.
  int ordinal = 0;                    ///< From 0 within the relation.
  /// Rows at or above the next `open_from` of an incremental table (planner/cursor.h).
  bool open_tail = false;
  std::optional<int64_t> estimated_rows;
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
  std::string database_id;  ///< What the server itself calls the database; may be empty.
  /// This machine's clock less the server's, where that tells its own.
  std::optional<std::chrono::seconds> clock_ahead = std::nullopt;
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
  /// How many rows the server had more or fewer after the read than before it: the rows
  /// lie between the two counts. 0 for sources that read one moment. Complete at the end.
  virtual int64_t MovedRows() const { return 0; }
};

/// How to cut a relation into pieces.
struct SplitRequest {
  /// Key of the ranges, a prefix of an index; empty: the source's own choice.
  std::vector<std::string> on;
  std::vector<Predicate> within;  ///< Cut only what these leave.
  std::string where;
  int pieces = 1;                ///< As many as this, or fewer.
  int64_t least_rows = 250'000;  ///< A piece is not made smaller on purpose.
};

/// \brief Disjoint predicates that together hold every row of what was asked for.
struct Split {
  struct Piece {
    std::optional<Predicate> predicate;  ///< nullopt: the only piece, everything.
    std::optional<int64_t> estimated_rows;
  };
  std::vector<Piece> pieces;  ///< Never empty.
  /// Columns that were cut on; empty when there is one piece.
  std::vector<std::string> on;
  std::string reason;  ///< Why there are fewer than asked for; may be empty.
  /// Rows of all pieces, counted by the server now; unset where it was not asked.
  std::optional<int64_t> rows;
  /// The query has an order of its own: one piece after another gives it.
  bool ordered = false;
};

/// ErrorDetail key on the error (kData) of a value that contradicts its column's type:
/// the column. Read again with that field of the relation's schema as utf8, the column
/// comes as the source's own text.
inline constexpr const char* kMismatchedColumn = "mismatched_column";

/// What an incremental load has to know of its cursor, as of a snapshot.
struct CursorFacts {
  /// Largest value not beyond the snapshot's own time (for times and dates), in the text
  /// form of Predicate; nullopt: no such row.
  std::optional<std::string> max;
  int64_t nulls = 0;        ///< Rows without a value.
  bool has_future = false;  ///< Values beyond the snapshot's time exist.
  bool indexed = false;     ///< The column begins an index.
  int64_t scan_rows = 0;    ///< Rows that a window costs to read, where not indexed.
};

/// How much connections of a snapshot agree, from the best.
enum class Consistency {
  kSnapshot,   ///< All connections see one moment: positions agreed without a lock.
  kLocked,     ///< The same, opened under a short global read lock.
  kCursor,     ///< One connection only, so one moment.
  kStatement,  ///< Each read sees its own moment.
};

/// Returns "snapshot", "locked", "cursor" or "statement".
constexpr const char* ConsistencyName(Consistency consistency) {
  switch (consistency) {
    case Consistency::kSnapshot:
      return "snapshot";
    case Consistency::kLocked:
      return "locked";
    case Consistency::kCursor:
      return "cursor";
    case Consistency::kStatement:
      break;
  }
  return "statement";
}

/// What is known of a snapshot. A value.
struct SnapshotInfo {
  std::string id;  ///< Unique, e.g. "shop-6f1c…".
  Consistency consistency = Consistency::kStatement;
  /// "mysql-bin.000003:4711 gtid 0-1-42"; empty where the server tells none.
  std::string position;
  std::string taken_at;  ///< The server's clock, UTC: "2024-01-31 10:00:00.000000".
  std::string note;      ///< Why no better rung was got; may be empty.
};

struct SnapshotRequest {
  /// Connections that read side by side, not counting spares. At least 1.
  int connections = 1;
  /// false: every read is its own moment.
  bool consistent = true;
  /// The moment is that of the first read, so that nothing burdens the server before;
  /// `info` and cursor facts are of moments before it (`run.snapshot: per_table`).
  bool at_first_read = false;
  /// Where the server may cut an answer short: rows are compared with counts that it
  /// makes before and after. Sources with snapshots know the end of an answer.
  bool count_rows = true;
};

/// ErrorDetail key on the error of a read whose snapshot cannot be read any more.
inline constexpr const char* kSnapshotLost = "snapshot_lost";

/// \brief One view of a source, on connections of its own.
///
/// Thread-safe. `Read` waits for a free connection of the snapshot; the reader holds it
/// until it is closed. A connection that is lost is replaced by a spare; when none is
/// left, calls return kUnavailable with the detail kSnapshotLost.
class SourceSnapshot {
 public:
  virtual ~SourceSnapshot() = default;
  virtual const SnapshotInfo& info() const = 0;
  /// As Source::Read, in this view. The source must outlive it.
  virtual arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) = 0;
  /// Measures a cursor column in this view. `where` as in Partition.
  virtual arrow::Result<CursorFacts> MeasureCursor(const Relation& relation,
                                                   const std::string& column,
                                                   const std::string& where,
                                                   const std::stop_token& stop) = 0;
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
  /// \brief Whether OpenSnapshot can give several connections one moment.
  ///
  /// false: each read is a moment of its own and counts stand for agreement.
  virtual bool HasSnapshots() const { return true; }
  /// \brief The SQL that queries are written in: "mysql", "clickhouse", "postgres" …
  ///
  /// May ask the server. kUnsupported for a source without SQL.
  virtual arrow::Result<std::string> Dialect(const std::stop_token& /*stop*/) {
    return MakeError(ErrorKind::kUnsupported, "source " + name() + " has no SQL");
  }
  /// \brief Describes a saved question: `card` is its id, parameters are by name.
  ///
  /// kUnsupported where the source has none.
  virtual arrow::Result<Relation> DescribeCard(
      const std::string& /*card*/,
      const std::map<std::string, std::string>& /*parameters*/,
      const std::stop_token& /*stop*/) {
    return MakeError(
        ErrorKind::kUnsupported,
        "source " + name() + " has no saved questions: give it a query or a table");
  }
  /// Describes a query as `DescribeTable` does a table; it has no key and no indexes.
  virtual arrow::Result<Relation> DescribeQuery(const std::string& sql,
                                                const std::stop_token& stop) = 0;
  /// \brief Cuts a relation into balanced pieces, by estimates alone.
  ///
  /// Costs a few index look-ups a piece and never a scan. A relation that cannot be cut
  /// is one piece, with the reason. kConfig for `on` columns that cannot be cut on.
  virtual arrow::Result<Split> SplitRelation(const Relation& relation,
                                             const SplitRequest& request,
                                             const std::stop_token& stop) = 0;
  /// Opens connections that see one moment, as well as the server allows it.
  virtual arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
      const SnapshotRequest& request, const std::stop_token& stop) = 0;
};

}  // namespace keelboat
