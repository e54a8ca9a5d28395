#include "lake/view/compact.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <arrow/type.h>

#include "core/stop.h"
#include "formats/parquet/reader.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

// Files that may lie in one: of one version, of the tail or not.
using Group = std::pair<int64_t, bool>;

std::map<Group, std::vector<DataFile>> GroupsOf(const LakeSnapshot& snapshot,
                                                const CompactOptions& options) {
  std::map<Group, std::vector<DataFile>> groups;
  for (const DataFile& file : snapshot.files) {
    if (file.rows_version < 0 || file.bytes >= options.target_file_bytes / 2) continue;
    const int64_t version = options.versions_matter ? file.rows_version : 0;
    groups[{version, file.open_tail}].push_back(file);
  }
  std::erase_if(groups, [](const auto& group) { return group.second.size() < 2; });
  return groups;
}

class GroupWriter {
 public:
  GroupWriter(LakeTable& table, const CompactOptions& options, int ordinal,
              const std::stop_token& stop)
      : table_(table), options_(options), ordinal_(ordinal), stop_(stop) {}

  arrow::Status Add(const DataFile& file) {
    ARROW_ASSIGN_OR_RAISE(auto bytes, table_.OpenFile(file));
    ARROW_ASSIGN_OR_RAISE(auto reader, ParquetReader::Make(std::move(bytes), {}));
    if (sink_ == nullptr) {
      schema_ = reader->schema();
      ARROW_RETURN_NOT_OK(OpenSink(file));
    } else if (!reader->schema()->Equals(*schema_, /*check_metadata=*/false)) {
      return arrow::Status::OK();
    }
    int64_t rows = 0;
    while (true) {
      ARROW_RETURN_NOT_OK(CheckStop(stop_));
      ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
      if (batch == nullptr) break;
      rows += batch->num_rows();
      ARROW_RETURN_NOT_OK(sink_->Write(*batch));
    }
    if (rows != file.rows) {
      return MakeError(ErrorKind::kData,
                       "it has " + std::to_string(rows) + " rows of " +
                           std::to_string(file.rows) +
                           ": look at it with `keelboat "
                           "verify`, or load the table in full (--full-refresh)");
    }
    taken_.push_back(file);
    return arrow::Status::OK();
  }

  arrow::Status Finish(Compacted* result) {
    if (sink_ == nullptr) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(Receipt receipt, sink_->Finish());
    int64_t rows = 0;
    for (const DataFile& file : taken_) rows += file.rows;
    const bool fewer = receipt.files.size() < taken_.size();
    if (!fewer || receipt.rows != rows) {
      ARROW_RETURN_NOT_OK(table_.Discard({receipt}));
      if (!fewer) return arrow::Status::OK();
      return MakeError(
          ErrorKind::kInternal,
          std::to_string(receipt.rows) + " rows were written of " + std::to_string(rows));
    }
    for (const DataFile& file : taken_) {
      result->removed.push_back(file.path);
      result->bytes_before += file.bytes;
    }
    result->rows += rows;
    result->receipts.push_back(std::move(receipt));
    return arrow::Status::OK();
  }

  /// Of the new files: where versions do not matter, the newest of all.
  int64_t rows_version = 0;

 private:
  arrow::Status OpenSink(const DataFile& file) {
    SinkOptions sink;
    sink.schema = schema_;
    sink.ordinal = ordinal_;
    sink.run_id = options_.run_id;
    sink.target_file_bytes = options_.target_file_bytes;
    sink.rows_version = rows_version;
    sink.open_tail = file.open_tail;
    return table_.NewSink(sink).Value(&sink_);
  }

  LakeTable& table_;
  const CompactOptions& options_;
  const int ordinal_;
  const std::stop_token& stop_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<LakeSink> sink_;
  std::vector<DataFile> taken_;
};

arrow::Status CompactAll(LakeTable& table, const LakeSnapshot& snapshot,
                         const CompactOptions& options, const std::stop_token& stop,
                         Compacted* result) {
  int ordinal = 0;
  for (const auto& [group, files] : GroupsOf(snapshot, options)) {
    GroupWriter writer(table, options, ordinal++, stop);
    for (const DataFile& file : files) {
      writer.rows_version = std::max(writer.rows_version, file.rows_version);
    }
    for (const DataFile& file : files) {
      ARROW_RETURN_NOT_OK(AddContext(writer.Add(file), "reading " + file.uri));
    }
    ARROW_RETURN_NOT_OK(writer.Finish(result));
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<Compacted> CompactFiles(LakeTable& table, const LakeSnapshot& snapshot,
                                      const CompactOptions& options,
                                      const std::stop_token& stop) {
  Compacted result;
  const arrow::Status status = CompactAll(table, snapshot, options, stop, &result);
  if (status.ok()) return result;
  // What cannot be deleted is vacuum's.
  (void)table.Discard(result.receipts);
  return status;
}

}  // namespace keelboat
