#include "warehouses/snowflake/load_name.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>

namespace keelboat::snowflake {
namespace {

constexpr std::string_view kTablePrefix = "_KEELBOAT_LOAD_";
constexpr std::string_view kFolderPrefix = "loads/";
constexpr std::size_t kTimeLength = 16;  // "20261121T020000Z"

std::optional<SystemTime> TimeOf(std::string_view text) {
  if (text.size() <= kTimeLength || text[kTimeLength] != '_') return std::nullopt;
  const std::string t(text.substr(0, kTimeLength));
  return ParseTime(t.substr(0, 4) + "-" + t.substr(4, 2) + "-" + t.substr(6, 5) + ":" +
                   t.substr(11, 2) + ":" + t.substr(13, 3));
}

}  // namespace

LoadName LoadName::New(SystemTime now) {
  std::string text;
  for (char c : FormatTime(now).substr(0, 19)) {  // "2026-11-21T02:00:00"
    if (c != '-' && c != ':') text += c;
  }
  std::random_device random;
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08X", static_cast<unsigned>(random()));
  return LoadName(text + "Z_" + digits.data());
}

std::string LoadName::Table() const { return std::string(kTablePrefix) + text_; }

std::string LoadName::Folder() const { return std::string(kFolderPrefix) + text_ + "/"; }

std::optional<SystemTime> LoadName::TimeOfTable(std::string_view table) {
  if (!table.starts_with(kTablePrefix)) return std::nullopt;
  return TimeOf(table.substr(kTablePrefix.size()));
}

std::string LoadName::FolderOfFile(std::string_view path) {
  // LIST puts the stage's name, or the bucket, before it.
  const std::size_t begin = path.find(kFolderPrefix);
  if (begin == std::string_view::npos || (begin > 0 && path[begin - 1] != '/')) return "";
  const std::size_t end = path.find('/', begin + kFolderPrefix.size());
  if (end == std::string_view::npos) return "";
  return std::string(path.substr(begin, end + 1 - begin));
}

std::optional<SystemTime> LoadName::TimeOfFolder(std::string_view folder) {
  if (!folder.starts_with(kFolderPrefix)) return std::nullopt;
  return TimeOf(folder.substr(kFolderPrefix.size()));
}

}  // namespace keelboat::snowflake
