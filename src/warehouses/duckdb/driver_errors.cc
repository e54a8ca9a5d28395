#include "warehouses/duckdb/driver_errors.h"

#include <filesystem>
#include <string_view>

#include "keelboat/error.h"

namespace keelboat::duckdb {
namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What stands between two marks, or an empty string.
std::string Between(std::string_view text, std::string_view before,
                    std::string_view after) {
  std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return "";
  begin += before.size();
  std::size_t end = text.find(after, begin);
  if (end == std::string_view::npos) return "";
  return std::string(text.substr(begin, end - begin));
}

/// The message without the excerpt of our SQL and the advice on settings that follow it.
std::string FirstParagraph(std::string_view message) {
  std::string text(message.substr(0, message.find("\n\n")));
  std::size_t excerpt = text.find("\nLINE ");
  if (excerpt != std::string::npos) text.resize(excerpt);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

arrow::Status Locked(const std::string& path, std::string_view message) {
  std::string pid = Between(message, "(PID ", ")");
  std::string program = Between(message, "lock is held in ", " (PID");
  std::string holder = "another process";
  if (!pid.empty()) {
    holder = std::filesystem::path(program).filename().string();
    holder =
        "another process (" + (holder.empty() ? "" : holder + ", ") + "pid " + pid + ")";
  }
  return MakeError(ErrorKind::kUnavailable,
                   "the warehouse file '" + path + "' is locked by " + holder +
                       ": DuckDB lets one process at a time open it; close it there and "
                       "run again",
                   {{"path", path}, {"pid", pid}, {"program", program}});
}

/// A message that points to a class of errors by any of its phrases.
struct Phrase {
  const char* text;
  ErrorKind kind;
};

// The first phrase that is found decides.
constexpr Phrase kPhrases[] = {
    {"INTERRUPT Error", ErrorKind::kCancelled},
    {"Interrupted!", ErrorKind::kCancelled},
    {"Conflict on ", ErrorKind::kConflict},
    {"write-write conflict", ErrorKind::kConflict},
    {"Failed to commit: PRIMARY KEY or UNIQUE constraint violation",
     ErrorKind::kConflict},
    {"Constraint Error", ErrorKind::kData},
    {"Conversion Error", ErrorKind::kData},
    {"Out of Range Error", ErrorKind::kData},
    {"Invalid Input Error", ErrorKind::kData},
    {"Corrupt database file", ErrorKind::kData},
    {"No magic bytes", ErrorKind::kData},
    {"Dependency Error", ErrorKind::kConflict},
    {"Permission denied", ErrorKind::kDenied},
    {"Read-only file system", ErrorKind::kDenied},
    {"No such file or directory", ErrorKind::kNotFound},
    {"Catalog Error", ErrorKind::kNotFound},
    {"IO Error", ErrorKind::kUnavailable},
    {"Not implemented Error", ErrorKind::kUnsupported},
};

}  // namespace

arrow::Status MapDriverError(const std::string& path, const adbc::DriverError& error) {
  const std::string& message = error.message;
  if (Has(message, "Could not set lock on file")) return Locked(path, message);
  if (Has(message, "not a valid DuckDB database file")) {
    return MakeError(ErrorKind::kConfig,
                     "'" + path +
                         "' is not a DuckDB file: move it away, or name another " +
                         "path as the warehouse",
                     {{"path", path}});
  }
  if (Has(message, "version number") && Has(message, "read")) {
    return MakeError(
        ErrorKind::kUnsupported,
        "'" + path + "' was written by another version of DuckDB, which this " +
            "one cannot read: export it with the DuckDB that wrote it, or name " +
            "another path as the warehouse (" + FirstParagraph(message) + ")",
        {{"path", path}});
  }
  if (Has(message, "No space left on device") || Has(message, "Disk quota exceeded")) {
    return MakeError(ErrorKind::kUnavailable,
                     "no space is left for the warehouse file '" + path +
                         "': free some and run again; the tables are as before",
                     {{"path", path}, {"errno", "ENOSPC"}});
  }
  if (Has(message, "No files found that match the pattern")) {
    std::string file = Between(message, "pattern \"", "\"");
    return MakeError(ErrorKind::kNotFound, "the file '" + file + "' is not there",
                     {{"file", file}});
  }
  // Only the last of these is left of it where a commit needed the memory.
  if (Has(message, "Out of Memory Error") || Has(message, "failed to pin block") ||
      Has(message, "could not allocate block")) {
    return MakeError(
        ErrorKind::kUnsupported,
        "DuckDB needs more memory than it was given, as values of many megabytes "
        "do: exclude the column that holds them (" +
            FirstParagraph(message) + ")",
        {{"path", path}, {kMemoryExhausted, "yes"}});
  }
  for (const Phrase& phrase : kPhrases) {
    if (Has(message, phrase.text)) {
      return MakeError(phrase.kind, FirstParagraph(message), {{"path", path}});
    }
  }
  return MakeError(ErrorKind::kInternal, FirstParagraph(message), {{"path", path}});
}

}  // namespace keelboat::duckdb
