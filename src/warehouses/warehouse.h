#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include "core/clock.h"

namespace keelboat {

/// Generated columns of every warehouse table, at its end when it is made.
inline constexpr const char* kRunIdColumn = "_keelboat_run_id";
inline constexpr const char* kLoadedAtColumn = "_keelboat_loaded_at";

/// ErrorDetail key ("needed") of an increment that cannot be applied: the table has to be
/// loaded whole instead. Nothing was changed.
inline constexpr const char* kWholeLoad = "whole_load";

struct WarehouseInfo {
  std::string product;   ///< "DuckDB".
  std::string version;   ///< "v1.5.6".
  std::string endpoint;  ///< Path or account.
  /// What else was found well, for people: "role LOADER", "clocks agree".
  std::vector<std::string> findings = {};
};

/// Something that has to be there before tables can be loaded, or that would be made
/// then.
struct SetupStep {
  std::string what;      ///< "schema OLIST.RAW".
  std::string sql;       ///< What makes it, one statement or several; without secrets.
  bool existed = false;  ///< It was there already: nothing was run.
  /// Why this one table cannot be made; other tables can.
  arrow::Status error = arrow::Status::OK();
};

/// A table as its first load would make it.
struct TableDraft {
  std::string table;
  /// Columns in the lake's types, with field metadata (comments, logical types).
  std::shared_ptr<arrow::Schema> schema;
  std::string description;  ///< Table comment.
};

/// What to set up beside the schema that is loaded into, its ledger and its stages.
struct SetupRequest {
  /// Only look, which needs no right to make anything.
  bool dry_run = false;
  std::vector<std::string> schemas = {};  ///< As SQL spells them.
  std::vector<TableDraft> tables = {};
  /// Told of each step as soon as it is done. May be empty.
  std::function<void(const SetupStep&)> on_step = nullptr;

  void Tell(const SetupStep& step) const {
    if (on_step) on_step(step);
  }
};

/// One file to load.
struct LoadFile {
  std::string uri;  ///< What the lake calls it.
  int64_t rows = 0;
  int64_t rows_version = 0;  ///< Of two rows with one key the higher version counts.
  std::string copy;  ///< Path of a copy on this machine; empty: `uri` is a path itself.

  const std::string& path() const { return copy.empty() ? uri : copy; }
};

/// \brief What changed since the lake version that the ledger should still know.
struct LoadIncrement {
  int64_t from_version = 0;
  /// All files of `from_version`, in the lake's order. A lake that was deleted and made
  /// again has the same versions, but other files.
  std::vector<LoadFile> from_files;
  std::string cursor;     ///< Column; rows at or above `open_from` are deleted first.
  std::string open_from;  ///< In the text form of the lake's configuration.
  bool or_null = false;   ///< Rows with a null cursor are deleted too.
  std::vector<LoadFile> arrived;  ///< Files whose rows come in.
};

/// \brief Bring one table from the lake version that the ledger knows to another.
struct LoadRequest {
  std::string table;
  /// Columns in the lake's types, with field metadata (comments, logical types).
  std::shared_ptr<arrow::Schema> schema;
  std::vector<LoadFile> files;  ///< All files of the version.
  int64_t rows = 0;             ///< Their sum.
  /// Where not empty, of rows that share these columns only the one of the highest
  /// `rows_version` is loaded. Never null in a row.
  std::vector<std::string> key;
  /// Set: if the ledger is at `from_version` (of the same lake), only this is applied.
  /// If it is not, or the table's columns do not allow it, kConflict with the detail
  /// kWholeLoad. Unset: the table is loaded whole from `files`.
  std::optional<LoadIncrement> increment;
  int64_t lake_version = 0;
  std::string lake_uri;  ///< The table's folder; a moved lake is a reload.
  std::string run_id;
  SystemTime loaded_at;
  std::string description;  ///< Table comment.
  /// Nothing is read or loaded meanwhile: all processors may work for this one.
  bool alone = false;
  /// Brings files to this machine and says where. Asked only for those that are about to
  /// be read; the copies stay as long as this function. Empty: all uris are paths.
  std::function<arrow::Result<std::vector<LoadFile>>(const std::vector<LoadFile>&)> fetch;

  /// The files as they can be read.
  arrow::Result<std::vector<LoadFile>> Readable(const std::vector<LoadFile>& some) const {
    if (!fetch) return some;
    return fetch(some);
  }
};

struct LoadResult {
  bool nothing_new =
      false;         ///< The ledger already had this version; nothing was touched.
  int64_t rows = 0;  ///< In the table afterwards.
  std::string warning = {};  ///< What its user should know; mostly empty.
};

/// How a table of the warehouse differs from the lake's latest-per-key view.
struct Difference {
  int64_t missing = 0;  ///< Rows of the lake that the warehouse lacks.
  int64_t extra = 0;    ///< Rows of the warehouse that the lake lacks.
  /// Up to five of each, column by column, for people.
  std::vector<std::string> examples;
  /// The first of them as JSON objects with "side" ("lake" or "warehouse") and "row".
  std::vector<std::string> evidence;

  bool empty() const { return missing == 0 && extra == 0; }
};

/// The ledger's row for one table.
struct LedgerRow {
  std::string table;
  int64_t lake_version = 0;
  std::string lake_uri;
  int64_t rows = 0;
  std::string run_id;
  SystemTime loaded_at;
};

/// \brief A database that serves analysts.
///
/// Thread-safe; calls are made one after another inside. Errors: kUnavailable (another
/// process holds the file — details "pid", "program" where known — or the disk is full:
/// "errno" = "ENOSPC"; a service that cannot be reached or is busy), kConflict (the
/// ledger moved meanwhile), kData (rows counted differ from rows committed; damaged
/// files), kNotFound (a folder, or a file of the lake, "file"), kConfig (a name that
/// cannot be, a table that keelboat did not make), kDenied, kAuth.
class Warehouse {
 public:
  virtual ~Warehouse() = default;

  /// Opens the database, proves the rights to write and says what is there.
  virtual arrow::Result<WarehouseInfo> Check(const std::stop_token& stop) = 0;
  /// \brief Makes what is missing of database, schemas, stages, ledger, tables and their
  /// comments, nothing else.
  ///
  /// A table that it makes is the one that a first load would make, and that load finds
  /// it as its own. Of what is there already nothing is altered. An error ends it; what
  /// was told by then is made.
  virtual arrow::Status Setup(const SetupRequest& request,
                              const std::stop_token& stop) = 0;
  /// All ledger rows, sorted by table; empty when nothing was loaded yet.
  virtual arrow::Result<std::vector<LedgerRow>> ReadLedger() = 0;
  /// \brief Brings a table to a lake version in one transaction: rows, gates, ledger row.
  ///
  /// Readers see the old content or the new, never a part. The rows read are counted
  /// against the files' rows before the commit.
  virtual arrow::Result<LoadResult> Apply(const LoadRequest& request,
                                          const std::stop_token& stop) = 0;
  /// \brief Compares a table, value by value and row by row, with what a whole load of
  /// `request` would give. Changes nothing.
  virtual arrow::Result<Difference> Compare(const LoadRequest& request,
                                            const std::stop_token& stop) = 0;
  /// Drops the raw schema with its tables and ledger (test mode starts empty each time).
  virtual arrow::Status DropSchema() = 0;
  /// Closes the database so that another process (dbt) may open it. Idempotent; the next
  /// call opens it again.
  virtual arrow::Status Close() = 0;
};

}  // namespace keelboat
