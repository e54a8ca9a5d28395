#include "lake/view/rewrite.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <arrow/type.h>

#include "core/stop.h"
#include "formats/parquet/reader.h"
#include "keelboat/error.h"
#include "lake/view/key_bounds.h"

namespace keelboat {
namespace {

// Tells which rows go; holds what it needs from batch to batch.
class Chooser {
 public:
  explicit Chooser(const RowsToDrop& rows) : rows_(rows) {
    if (rows.keys != nullptr && !rows.keys->empty()) bounds_.emplace(*rows.keys);
  }

  bool MayDropOf(const DataFile& file) const {
    return (bounds_.has_value() && bounds_->MayHold(file.stats)) ||
           (rows_.window != nullptr && rows_.window->MayHold(file.stats));
  }

  // What a batch must have for Choose.
  std::vector<std::string> Columns() const {
    std::vector<std::string> columns;
    if (bounds_.has_value()) columns = rows_.keys->columns().field_names();
    if (rows_.window == nullptr) return columns;
    const std::string& cursor = rows_.window->column();
    if (std::find(columns.begin(), columns.end(), cursor) == columns.end()) {
      columns.push_back(cursor);
    }
    return columns;
  }

  // Finds the rows of a batch that go; returns how many.
  arrow::Result<int64_t> Choose(const arrow::RecordBatch& batch) {
    goes_.assign(static_cast<std::size_t>(batch.num_rows()), false);
    if (rows_.window != nullptr) ARROW_RETURN_NOT_OK(rows_.window->Select(batch, &goes_));
    if (bounds_.has_value()) {
      ARROW_RETURN_NOT_OK(HashKeys(batch, rows_.keys->columns().field_names(), &hashes_));
      for (std::size_t row = 0; row < hashes_.size(); ++row) {
        if (rows_.keys->Contains(hashes_[row])) goes_[row] = true;
      }
    }
    return std::count(goes_.begin(), goes_.end(), true);
  }

  bool Goes(int64_t row) const { return goes_[static_cast<std::size_t>(row)]; }

 private:
  const RowsToDrop rows_;
  std::optional<KeyBounds> bounds_;
  std::vector<KeyHash> hashes_;
  std::vector<bool> goes_;
};

arrow::Status CheckRows(const DataFile& file, int64_t rows) {
  if (rows == file.rows) return arrow::Status::OK();
  return MakeError(ErrorKind::kData, "it has " + std::to_string(rows) + " rows of " +
                                         std::to_string(file.rows) +
                                         ": load the table in full (--full-refresh)");
}

arrow::Result<bool> HoldsAny(const LakeTable& table, const DataFile& file,
                             const std::stop_token& stop, Chooser& chooser) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, table.OpenFile(file));
  ARROW_ASSIGN_OR_RAISE(auto reader,
                        ParquetReader::Make(std::move(bytes), chooser.Columns()));
  int64_t rows = 0;
  while (true) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) break;
    rows += batch->num_rows();
    ARROW_ASSIGN_OR_RAISE(const int64_t going, chooser.Choose(*batch));
    if (going > 0) return true;
  }
  ARROW_RETURN_NOT_OK(CheckRows(file, rows));
  return false;
}

// Writes the rows of a batch that stay, run by run.
arrow::Result<int64_t> WriteOthers(const arrow::RecordBatch& batch, Chooser& chooser,
                                   LakeSink* sink) {
  ARROW_RETURN_NOT_OK(chooser.Choose(batch).status());
  int64_t written = 0;
  for (int64_t row = 0; row < batch.num_rows();) {
    int64_t end = row;
    while (end < batch.num_rows() && !chooser.Goes(end)) ++end;
    if (end > row) ARROW_RETURN_NOT_OK(sink->Write(*batch.Slice(row, end - row)));
    written += end - row;
    row = end + 1;
  }
  return written;
}

arrow::Result<Receipt> RewriteFile(LakeTable& table, const DataFile& file,
                                   Chooser& chooser, const RewriteOptions& options,
                                   int ordinal, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, table.OpenFile(file));
  ARROW_ASSIGN_OR_RAISE(auto reader, ParquetReader::Make(std::move(bytes), {}));
  SinkOptions sink_options;
  sink_options.schema = reader->schema();
  sink_options.ordinal = ordinal;
  sink_options.run_id = options.run_id;
  sink_options.rows_version = file.rows_version;
  sink_options.open_tail = file.open_tail;
  ARROW_ASSIGN_OR_RAISE(auto sink, table.NewSink(sink_options));
  int64_t read = 0;
  int64_t written = 0;
  while (true) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) break;
    read += batch->num_rows();
    ARROW_ASSIGN_OR_RAISE(int64_t others, WriteOthers(*batch, chooser, sink.get()));
    written += others;
  }
  ARROW_RETURN_NOT_OK(CheckRows(file, read));
  ARROW_ASSIGN_OR_RAISE(Receipt receipt, sink->Finish());
  if (receipt.rows == written) return receipt;
  ARROW_RETURN_NOT_OK(table.Discard({receipt}));
  return MakeError(ErrorKind::kInternal, std::to_string(receipt.rows) + " rows of " +
                                             std::to_string(written) + " were written");
}

arrow::Status RewriteAll(LakeTable& table, const std::vector<DataFile>& files,
                         const RowsToDrop& rows, const RewriteOptions& options,
                         const std::stop_token& stop, Rewritten* result) {
  Chooser chooser(rows);
  int ordinal = options.first_ordinal;
  for (const DataFile& file : files) {
    if (!chooser.MayDropOf(file)) continue;
    auto holds = HoldsAny(table, file, stop, chooser);
    if (!holds.ok()) return AddContext(holds.status(), "reading " + file.uri);
    if (!*holds) continue;
    if (file.rows_version < 0) {
      return MakeError(ErrorKind::kUnsupported,
                       "it cannot be told which commit brought the rows of " + file.uri +
                           ": load the table in full (--full-refresh)");
    }
    auto receipt = RewriteFile(table, file, chooser, options, ordinal++, stop);
    if (!receipt.ok()) return AddContext(receipt.status(), "rewriting " + file.uri);
    result->rows_gone += file.rows - receipt->rows;
    result->removed.push_back(file.path);
    result->receipts.push_back(*std::move(receipt));
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<Rewritten> RewriteWithout(LakeTable& table,
                                        const std::vector<DataFile>& files,
                                        const RowsToDrop& rows,
                                        const RewriteOptions& options,
                                        const std::stop_token& stop) {
  Rewritten result;
  arrow::Status status = RewriteAll(table, files, rows, options, stop, &result);
  if (status.ok()) return result;
  // What cannot be deleted is vacuum's.
  (void)table.Discard(result.receipts);
  return status;
}

}  // namespace keelboat
