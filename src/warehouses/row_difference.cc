#include "warehouses/row_difference.h"

#include <algorithm>
#include <optional>

namespace keelboat {
namespace {

/// Longer values are cut in examples; the evidence has them whole.
constexpr std::size_t kLongestShown = 80;

std::string Quote(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted += '\'';
}

std::string Show(const std::optional<std::string>& value) {
  if (!value.has_value()) return "NULL";
  if (value->size() <= kLongestShown) return Quote(*value);
  std::size_t end = kLongestShown;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>((*value)[end]) & 0xC0) == 0x80) --end;
  return Quote(value->substr(0, end)) + "… (" + std::to_string(value->size()) + " bytes)";
}

std::string DescribeRow(const std::vector<std::string>& columns, const adbc::Row& row) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text += (i == 0 ? "" : ", ") + columns[i] + " = " + Show(row[i]);
  }
  return text;
}

}  // namespace

std::vector<std::string> DescribeDifferences(const std::vector<std::string>& columns,
                                             const std::vector<std::size_t>& key,
                                             const std::vector<DifferingRow>& missing,
                                             const std::vector<DifferingRow>& extra) {
  std::vector<std::string> lines;
  std::vector<bool> told(extra.size(), false);
  for (const DifferingRow& row : missing) {
    auto pair = std::find_if(extra.begin(), extra.end(), [&](const DifferingRow& other) {
      return !key.empty() && std::all_of(key.begin(), key.end(), [&](std::size_t i) {
        return row.values[i] == other.values[i];
      });
    });
    if (pair == extra.end()) {
      lines.push_back("missing in the warehouse: " + DescribeRow(columns, row.values));
      continue;
    }
    told[pair - extra.begin()] = true;
    std::string line;
    for (std::size_t i : key) {
      line += (line.empty() ? "" : ", ") + columns[i] + " = " + Show(row.values[i]);
    }
    line += " differs:";
    const std::size_t start = line.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (row.values[i] == pair->values[i]) continue;
      line += (line.size() == start ? " " : "; ") + columns[i] + " is " +
              Show(row.values[i]) + " in the lake and " + Show(pair->values[i]) +
              " in the warehouse";
    }
    lines.push_back(std::move(line));
  }
  for (std::size_t i = 0; i < extra.size(); ++i) {
    if (told[i]) continue;
    lines.push_back("too much in the warehouse: " +
                    DescribeRow(columns, extra[i].values));
  }
  return lines;
}

}  // namespace keelboat
