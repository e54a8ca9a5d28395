#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "app/project.h"

namespace keelboat {

/// What the files of a table in the lake are worth.
struct LakeVerdict {
  std::optional<int64_t> version;  ///< The newest; nullopt: could not be read.
  int64_t files = 0;
  int64_t bytes = 0;
  /// What differs from what was committed: a file (or "version 3") and how. Empty: none.
  struct Finding {
    std::string place;
    std::string what;
  };
  std::vector<Finding> findings;
};

/// How a table of the warehouse stands to the lake.
struct WarehouseVerdict {
  enum class State {
    kEqual,        ///< Row by row what the version in the ledger holds.
    kDamaged,      ///< It differs.
    kNotLoaded,    ///< Nothing of this lake's table was loaded yet.
    kNotCompared,  ///< What it was loaded from is not there (any more); `note` says why.
  };
  State state = State::kNotLoaded;
  std::optional<int64_t> version;  ///< Of the lake, as the ledger names it.
  int64_t missing = 0;             ///< Rows of the lake that the warehouse lacks.
  int64_t extra = 0;               ///< Rows of the warehouse that the lake lacks.
  std::vector<std::string> findings;
  std::vector<std::string> evidence;  ///< JSON objects, one a row.
  /// What is worth saying without being damage: "version 4 of the lake is not loaded
  /// yet".
  std::string note;
};

/// Returns "equal", "damaged", "not_loaded" or "not_compared".
const char* WarehouseStateName(WarehouseVerdict::State state);

/// How a table's source stands to the lake.
struct SourceVerdict {
  enum class State {
    kEqual,         ///< Row by row what the lake holds.
    kChangedSince,  ///< It differs, and nothing says that the lake ever held it
                    ///< otherwise.
    kDamaged,       ///< It differs though it is known not to have changed since.
    kNotCompared,   ///< `note` says why.
  };
  State state = State::kNotCompared;
  int64_t source_rows = 0;  ///< That would be loaded.
  int64_t lake_rows = 0;    ///< The newest of each key.
  int64_t added = 0;        ///< Rows of the source that the lake lacks.
  int64_t changed = 0;      ///< Keys with other values.
  int64_t gone = 0;         ///< Rows of the lake that the source lacks.
  /// Of the three, those that no increment of the table will look at.
  int64_t behind_cursor = 0;
  /// Of the three, those that cannot come from a change at the source.
  int64_t unexplained = 0;
  /// false: so many differ that only some of them were counted.
  bool exact = true;
  std::string loaded_at;  ///< Where the source stood when it was read; may be empty.
  std::string stands_at;  ///< Where it stands now.
  std::vector<std::string> findings;
  std::vector<std::string> evidence;  ///< JSON objects, one a row.
  std::string note;
};

/// Returns "equal", "changed_since", "damaged" or "not_compared".
const char* SourceStateName(SourceVerdict::State state);

/// What `verify` found out about one table.
struct TableVerdict {
  enum class Status { kOk, kChangedSince, kDamaged, kFailed, kInterrupted };

  std::string table;
  std::string strategy;
  LakeVerdict lake;
  WarehouseVerdict warehouse;
  std::optional<SourceVerdict> source;  ///< Where it was asked for.
  /// What kept some of it from being verified; OK: nothing.
  arrow::Status error;

  bool damaged() const;
  Status status() const;
};

/// Returns "ok", "changed_since", "damaged", "failed" or "interrupted".
const char* VerdictName(TableVerdict::Status status);

struct VerifyRequest {
  std::vector<std::string> tables;  ///< Empty: all.
  bool source = false;              ///< Compare with the sources too.
};

struct VerifyReport {
  std::string id;  ///< Like a run's: names the evidence.
  SystemTime began;
  SystemTime ended;
  std::vector<TableVerdict> tables;
  std::filesystem::path evidence;  ///< logs/verify/<id>.json, which holds all of this.
  arrow::Status evidence_error;    ///< Why that file is not there; OK: it is.
  int exit_code = 0;

  /// "ok", "changed_since", "damaged", "failed" or "interrupted".
  std::string status() const;
};

/// Told of each table as soon as it is verified.
using VerdictListener = std::function<void(const TableVerdict&)>;

/// \brief Verifies lake and warehouse of a project; changes neither.
///
/// The lake's files against their receipts in the log, the warehouse's rows against the
/// lake's latest-per-key view at the version that the ledger names. Memory does not grow
/// with the tables. What is found is written to `logs/verify/<id>.json` as well, without
/// secrets. Errors: only those of the whole command (configuration, an unknown table).
arrow::Result<VerifyReport> VerifyProject(Project& project, const VerifyRequest& request,
                                          const VerdictListener& tell,
                                          const std::stop_token& stop);

/// What `verify --json` prints; `evidence` brings the differing rows along.
std::string VerifyToJson(const VerifyReport& report, const ProjectConfig& config,
                         bool evidence);

}  // namespace keelboat
