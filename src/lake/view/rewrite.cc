#include "lake/view/rewrite.h"

#include <memory>
#include <utility>

#include <arrow/type.h>

#include "core/stop.h"
#include "formats/parquet/reader.h"
#include "keelboat/error.h"
#include "lake/view/key_bounds.h"
#include "lake/view/key_stream.h"

namespace keelboat {
namespace {

arrow::Result<bool> HoldsAny(const LakeTable& table, const DataFile& file,
                             const KeySet& keys, const std::stop_token& stop) {
  int64_t found = 0;
  ARROW_RETURN_NOT_OK(
      VisitKeys(table, file, keys.columns().field_names(), stop,
                [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                  for (const KeyHash& hash : hashes) found += keys.Contains(hash) ? 1 : 0;
                  return arrow::Status::OK();
                }));
  return found > 0;
}

// Writes the rows of a batch that stay, run by run.
arrow::Result<int64_t> WriteOthers(const arrow::RecordBatch& batch, const KeySet& keys,
                                   LakeSink* sink) {
  std::vector<KeyHash> hashes;
  ARROW_RETURN_NOT_OK(HashKeys(batch, keys.columns().field_names(), &hashes));
  int64_t written = 0;
  for (int64_t row = 0; row < batch.num_rows();) {
    int64_t end = row;
    while (end < batch.num_rows() &&
           !keys.Contains(hashes[static_cast<std::size_t>(end)])) {
      ++end;
    }
    if (end > row) ARROW_RETURN_NOT_OK(sink->Write(*batch.Slice(row, end - row)));
    written += end - row;
    row = end + 1;
  }
  return written;
}

arrow::Result<Receipt> RewriteFile(LakeTable& table, const DataFile& file,
                                   const KeySet& keys, const RewriteOptions& options,
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
    ARROW_ASSIGN_OR_RAISE(int64_t others, WriteOthers(*batch, keys, sink.get()));
    written += others;
  }
  if (read != file.rows) {
    return MakeError(ErrorKind::kData, "it has " + std::to_string(read) + " rows of " +
                                           std::to_string(file.rows) +
                                           ": load the table in full (--full-refresh)");
  }
  ARROW_ASSIGN_OR_RAISE(Receipt receipt, sink->Finish());
  if (receipt.rows == written) return receipt;
  ARROW_RETURN_NOT_OK(table.Discard({receipt}));
  return MakeError(ErrorKind::kInternal, std::to_string(receipt.rows) + " rows of " +
                                             std::to_string(written) + " were written");
}

arrow::Status RewriteAll(LakeTable& table, const std::vector<DataFile>& files,
                         const KeySet& keys, const RewriteOptions& options,
                         const std::stop_token& stop, Rewritten* result) {
  if (keys.empty()) return arrow::Status::OK();
  const KeyBounds bounds(keys);
  int ordinal = options.first_ordinal;
  for (const DataFile& file : files) {
    if (!bounds.MayHold(file.stats)) continue;
    ARROW_ASSIGN_OR_RAISE(bool holds, HoldsAny(table, file, keys, stop));
    if (!holds) continue;
    if (file.rows_version < 0) {
      return MakeError(ErrorKind::kUnsupported,
                       "it cannot be told which commit brought the rows of " + file.uri +
                           ": load the table in full (--full-refresh)");
    }
    auto receipt = RewriteFile(table, file, keys, options, ordinal++, stop);
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
                                        const KeySet& keys, const RewriteOptions& options,
                                        const std::stop_token& stop) {
  Rewritten result;
  arrow::Status status = RewriteAll(table, files, keys, options, stop, &result);
  if (status.ok()) return result;
  // What cannot be deleted is vacuum's.
  (void)table.Discard(result.receipts);
  return status;
}

}  // namespace keelboat
