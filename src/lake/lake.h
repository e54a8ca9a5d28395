#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "core/clock.h"

namespace keelboat {

/// Values of DataFile::rows_version that are not a version.
inline constexpr int64_t kOwnVersion = -1;     ///< In a receipt: that of its commit.
inline constexpr int64_t kMixedVersions = -2;  ///< Another program mixed several.

/// One Parquet file of a table.
struct DataFile {
  std::string path;  ///< Relative to the table's folder.
  std::string
      uri;  ///< Absolute, for readers outside ("/data/lake/orders/part-….parquet").
  int64_t bytes = 0;
  int64_t rows = 0;
  std::string stats;     ///< Delta's statistics JSON.
  std::string checksum;  ///< "sha256:<hex>" of the file's bytes.
  SystemTime modified;
  /// The version whose commit brought these rows. Of two rows with one key the one of the
  /// higher version counts. A file that only moves rows keeps theirs. Files of other
  /// programs: as far as the log tells, else 0; with kMixedVersions it cannot be said
  /// which row of a key counts, and the table has to be loaded in full.
  int64_t rows_version = kOwnVersion;
  /// Part of the open tail: the next incremental commit replaces it.
  bool open_tail = false;
};

/// \brief What a sink wrote for one partition; enough to commit it from anywhere.
struct Receipt {
  int ordinal = 0;
  std::vector<DataFile> files;
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// A table as of one version. A value.
struct LakeSnapshot {
  int64_t version = 0;
  /// The lake's own types (e.g. BIGINT UNSIGNED is decimal128(20,0) here), with field
  /// metadata.
  std::shared_ptr<arrow::Schema> schema;
  std::vector<DataFile> files;  ///< Sorted by path.
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string description;
  /// Table configuration; keelboat's own keys begin with "keelboat.".
  std::map<std::string, std::string> configuration;
  /// commitInfo of this version as JSON text.
  std::string commit_info;
  SystemTime committed_at;
};

/// \brief Receives the batches of one partition and writes them as files.
///
/// One thread at a time. Nothing is visible to readers until LakeTable::Commit.
/// Destroyed without `Finish`, it deletes what it wrote.
class LakeSink {
 public:
  virtual ~LakeSink() = default;
  virtual arrow::Status Write(const arrow::RecordBatch& batch) = 0;
  /// Closes the last file. The files stay, uncommitted, until Commit or Discard.
  virtual arrow::Result<Receipt> Finish() = 0;
};

struct SinkOptions {
  /// Schema of the batches to come, in the source's types.
  std::shared_ptr<arrow::Schema> schema;
  int ordinal = 0;
  std::string run_id;
  int64_t target_file_bytes = int64_t{128} << 20;
  /// For the files of the receipt: see DataFile.
  int64_t rows_version = kOwnVersion;
  bool open_tail = false;
};

/// \brief A commit that replaces all rows, or adds some.
struct LakeCommit {
  enum class Mode {
    kReplace,  ///< All files go.
    kAdvance,  ///< The open tail, as it is when the commit is made, and `removed` go.
    kPatch,    ///< `removed` go; the open tail stays but for those of its files.
    kAppend,   ///< Nothing goes.
  };
  Mode mode = Mode::kReplace;
  /// Schema in the source's types; becomes the table's.
  std::shared_ptr<arrow::Schema> schema;
  std::vector<Receipt> receipts;
  /// kAdvance: paths of closed files that receipts replace (rewritten without some rows).
  /// kPatch: of any files.
  std::vector<std::string> removed;
  /// kPatch: the rows that it replaces, in SQL, for readers of the log.
  std::string predicate;
  /// kPatch: the same rows in other files. Who follows the table sees no change, and a
  /// commit made at the same time from the version before is not in conflict.
  bool moves_rows_only = false;
  std::string run_id;
  std::string description;
  std::string strategy;  ///< "full" …
  std::string
      source_position;  ///< What of the source was read, for people: "shop.orders".
  /// Written into commitInfo.operationMetrics and the table's configuration. kReplace
  /// drops every "keelboat." key that is not here; the others keep what they do not set.
  /// The lake itself sets kBaseVersionKey at a kReplace.
  std::map<std::string, std::string> configuration;
  /// The version that the change was computed from; nullopt: the table must not exist.
  std::optional<int64_t> read_version;
  /// Application transaction: (app id, version) makes a repeated commit a no-op.
  std::optional<std::pair<std::string, int64_t>> transaction;
};

/// Table configuration: the version that last replaced all rows.
inline constexpr const char* kBaseVersionKey = "keelboat.base_version";

/// \brief One table of the lake: Parquet files and a log of atomic commits.
///
/// Thread-safe and safe among processes. Errors: kConflict (someone else
/// committed first), kUnsupported (a table feature of
/// another writer, named), kData (a value that the lake's types cannot hold).
class LakeTable {
 public:
  virtual ~LakeTable() = default;

  virtual const std::string& name() const = 0;
  /// Absolute place of the table's folder.
  virtual std::string uri() const = 0;
  /// The newest version; nullopt when the table does not exist.
  virtual arrow::Result<std::optional<LakeSnapshot>> Latest() = 0;
  /// One version; kNotFound when the log no longer has it.
  virtual arrow::Result<LakeSnapshot> At(int64_t version) = 0;
  virtual arrow::Result<std::unique_ptr<LakeSink>> NewSink(
      const SinkOptions& options) = 0;
  /// \brief Casts a batch in the source's types to the lake's, as the sink does.
  virtual arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToLakeTypes(
      const arrow::RecordBatch& batch) const = 0;
  /// Opens a file for reading, committed or of a receipt.
  virtual arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenFile(
      const DataFile& file) const = 0;
  /// \brief Copies a committed file to a new file at `path` of this machine.
  ///
  /// Its bytes are compared with what was committed: kData when they are others. Nothing
  /// stays at `path` after a failure. Bounded memory.
  virtual arrow::Status Download(const DataFile& file, const std::string& path,
                                 const std::stop_token& stop) const = 0;
  /// \brief Path of a copy of a committed file that lies on this machine, if there is
  /// one.
  ///
  /// This process kept it when it wrote the file; it stays until DropLocalCopies.
  virtual std::optional<std::string> LocalCopy(const DataFile& file) const = 0;
  /// Frees the copies of the table's files; who needs one again downloads it.
  virtual void DropLocalCopies() = 0;
  /// \brief Publishes receipts in one atomic step and returns the snapshot that it made.
  ///
  /// A commit that fails deletes the receipts' files, unless the log cannot be read and
  /// so it is not known whether it was published; then the same commit may be made again.
  virtual arrow::Result<LakeSnapshot> Commit(const LakeCommit& commit) = 0;
  /// Deletes the files of receipts that will not be committed.
  virtual arrow::Status Discard(const std::vector<Receipt>& receipts) = 0;
  /// Deletes files that no kept version refers to and that are older than
  /// `older_than`; with `dry_run` only lists them. Returns what was (or would be)
  /// deleted.
  virtual arrow::Result<std::vector<DataFile>> Vacuum(SystemTime older_than,
                                                      bool dry_run) = 0;
  /// Drops the table with all its files (test mode starts empty each time).
  virtual arrow::Status Drop() = 0;
};

/// \brief All tables under one root.
class Lake {
 public:
  virtual ~Lake() = default;
  /// Absolute place of the root.
  virtual std::string uri() const = 0;
  /// A handle; the table need not exist. `name` becomes a folder; characters
  /// that some reader would trip over are escaped (docs/formats/lake.md).
  virtual arrow::Result<std::shared_ptr<LakeTable>> Table(const std::string& name) = 0;
  /// Names of the tables that exist, sorted.
  virtual arrow::Result<std::vector<std::string>> ListTables() = 0;
  /// \brief Makes the place where the lake lies, where it is missing, and nothing else.
  ///
  /// Returns what was made, or with `dry_run` would be, for people; empty: nothing.
  virtual arrow::Result<std::vector<std::string>> Setup(bool dry_run) = 0;
  /// Writes and deletes a probe object; an error names the right that is missing. Returns
  /// what there is to say about the place; empty: nothing.
  virtual arrow::Result<std::string> Check() = 0;
};

}  // namespace keelboat
