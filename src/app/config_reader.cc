#include "app/config_reader.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <system_error>

#include "app/dotenv.h"
#include "app/interpolation.h"
#include "core/nearest.h"
#include "core/quantity.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::string Join(const std::vector<std::string>& names, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? last : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

std::string ConfigContext::Place(int line) const {
  return line > 0 ? file_name_ + ":" + std::to_string(line) : file_name_;
}

void ConfigContext::AddError(int line, const std::string& what) {
  AddErrorText(line, Place(line) + ": " + what);
}

void ConfigContext::AddErrorText(int line, std::string text) {
  errors_.emplace(line, std::move(text));
}

arrow::Status ConfigContext::Finish() const {
  if (errors_.empty()) return arrow::Status::OK();
  std::string text;
  for (const auto& [line, error] : errors_) {
    if (!text.empty()) text += "\n";
    text += error;
  }
  ErrorDetail::Map details = {{"file", file_name_}};
  if (errors_.begin()->first > 0) {
    details["line"] = std::to_string(errors_.begin()->first);
  }
  return MakeError(ErrorKind::kConfig, text, std::move(details));
}

MapReader::MapReader(const ConfigNode* node, std::string path, ConfigContext& context)
    : node_(&empty_), path_(std::move(path)), context_(context) {
  if (node == nullptr) return;
  empty_.line = node->line;
  if (node->kind == ConfigNode::Kind::kMap) {
    node_ = node;
  } else if (node->kind != ConfigNode::Kind::kNull) {
    context_.AddError(node->line, (path_.empty() ? "the file" : path_) +
                                      " must be a mapping (key: value), found " +
                                      node->KindName());
  }
}

bool MapReader::Has(std::string_view key) const {
  const ConfigNode* value = node_->Find(key);
  return value != nullptr && value->kind != ConfigNode::Kind::kNull;
}

int MapReader::LineOf(std::string_view key) const {
  for (const ConfigEntry& entry : node_->entries) {
    if (entry.key == key) return entry.line;
  }
  return node_->line;
}

std::string MapReader::PlaceOf(std::string_view key) const {
  return context_.Place(LineOf(key));
}

std::string MapReader::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void MapReader::Error(std::string_view key, const std::string& what) {
  reported_.emplace(key);
  context_.AddError(LineOf(key), what);
}

const ConfigNode* MapReader::Value(const char* key) {
  known_.emplace_back(key);
  const ConfigNode* value = node_->Find(key);
  if (value == nullptr || value->kind == ConfigNode::Kind::kNull) return nullptr;
  return value;
}

const ConfigNode* MapReader::Child(const char* key) { return Value(key); }

std::optional<std::string> MapReader::Fill(const ConfigNode& scalar,
                                           const std::string& path) {
  if (scalar.kind != ConfigNode::Kind::kScalar) {
    context_.AddError(scalar.line, path + " must be a text, found " + scalar.KindName());
    return {};
  }
  if (context_.dry && HasVariables(scalar.text)) return {};
  const auto& variables = context_.variables();
  const auto filled = Interpolate(
      scalar.text, [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return {};
        return found->second;
      });
  if (filled.ok()) return filled->text;
  const std::string variable = DetailOf(filled.status(), "variable");
  std::string what = path + ": " + filled.status().message();
  if (!variable.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : variables) names.push_back(name);
    what += DidYouMean(variable, names) + ": set it in the environment or in " +
            (context_.project_dir() / ".env").string() + ", or write ${" + variable +
            ":-default}";
  }
  context_.AddError(scalar.line, what);
  return {};
}

std::optional<std::string> MapReader::Text(const char* key) {
  const ConfigNode* value = Value(key);
  if (value == nullptr) return {};
  const std::optional<std::string> text = Fill(*value, PathOf(key));
  if (!text) reported_.emplace(key);
  if (text && text->empty()) return {};
  return text;
}

void MapReader::BadValue(const char* key, const std::string& filled,
                         const std::string& expected) {
  const std::string& written = node_->Find(key)->text;
  // The wrong variable may be a password: what it holds is shown only when its name is
  // harmless.
  std::string shown = "'" + filled + "'";
  if (filled != written) {
    shown = IsSecretName(written) ? "what " + written + " holds"
                                  : shown + " (" + written + ")";
  }
  Error(key, PathOf(key) + ": " + shown + " is not " + expected);
}

void MapReader::Read(const char* key, std::string* target) {
  if (auto text = Text(key)) *target = std::move(*text);
}

void MapReader::Read(const char* key, Secret* target) {
  if (auto text = Text(key)) *target = Secret(std::move(*text));
}

void MapReader::Read(const char* key, int* target, int least, int most) {
  const auto text = Text(key);
  if (!text) return;
  int number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most) {
    return BadValue(
        key, *text,
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  *target = number;
}

void MapReader::Read(const char* key, uint16_t* port) {
  int number = *port;
  Read(key, &number, 1, 65535);
  *port = static_cast<uint16_t>(number);
}

void MapReader::Read(const char* key, std::chrono::seconds* target) {
  const auto text = Text(key);
  if (!text) return;
  const auto duration = ParseDuration(*text);
  if (!duration.ok() || duration->count() < 1) {
    return BadValue(key, *text, "a duration of at least 1s, such as 30s, 10m or 12h");
  }
  *target = *duration;
}

void MapReader::ReadSize(const char* key, int64_t* bytes, int64_t least) {
  const auto text = Text(key);
  if (!text) return;
  const auto size = ParseByteSize(*text);
  if (!size.ok() || *size < least) {
    return BadValue(key, *text,
                    "a size of at least " + std::to_string(least >> 20) +
                        "MiB, such as 384MiB or 1GiB");
  }
  *bytes = *size;
}

void MapReader::Read(const char* key, std::filesystem::path* target) {
  if (const auto text = Text(key)) {
    *target = (context_.project_dir() / *text).lexically_normal();
    // "schema/" and "schema" are the same folder.
    if (!target->has_filename() && target->has_relative_path()) {
      *target = target->parent_path();
    }
  }
}

void MapReader::CheckFile(const char* key, const std::filesystem::path& path) {
  std::error_code error;
  if (path.empty() || context_.dry || std::filesystem::is_regular_file(path, error)) {
    return;
  }
  Error(key, PathOf(key) + ": there is no file " + path.string());
}

std::optional<std::size_t> MapReader::Choice(const char* key,
                                             const std::vector<std::string>& names) {
  const auto text = Text(key);
  if (!text) return {};
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found == names.end()) {
    BadValue(key, *text, Join(names, " or ") + DidYouMean(*text, names));
    return {};
  }
  return static_cast<std::size_t>(found - names.begin());
}

void MapReader::Require(const std::vector<const char*>& keys) {
  if (context_.dry) return;
  for (const char* key : keys) {
    if (reported_.contains(key)) continue;
    const ConfigNode* value = node_->Find(key);
    if (value == nullptr || value->kind == ConfigNode::Kind::kNull) {
      Error(key, PathOf(key) + " is missing");
    } else if (value->kind == ConfigNode::Kind::kScalar) {
      const auto text = Fill(*value, PathOf(key));
      if (text && text->empty()) Error(key, PathOf(key) + " is empty: give it a value");
    }
  }
}

void MapReader::Finish() {
  for (const ConfigEntry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    std::vector<std::string> names = known_;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const std::string nearest = DidYouMean(entry.key, names);
    context_.AddError(
        entry.line,
        "unknown key '" + entry.key + "'" + (path_.empty() ? "" : " in " + path_) +
            (nearest.empty() ? "; known keys: " + Join(names, " and ") : nearest));
  }
}

}  // namespace keelboat
