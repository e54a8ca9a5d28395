#include "app/interpolation.h"

#include "app/dotenv.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr int kDeepest = 8;
constexpr std::string_view kDefaultMark = ":-";

arrow::Status Malformed(std::string_view reference) {
  return MakeError(ErrorKind::kConfig,
                   "malformed variable " + std::string(reference) +
                       ": write ${NAME} or ${NAME:-default}, or $$ for a dollar sign");
}

arrow::Status Fill(std::string_view text, const VariableLookup& lookup, int depth,
                   Interpolated* result) {
  if (depth > kDeepest) {
    return MakeError(ErrorKind::kConfig, "variables are nested too deeply");
  }
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$' || i + 1 == text.size()) {
      result->text += text[i++];
      continue;
    }
    if (text[i + 1] == '$') {
      result->text += '$';
      i += 2;
      continue;
    }
    if (text[i + 1] != '{') {
      result->text += text[i++];
      continue;
    }
    const std::string_view rest = text.substr(i);
    const std::size_t length = ReferenceLength(rest);
    if (length == 0) return Malformed(rest.substr(0, rest.find('}') + 1));
    const std::string_view inside = rest.substr(2, length - 3);
    const std::size_t mark = inside.find(kDefaultMark);
    const std::string name(inside.substr(0, mark));
    result->variables.push_back(name);
    const std::optional<std::string> value = lookup(name);
    if (mark != std::string_view::npos && (!value || value->empty())) {
      ARROW_RETURN_NOT_OK(
          Fill(inside.substr(mark + kDefaultMark.size()), lookup, depth + 1, result));
    } else if (value) {
      result->text += *value;
    } else {
      return MakeError(ErrorKind::kConfig, "variable " + name + " is not set",
                       {{"variable", name}});
    }
    i += length;
  }
  return arrow::Status::OK();
}

}  // namespace

std::size_t ReferenceLength(std::string_view text) {
  if (!text.starts_with("${")) return 0;
  std::size_t end = 2;
  while (end < text.size() && IsVariableName(text.substr(2, end - 1))) ++end;
  if (end == 2 || end == text.size()) return 0;
  if (text[end] == '}') return end + 1;
  if (!text.substr(end).starts_with(kDefaultMark)) return 0;
  int open = 1;
  for (std::size_t i = end; i < text.size() && text[i] != '\n'; ++i) {
    if (text.substr(i).starts_with("${")) ++open;
    if (text[i] == '}' && --open == 0) return i + 1;
  }
  return 0;
}

bool HasVariables(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '$') continue;
    if (text[i + 1] == '{') return true;
    if (text[i + 1] == '$') ++i;
  }
  return false;
}

arrow::Result<Interpolated> Interpolate(std::string_view text,
                                        const VariableLookup& lookup) {
  Interpolated result;
  ARROW_RETURN_NOT_OK(Fill(text, lookup, 0, &result));
  return result;
}

}  // namespace keelboat
