#include "formats/text_row_writer.h"

#include <cstddef>
#include <utility>

namespace keelboat {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 20;

}  // namespace

TextRowWriter::TextRowWriter(std::shared_ptr<arrow::io::OutputStream> stream)
    : stream_(std::move(stream)) {}

arrow::Status TextRowWriter::Write(const arrow::RecordBatch& batch) {
  const arrow::ArrayVector& columns = batch.columns();
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    AppendRow(columns, row, &text_);
    if (text_.size() >= kFlushBytes) ARROW_RETURN_NOT_OK(Flush());
  }
  return arrow::Status::OK();
}

arrow::Status TextRowWriter::Finish() { return Flush(); }

arrow::Status TextRowWriter::Flush() {
  ARROW_RETURN_NOT_OK(stream_->Write(text_));
  text_.clear();
  return arrow::Status::OK();
}

}  // namespace keelboat
