#include "formats/csv/csv_writer.h"

#include <string>
#include <string_view>
#include <utility>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_dict.h>
#include <arrow/type.h>

#include "core/cell_text.h"
#include "formats/json_cell.h"
#include "formats/text_row_writer.h"

namespace keelboat {
namespace {

void AppendText(std::string_view text, std::string* line) {
  const bool quoted = text.empty() || text.front() == ' ' || text.back() == ' ' ||
                      text.find_first_of("\",\r\n") != std::string_view::npos;
  if (!quoted) {
    *line += text;
    return;
  }
  *line += '"';
  for (const char c : text) {
    if (c == '"') *line += '"';
    *line += c;
  }
  *line += '"';
}

void AppendCell(const arrow::Array& column, int64_t row, std::string* line) {
  if (column.IsNull(row)) return;
  switch (column.type_id()) {
    case arrow::Type::STRING:
      return AppendText(static_cast<const arrow::StringArray&>(column).GetView(row),
                        line);
    case arrow::Type::LARGE_STRING:
      return AppendText(static_cast<const arrow::LargeStringArray&>(column).GetView(row),
                        line);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::FIXED_SIZE_BINARY: {
      std::string text;
      AppendCellText(column, row, &text);
      return AppendText(text, line);
    }
    case arrow::Type::DICTIONARY: {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(column);
      return AppendCell(*encoded.dictionary(), encoded.GetValueIndex(row), line);
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::MAP:
    case arrow::Type::STRUCT: {
      std::string json;
      AppendJsonCell(column, row, &json);
      return AppendText(json, line);
    }
    default:
      AppendCellText(column, row, line);
  }
}

class CsvWriter final : public TextRowWriter {
 public:
  CsvWriter(const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> stream)
      : TextRowWriter(std::move(stream)) {
    for (int i = 0; i < schema.num_fields(); ++i) {
      if (i > 0) *text() += ',';
      AppendText(schema.field(i)->name(), text());
    }
    *text() += '\n';
  }

 private:
  void AppendRow(const arrow::ArrayVector& columns, int64_t row,
                 std::string* text) override {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) *text += ',';
      // A line of one null would be an empty line, which readers skip.
      if (columns.size() == 1 && columns[0]->IsNull(row)) {
        *text += "\"\"";
        continue;
      }
      AppendCell(*columns[i], row, text);
    }
    *text += '\n';
  }
};

}  // namespace

arrow::Result<std::unique_ptr<RowWriter>> MakeCsvWriter(
    const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> stream) {
  for (const auto& field : schema.fields()) ARROW_RETURN_NOT_OK(CheckJsonType(*field));
  return std::make_unique<CsvWriter>(schema, std::move(stream));
}

}  // namespace keelboat
