#include "app/row_texts.h"

#include <algorithm>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "app/compared_rows.h"

namespace keelboat {
namespace {

constexpr std::size_t kLongestShown = 80;

std::string Shown(const std::string& value) {
  if (value.size() <= kLongestShown) return "'" + value + "'";
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  return "'" + value.substr(0, end) + "… (" + std::to_string(value.size()) + " bytes)";
}

void AppendPair(std::string& text, const std::string& column, const std::string& value) {
  text += (text.empty() ? "" : ", ") + column + " = " + Shown(value);
}

}  // namespace

RowTexts TextsOf(const arrow::RecordBatch& rows, int64_t row) {
  RowTexts texts;
  for (int column = 0; column < rows.num_columns(); ++column) {
    texts.emplace_back(rows.column_name(column), ShowValue(*rows.column(column), row));
  }
  return texts;
}

std::string Describe(const RowTexts& row) {
  std::string text;
  for (const auto& [column, value] : row) AppendPair(text, column, value);
  return text;
}

std::string DescribeChange(const RowTexts& lake, const RowTexts& source,
                           const std::vector<std::string>& key) {
  std::string keys;
  std::string changes;
  for (std::size_t i = 0; i < lake.size(); ++i) {
    const auto& [column, value] = lake[i];
    if (std::find(key.begin(), key.end(), column) != key.end()) {
      AppendPair(keys, column, value);
    } else if (value != source[i].second) {
      changes += (changes.empty() ? " " : "; ") + column + " is " + Shown(value) +
                 " in the lake and " + Shown(source[i].second) + " at the source";
    }
  }
  return keys + " differs:" + changes;
}

std::string EvidenceOf(const char* side, const RowTexts& row) {
  nlohmann::ordered_json values;
  for (const auto& [column, text] : row) values[column] = text;
  return nlohmann::ordered_json{{"side", side}, {"row", std::move(values)}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace keelboat
