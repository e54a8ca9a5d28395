#include "support/type_cases.h"

#include <cstdlib>
#include <fstream>
#include <ostream>
#include <string_view>
#include <utility>

#include <arrow/array.h>
#include <arrow/scalar.h>

namespace keelboat::mysql {
namespace {

// "`a`" → "a", keeping what stands before the backticks ("hex: ").
std::string WithoutBackticks(const std::string& cell) {
  std::size_t open = cell.find('`');
  std::size_t close = cell.rfind('`');
  if (open == std::string::npos || close == open) return "?" + cell;
  return cell.substr(0, open) + cell.substr(open + 1, close - open - 1);
}

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 2;
  while (begin < line.size()) {
    std::size_t end = line.find(" |", begin);
    if (end == std::string::npos) break;
    cells.push_back(WithoutBackticks(line.substr(begin, end - begin)));
    begin = end + 3;
  }
  return cells;
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "hex: ";
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

MysqlZeroDates TypeCase::zero_dates() const {
  if (section == "Cases: impossible dates, read as null") return MysqlZeroDates::kNull;
  if (section == "Cases: impossible dates, read as text") return MysqlZeroDates::kText;
  return MysqlZeroDates::kFail;
}

std::string TypeCase::TextOf(const arrow::Array& array) const {
  if (array.IsNull(0)) return "null";
  const bool want_hex = expected.starts_with("hex: ");
  if (array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::BINARY) {
    std::string_view bytes = static_cast<const arrow::BinaryArray&>(array).GetView(0);
    return want_hex ? Hex(bytes) : std::string(bytes);
  }
  return array.GetScalar(0).ValueOrDie()->ToString();
}

void PrintTo(const TypeCase& value, std::ostream* out) {
  *out << "TYPES.md:" << value.line << " " << value.declared << " " << value.inserted;
}

std::vector<TypeCase> ReadTypeCases() {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/src/sources/mysql/TYPES.md");
  std::vector<TypeCase> cases;
  std::string section;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.rfind("## ", 0) == 0) section = line.substr(3);
    bool in_cases = section.rfind("Cases: ", 0) == 0;
    if (!in_cases || line.empty() || line.rfind("##", 0) == 0) continue;
    if (line.rfind("| declared", 0) == 0 || line.rfind("|---", 0) == 0) continue;
    TypeCase one;
    one.line = number;
    one.section = section;
    std::vector<std::string> cells = Cells(line);
    // A line of another form becomes a case that fails.
    cells.resize(4, "?malformed");
    one.declared = cells[0];
    one.inserted = cells[1];
    one.arrow_type = cells[2];
    one.expected = cells[3];
    cases.push_back(one);
  }
  return cases;
}

}  // namespace keelboat::mysql
