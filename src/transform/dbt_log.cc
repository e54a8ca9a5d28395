#include "transform/dbt_log.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "keelboat/error.h"

namespace keelboat::transform {
namespace {

/// Removes terminal colour codes, which dbt's own messages may hold.
std::string WithoutColours(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '[') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

arrow::Result<std::unique_ptr<DbtLog>> DbtLog::Open(const std::filesystem::path& path,
                                                    const Clock& clock) {
  std::error_code ignored;  // fopen reports it better
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::FILE* file = std::fopen(path.c_str(), "ae");
  if (file == nullptr) {
    return MakeError(ErrorKind::kConfig,
                     "opening the log " + path.string() + ": " + std::strerror(errno));
  }
  return std::unique_ptr<DbtLog>(new DbtLog(file, clock));
}

void DbtLog::Write(std::string_view word, std::string_view text) {
  std::string entry = FormatTime(clock_.Now());
  entry += " ";
  entry += word;
  entry.append(word.size() < 7 ? 8 - word.size() : 1, ' ');
  for (char c : WithoutColours(text)) {
    if (c == '\r') continue;
    entry += c;
    if (c == '\n') entry += "    ";
  }
  entry += '\n';
  std::clearerr(file_.get());
  std::fwrite(entry.data(), 1, entry.size(), file_.get());
  if (std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0) ++lost_;
}

}  // namespace keelboat::transform
