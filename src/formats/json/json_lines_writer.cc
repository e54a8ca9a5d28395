#include "formats/json/json_lines_writer.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/type.h>

#include "formats/json_cell.h"

namespace keelboat {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 20;

class JsonLinesWriter final : public RowWriter {
 public:
  JsonLinesWriter(const arrow::Schema& schema,
                  std::shared_ptr<arrow::io::OutputStream> stream)
      : stream_(std::move(stream)) {
    for (const auto& field : schema.fields()) {
      std::string key = keys_.empty() ? "{" : ",";
      AppendJsonString(field->name(), &key);
      keys_.push_back(key + ":");
    }
  }

  arrow::Status Write(const arrow::RecordBatch& batch) override {
    const arrow::ArrayVector& columns = batch.columns();
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (columns.empty()) text_ += '{';
      for (std::size_t i = 0; i < columns.size(); ++i) {
        text_ += keys_[i];
        AppendJsonCell(*columns[i], row, &text_);
      }
      text_ += "}\n";
      if (text_.size() >= kFlushBytes) ARROW_RETURN_NOT_OK(Flush());
    }
    return arrow::Status::OK();
  }
  arrow::Status Finish() override { return Flush(); }

 private:
  arrow::Status Flush() {
    ARROW_RETURN_NOT_OK(stream_->Write(text_));
    text_.clear();
    return arrow::Status::OK();
  }

  const std::shared_ptr<arrow::io::OutputStream> stream_;
  std::vector<std::string> keys_;  // With what stands before and behind.
  std::string text_;
};

}  // namespace

arrow::Result<std::unique_ptr<RowWriter>> MakeJsonLinesWriter(
    const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> stream) {
  for (const auto& field : schema.fields()) ARROW_RETURN_NOT_OK(CheckJsonType(*field));
  return std::make_unique<JsonLinesWriter>(schema, std::move(stream));
}

}  // namespace keelboat
