#include "app/dotenv.h"

#include <algorithm>
#include <cctype>

#include <arrow/util/utf8.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view TrimLeft(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

std::string_view TrimRight(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlanks);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

/// One line's place, for messages.
struct Line {
  const std::string& file_name;
  int number;

  arrow::Status Error(const std::string& what) const {
    return MakeError(ErrorKind::kConfig,
                     file_name + ":" + std::to_string(number) + ": " + what,
                     {{"file", file_name}, {"line", std::to_string(number)}});
  }
};

arrow::Status CheckNoReference(std::string_view value, const std::string& name,
                               const Line& line) {
  const std::size_t at = value.find("${");
  if (at == std::string_view::npos) return arrow::Status::OK();
  return line.Error("the value of " + name +
                    " holds ${…}, and nothing is expanded in this file: write the value "
                    "itself, or put it in single quotes to keep it as it is");
}

arrow::Status CheckAfterQuote(std::string_view rest, const std::string& name,
                              const Line& line) {
  rest = TrimLeft(rest);
  if (rest.empty() || rest.front() == '#') return arrow::Status::OK();
  return line.Error("text follows the closing quote of " + name +
                    ": quote the whole value, or escape the quote inside it");
}

arrow::Result<std::string> SingleQuoted(std::string_view text, const std::string& name,
                                        const Line& line) {
  const std::size_t end = text.find('\'');
  if (end == std::string_view::npos) {
    return line.Error("the quote of " + name +
                      " is not closed: values of several lines do not work here, write "
                      "\\n inside double quotes");
  }
  ARROW_RETURN_NOT_OK(CheckAfterQuote(text.substr(end + 1), name, line));
  return std::string(text.substr(0, end));
}

arrow::Result<std::string> DoubleQuoted(std::string_view text, const std::string& name,
                                        const Line& line) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      ARROW_RETURN_NOT_OK(CheckAfterQuote(text.substr(i + 1), name, line));
      return value;
    }
    if (c == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      return CheckNoReference("${", name, line);
    }
    if (c != '\\' || i + 1 == text.size()) {
      value += c;
      continue;
    }
    const char escaped = text[++i];
    switch (escaped) {
      case 'n':
        value += '\n';
        break;
      case 'r':
        value += '\r';
        break;
      case 't':
        value += '\t';
        break;
      case '"':
      case '\\':
      case '$':
        value += escaped;
        break;
      default:
        return line.Error(std::string("unknown escape \\") + escaped +
                          " in the value of " + name +
                          ": write \\\\ for a backslash, or use single quotes");
    }
  }
  return line.Error("the quote of " + name +
                    " is not closed: values of several lines do not work here, write \\n "
                    "inside double quotes");
}

arrow::Result<std::string> Bare(std::string_view text, const std::string& name,
                                const Line& line) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '#' && kBlanks.find(text[i - 1]) != std::string_view::npos) {
      text = text.substr(0, i);
      break;
    }
  }
  text = TrimRight(text);
  ARROW_RETURN_NOT_OK(CheckNoReference(text, name, line));
  return std::string(text);
}

arrow::Status ParseLine(std::string_view text, const Line& line, Dotenv* dotenv) {
  text = TrimRight(TrimLeft(text));
  if (text.empty() || text.front() == '#') return arrow::Status::OK();
  if (text.find('\0') != std::string_view::npos) return line.Error("holds a NUL byte");
  if (!arrow::util::ValidateUTF8(text)) return line.Error("is not UTF-8");
  constexpr std::string_view kExport = "export";
  if (text.starts_with(kExport) && text.size() > kExport.size() &&
      kBlanks.find(text[kExport.size()]) != std::string_view::npos) {
    text = TrimLeft(text.substr(kExport.size()));
  }
  // A line that is not NAME=value may be the second line of a secret: it is not repeated.
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return line.Error("expected NAME=value");
  }
  const std::string name(TrimRight(text.substr(0, equals)));
  if (!IsVariableName(name)) {
    return line.Error(
        "what stands before = is no variable name: letters, digits and underscores, no "
        "digit first");
  }
  std::string_view value = text.substr(equals + 1);
  std::string parsed;
  const std::string_view trimmed = TrimLeft(value);
  if (trimmed.starts_with('\'')) {
    ARROW_ASSIGN_OR_RAISE(parsed, SingleQuoted(trimmed.substr(1), name, line));
  } else if (trimmed.starts_with('"')) {
    ARROW_ASSIGN_OR_RAISE(parsed, DoubleQuoted(trimmed.substr(1), name, line));
  } else if (trimmed.size() == value.size()) {
    ARROW_ASSIGN_OR_RAISE(parsed, Bare(value, name, line));
  } else if (!trimmed.starts_with('#')) {
    ARROW_ASSIGN_OR_RAISE(parsed, Bare(trimmed, name, line));
  }
  if (dotenv->variables.contains(name)) {
    dotenv->warnings.push_back(line.file_name + ":" + std::to_string(line.number) + ": " +
                               name + " is defined a second time; this line wins");
  }
  dotenv->variables[name] = std::move(parsed);
  return arrow::Status::OK();
}

}  // namespace

bool IsVariableName(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())))
    return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || c == '_');
  });
}

bool IsSecretName(std::string_view name) {
  std::string upper(name);
  for (char& c : upper)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const char* word :
       {"PASS", "PWD", "SECRET", "TOKEN", "KEY", "WEBHOOK", "CREDENTIAL"}) {
    if (upper.find(word) != std::string::npos) return true;
  }
  return false;
}

arrow::Result<Dotenv> ParseDotenv(std::string_view text, const std::string& file_name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  arrow::util::InitializeUTF8();
  Dotenv dotenv;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ARROW_RETURN_NOT_OK(ParseLine(line, Line{file_name, ++number}, &dotenv));
  }
  return dotenv;
}

}  // namespace keelboat
