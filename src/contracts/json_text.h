#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

enum class JsonKind { kNull, kBoolean, kNumber, kString, kArray, kObject };

/// Returns "null", "a number", "an object" …, to put into a sentence.
const char* JsonKindName(JsonKind kind);

struct JsonMember;

/// \brief A JSON value that remembers its line and, for a number, its exact spelling.
///
/// For files that people write: an error can name the line, and 0.1 stays 0.1.
/// Members keep their order. A plain value; copies are deep.
struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  /// Line of the value's first character, from 1.
  int line = 1;
  bool boolean = false;
  /// A string's content, or a number as the file spells it.
  std::string text;
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;

  /// The member of that name, or null. Valid as long as this value is unchanged.
  const JsonMember* Find(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  int line = 1;
  JsonValue value;
};

/// \brief Parses a whole JSON document.
///
/// kConfig "FILE:LINE:COLUMN: …" when the text is not JSON (RFC 8259, UTF-8),
/// when an object names a member twice, or when it nests deeper than 64.
arrow::Result<JsonValue> ParseJson(std::string_view text, const std::string& file_name);

/// kConfig "FILE:LINE: message", with the details `file` and `line`.
arrow::Status JsonError(const std::string& file_name, int line, std::string message);

}  // namespace keelboat
