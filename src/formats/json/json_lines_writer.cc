#include "formats/json/json_lines_writer.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/type.h>

#include "formats/json_cell.h"
#include "formats/text_row_writer.h"

namespace keelboat {
namespace {

class JsonLinesWriter final : public TextRowWriter {
 public:
  JsonLinesWriter(const arrow::Schema& schema,
                  std::shared_ptr<arrow::io::OutputStream> stream)
      : TextRowWriter(std::move(stream)) {
    for (const auto& field : schema.fields()) {
      std::string key = keys_.empty() ? "{" : ",";
      AppendJsonString(field->name(), &key);
      keys_.push_back(key + ":");
    }
  }

 private:
  void AppendRow(const arrow::ArrayVector& columns, int64_t row,
                 std::string* text) override {
    if (columns.empty()) *text += '{';
    for (std::size_t i = 0; i < columns.size(); ++i) {
      *text += keys_[i];
      AppendJsonCell(*columns[i], row, text);
    }
    *text += "}\n";
  }

  std::vector<std::string> keys_;  // With what stands before and behind.
};

}  // namespace

arrow::Result<std::unique_ptr<RowWriter>> MakeJsonLinesWriter(
    const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> stream) {
  for (const auto& field : schema.fields()) ARROW_RETURN_NOT_OK(CheckJsonType(*field));
  return std::make_unique<JsonLinesWriter>(schema, std::move(stream));
}

}  // namespace keelboat
