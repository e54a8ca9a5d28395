#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

struct ConfigEntry;

/// \brief A piece of a configuration file that knows where it was written. A value.
///
/// Scalars are texts as written: variables are filled in when a value is read.
struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  std::string text;                  ///< kScalar.
  std::vector<ConfigNode> items;     ///< kList.
  std::vector<ConfigEntry> entries;  ///< kMap, in the file's order; keys are unique.
  int line = 0;                      ///< From 1.

  /// The value of a key; nullptr without one.
  const ConfigNode* Find(std::string_view key) const;
  /// "a text", "a list", "a mapping" or "nothing".
  const char* KindName() const;
};

struct ConfigEntry {
  std::string key;
  int line = 0;  ///< Of the key.
  ConfigNode value;
};

/// \brief Parses one YAML document.
///
/// `${NAME}` may stand anywhere in a value, also bare inside `{…}`. kConfig with
/// "file:line:column: what" for broken YAML; duplicate keys, tags, merge keys, several
/// documents and texts that are not UTF-8 are errors too.
arrow::Result<ConfigNode> ParseConfigYaml(std::string_view text,
                                          const std::string& file_name);

/// \brief `base` with the parts that `over` names replaced, key by key.
///
/// Mappings are merged, everything else replaces. A mapping whose `type` differs from
/// the base's replaces it whole, as the two have different keys. Null unsets.
ConfigNode MergeConfig(const ConfigNode& base, const ConfigNode& over);

}  // namespace keelboat
