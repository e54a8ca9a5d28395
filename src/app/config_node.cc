#include "app/config_node.h"

#include <array>
#include <cctype>
#include <utility>

#include <arrow/util/utf8.h>
#include <yaml-cpp/yaml.h>

#include "app/interpolation.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr int kDeepest = 32;
constexpr int kMostNodes = 100'000;

// Characters that mean something to YAML and may stand in ${NAME:-default}; while YAML is
// parsed each is a control character, which no YAML file may hold (but see
// HasEscapedStandIn).
constexpr std::array<std::pair<char, char>, 7> kStandIns = {{
    {'{', '\x01'},
    {'}', '\x02'},
    {'[', '\x03'},
    {']', '\x04'},
    {',', '\x05'},
    {':', '\x06'},
    {'#', '\x0E'},
}};

arrow::Status ErrorAt(const std::string& file_name, int line, int column,
                      const std::string& what) {
  std::string place = file_name + ":" + std::to_string(line);
  if (column > 0) place += ":" + std::to_string(column);
  return MakeError(ErrorKind::kConfig, place + ": " + what,
                   {{"file", file_name}, {"line", std::to_string(line)}});
}

arrow::Status CheckText(std::string_view text, const std::string& file_name) {
  int line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') ++line;
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
      return ErrorAt(file_name, line, 0,
                     "holds a control character: is it a text file in UTF-8?");
    }
  }
  arrow::util::InitializeUTF8();
  if (!arrow::util::ValidateUTF8(text)) {
    return MakeError(ErrorKind::kConfig, file_name + " is not UTF-8: save it as UTF-8",
                     {{"file", file_name}});
  }
  return arrow::Status::OK();
}

/// Makes references safe for YAML, keeping every position. Those with quotes in them are
/// left: they only stand in quoted texts, where they are safe.
std::string MaskReferences(std::string_view text) {
  std::string masked(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t length = ReferenceLength(text.substr(i));
    if (length == 0 ||
        text.substr(i, length).find_first_of("\"'\\") != std::string_view::npos) {
      continue;
    }
    for (std::size_t j = i; j < i + length; ++j) {
      for (const auto& [character, stand_in] : kStandIns) {
        if (masked[j] == character) masked[j] = stand_in;
      }
    }
    i += length - 1;
  }
  return masked;
}

/// Whether a quoted text spells a stand-in as an escape ("\\x01"): then nothing is
/// masked, and references inside {…} need quotes.
bool HasEscapedStandIn(std::string_view text) {
  for (const auto& [character, stand_in] : kStandIns) {
    constexpr std::string_view kHexLower = "0123456789abcdef";
    const char digit = kHexLower[static_cast<std::size_t>(stand_in)];
    for (const char* prefix : {"\\x0", "\\u000", "\\U0000000"}) {
      for (const char spelled : {digit, static_cast<char>(std::toupper(digit))}) {
        if (text.find(prefix + std::string(1, spelled)) != std::string_view::npos) {
          return true;
        }
      }
    }
  }
  return false;
}

std::string Unmask(std::string text) {
  for (char& c : text) {
    for (const auto& [character, stand_in] : kStandIns) {
      if (c == stand_in) c = character;
    }
  }
  return text;
}

class Converter {
 public:
  Converter(const std::string& file_name, bool masked)
      : file_name_(file_name), masked_(masked) {}

  arrow::Result<ConfigNode> Convert(const YAML::Node& yaml, int line, int depth) {
    ConfigNode node;
    node.line = yaml.Mark().is_null() ? line : yaml.Mark().line + 1;
    if (depth > kDeepest || ++count_ > kMostNodes) {
      return ErrorAt(file_name_, node.line, 0,
                     "is nested too deeply or refers to itself");
    }
    const std::string tag = yaml.Tag();
    if (!tag.empty() && tag != "?" && tag != "!" &&
        !tag.starts_with("tag:yaml.org,2002:")) {
      return ErrorAt(file_name_, node.line, 0,
                     "tags such as " + tag + " have no meaning here");
    }
    switch (yaml.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return node;
      case YAML::NodeType::Scalar:
        node.kind = ConfigNode::Kind::kScalar;
        node.text = Original(yaml.Scalar());
        return node;
      case YAML::NodeType::Sequence:
        node.kind = ConfigNode::Kind::kList;
        for (const YAML::Node& item : yaml) {
          ARROW_ASSIGN_OR_RAISE(ConfigNode converted,
                                Convert(item, node.line, depth + 1));
          node.items.push_back(std::move(converted));
        }
        return node;
      case YAML::NodeType::Map:
        node.kind = ConfigNode::Kind::kMap;
        for (const auto& pair : yaml) {
          ARROW_RETURN_NOT_OK(AddEntry(pair.first, pair.second, depth, &node));
        }
        return node;
    }
    return ErrorAt(file_name_, node.line, 0, "unknown kind of value");
  }

 private:
  arrow::Status AddEntry(const YAML::Node& key, const YAML::Node& value, int depth,
                         ConfigNode* map) {
    const int line = key.Mark().is_null() ? map->line : key.Mark().line + 1;
    if (!key.IsScalar()) return ErrorAt(file_name_, line, 0, "a key must be a text");
    ConfigEntry entry;
    entry.key = Original(key.Scalar());
    entry.line = line;
    if (HasVariables(entry.key)) {
      return ErrorAt(file_name_, line, 0,
                     "variables work in values, not in keys: " + entry.key);
    }
    if (entry.key == "<<") {
      return ErrorAt(file_name_, line, 0,
                     "merge keys (<<) do not work here: write the keys out, or use "
                     "environments");
    }
    for (const ConfigEntry& other : map->entries) {
      if (other.key != entry.key) continue;
      return ErrorAt(file_name_, line, 0,
                     "key '" + entry.key + "' is written twice; first in line " +
                         std::to_string(other.line));
    }
    ARROW_ASSIGN_OR_RAISE(entry.value, Convert(value, line, depth + 1));
    map->entries.push_back(std::move(entry));
    return arrow::Status::OK();
  }

  std::string Original(const std::string& text) const {
    return masked_ ? Unmask(text) : text;
  }

  const std::string& file_name_;
  const bool masked_;
  int count_ = 0;
};

}  // namespace

const ConfigNode* ConfigNode::Find(std::string_view key) const {
  for (const ConfigEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const char* ConfigNode::KindName() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a text";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a mapping";
  }
  return "";
}

arrow::Result<ConfigNode> ParseConfigYaml(std::string_view text,
                                          const std::string& file_name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  ARROW_RETURN_NOT_OK(CheckText(text, file_name));
  const bool mask = !HasEscapedStandIn(text);
  try {
    const std::vector<YAML::Node> documents =
        YAML::LoadAll(mask ? MaskReferences(text) : std::string(text));
    if (documents.size() > 1) {
      return MakeError(ErrorKind::kConfig,
                       file_name + " holds several documents (---): keep one",
                       {{"file", file_name}});
    }
    if (documents.empty()) return ConfigNode{};
    return Converter(file_name, mask).Convert(documents.front(), 1, 0);
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) {
      return MakeError(ErrorKind::kConfig, file_name + ": broken YAML: " + error.msg,
                       {{"file", file_name}});
    }
    return ErrorAt(file_name, error.mark.line + 1, error.mark.column + 1,
                   "broken YAML: " + Unmask(error.msg));
  }
}

ConfigNode MergeConfig(const ConfigNode& base, const ConfigNode& over) {
  if (base.kind != ConfigNode::Kind::kMap || over.kind != ConfigNode::Kind::kMap) {
    return over;
  }
  const ConfigNode* base_type = base.Find("type");
  const ConfigNode* over_type = over.Find("type");
  if (base_type != nullptr && over_type != nullptr &&
      base_type->text != over_type->text) {
    return over;
  }
  ConfigNode merged = base;
  merged.line = over.line;
  for (const ConfigEntry& entry : over.entries) {
    ConfigEntry* found = nullptr;
    for (ConfigEntry& candidate : merged.entries) {
      if (candidate.key == entry.key) found = &candidate;
    }
    if (found == nullptr) {
      merged.entries.push_back(entry);
    } else {
      found->line = entry.line;
      found->value = MergeConfig(found->value, entry.value);
    }
  }
  return merged;
}

}  // namespace keelboat
