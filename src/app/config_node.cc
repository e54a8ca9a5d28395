#include "app/config_node.h"

#include <array>
#include <cctype>
#include <map>
#include <sstream>
#include <utility>

#include <arrow/util/utf8.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "app/interpolation.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr std::size_t kDeepest = 32;
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

/// Builds the tree from the parser's events, in one pass. The first error stays; what
/// comes after it is ignored.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file_name, bool masked)
      : file_name_(file_name), masked_(masked) {}

  arrow::Result<ConfigNode> Finish() && {
    ARROW_RETURN_NOT_OK(status_);
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(MakeNode(ConfigNode::Kind::kNull, mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    ConfigNode node = MakeNode(ConfigNode::Kind::kScalar, mark);
    node.text = masked_ ? Unmask(value) : value;
    Add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    // Unknown: an anchor that is still open, so it would hold itself.
    if (found == anchors_.end() || count_ + found->second.size > kMostNodes) {
      Fail(mark.line + 1, kTooDeep);
    }
    if (!status_.ok()) return;
    ConfigNode copy = found->second.node;
    count_ += found->second.size;
    Add(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(ConfigNode::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(ConfigNode::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  /// A list or mapping whose end has not come yet.
  struct Pending {
    ConfigNode node;
    YAML::anchor_t anchor = 0;
    int count_before = 0;
    bool has_key = false;  ///< The last entry waits for its value.
  };
  struct Anchored {
    ConfigNode node;
    int size = 0;
  };

  static constexpr const char* kTooDeep = "is nested too deeply or refers to itself";

  void Fail(int line, const std::string& what) {
    if (status_.ok()) status_ = ErrorAt(file_name_, line, 0, what);
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" ||
        tag.starts_with("tag:yaml.org,2002:")) {
      return;
    }
    Fail(mark.line + 1, "tags such as " + tag + " have no meaning here");
  }

  static ConfigNode MakeNode(ConfigNode::Kind kind, const YAML::Mark& mark) {
    ConfigNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }

  void Open(ConfigNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    pending_.push_back({MakeNode(kind, mark), anchor, count_, false});
    if (pending_.size() > kDeepest) Fail(mark.line + 1, kTooDeep);
  }

  void Close() {
    Pending closed = std::move(pending_.back());
    pending_.pop_back();
    const int size = count_ - closed.count_before;
    if (closed.anchor != 0) anchors_[closed.anchor] = {closed.node, size + 1};
    Add(std::move(closed.node), 0);
  }

  void Add(ConfigNode node, YAML::anchor_t anchor) {
    if (++count_ > kMostNodes) Fail(node.line, kTooDeep);
    if (!status_.ok()) return;
    if (anchor != 0) anchors_[anchor] = {node, 1};
    if (pending_.empty()) {
      root_ = std::move(node);
      return;
    }
    Pending& parent = pending_.back();
    if (parent.node.kind == ConfigNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.has_key) {
      parent.node.entries.back().value = std::move(node);
      parent.has_key = false;
    } else {
      AddKey(std::move(node), &parent);
    }
  }

  void AddKey(ConfigNode key, Pending* map) {
    if (key.kind != ConfigNode::Kind::kScalar) {
      return Fail(key.line, "a key must be a text");
    }
    if (HasVariables(key.text)) {
      return Fail(key.line, "variables work in values, not in keys: " + key.text);
    }
    if (key.text == "<<") {
      return Fail(key.line,
                  "merge keys (<<) do not work here: write the keys out, or use "
                  "environments");
    }
    for (const ConfigEntry& other : map->node.entries) {
      if (other.key != key.text) continue;
      return Fail(key.line, "key '" + key.text + "' is written twice; first in line " +
                                std::to_string(other.line));
    }
    map->node.entries.push_back({std::move(key.text), key.line, {}});
    map->has_key = true;
  }

  const std::string& file_name_;
  const bool masked_;
  arrow::Status status_;
  ConfigNode root_;
  std::vector<Pending> pending_;
  std::map<YAML::anchor_t, Anchored> anchors_;
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
    std::istringstream stream(mask ? MaskReferences(text) : std::string(text));
    YAML::Parser parser(stream);
    TreeBuilder builder(file_name, mask);
    parser.HandleNextDocument(builder);
    ARROW_ASSIGN_OR_RAISE(ConfigNode root, std::move(builder).Finish());
    TreeBuilder rest(file_name, mask);
    if (parser.HandleNextDocument(rest)) {
      return MakeError(ErrorKind::kConfig,
                       file_name +
                           " holds several documents (---), or a stray character "
                           "before its first line: keep one document",
                       {{"file", file_name}});
    }
    return root;
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
