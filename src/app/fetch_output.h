#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "formats/row_writer.h"

namespace keelboat {

/// In what form rows are written.
enum class OutputFormat { kParquet, kCsv, kArrow, kJson };

/// \brief The format that a file's name means; nullopt: none.
///
/// .parquet .pq; .csv; .arrow .arrows .feather .ipc; .json .jsonl .ndjson.
std::optional<OutputFormat> FormatOfName(const std::filesystem::path& file);

/// \brief Where fetched rows go: a file that appears when it is whole, or a stream.
///
/// One thread at a time. Destroyed before `Finish`, a file leaves nothing.
class FetchOutput {
 public:
  /// \brief Opens the output for rows of a schema.
  ///
  /// `place` is a path or "-", standard output. What is there and no file (a pipe, a
  /// device) is written as it comes. `spool`: standard output is kept in a file without a
  /// name until `Finish`, so that it can be begun anew.
  static arrow::Result<std::unique_ptr<FetchOutput>> Open(
      const std::string& place, OutputFormat format, bool spool,
      const std::shared_ptr<arrow::Schema>& schema, const std::stop_token& stop);
  ~FetchOutput();

  arrow::Status Write(const arrow::RecordBatch& batch) { return writer_->Write(batch); }
  /// Writes the end and gives the file its name; bytes written.
  arrow::Result<int64_t> Finish();

 private:
  FetchOutput() = default;
  arrow::Status OpenStream(const std::string& place, bool spool,
                           const std::stop_token& stop);

  std::shared_ptr<arrow::io::OutputStream> stream_;
  std::unique_ptr<RowWriter> writer_;
  std::shared_ptr<arrow::io::OutputStream> behind_spool_;  // Null where nothing spools.
  int descriptor_ = -1;                                    // Of our own; -1: none.
  bool is_file_ = false;
};

}  // namespace keelboat
