#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/status.h>

#include "app/config_node.h"
#include "app/secret.h"

namespace keelboat {

/// \brief What reading a configuration needs to know, and the errors found so far.
///
/// Errors are collected, so that the user sees all of them at once. One thread.
class ConfigContext {
 public:
  ConfigContext(std::string file_name, std::filesystem::path project_dir,
                const std::map<std::string, std::string>& variables)
      : file_name_(std::move(file_name)),
        project_dir_(std::move(project_dir)),
        variables_(variables) {}

  /// "keelboat.yaml:12".
  std::string Place(int line) const;
  void AddError(int line, const std::string& what);
  /// As AddError, with the place already in the message (or none).
  void AddErrorText(int line, std::string text);
  /// OK, or everything found as one kConfig error, in the file's order.
  arrow::Status Finish() const;

  const std::filesystem::path& project_dir() const { return project_dir_; }
  const std::map<std::string, std::string>& variables() const { return variables_; }

  /// Set while an environment is read that was not selected: its variables may be
  /// missing, so values with variables, required keys and files are not checked.
  bool dry = false;

 private:
  std::string file_name_;
  std::filesystem::path project_dir_;
  const std::map<std::string, std::string>& variables_;
  std::set<std::pair<int, std::string>> errors_;
};

/// \brief Reads one mapping of a configuration, key by key.
///
/// A value that is absent, null or an empty text leaves the target as it is. What is
/// wrong goes to the context. `Finish` reports the keys that nobody asked for.
class MapReader {
 public:
  /// `node` may be null or no mapping (an error); `path` is "sources.shop" or empty.
  MapReader(const ConfigNode* node, std::string path, ConfigContext& context);
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  /// Whether the key has a value.
  bool Has(std::string_view key) const;
  /// Whether something was wrong with the key's value.
  bool Failed(std::string_view key) const { return reported_.contains(key); }
  /// Where the key is written, or else the mapping.
  int LineOf(std::string_view key) const;
  std::string PlaceOf(std::string_view key) const;
  /// "sources.shop.host".
  std::string PathOf(std::string_view key) const;
  void Error(std::string_view key, const std::string& what);

  void Read(const char* key, std::string* target);
  void Read(const char* key, Secret* target);
  void Read(const char* key, int* target, int least, int most);
  void Read(const char* key, uint16_t* port);
  void Read(const char* key, std::chrono::seconds* target);
  void ReadSize(const char* key, int64_t* bytes, int64_t least);
  /// Relative to the project's folder; made absolute.
  void Read(const char* key, std::filesystem::path* target);
  /// Reports a path that was read and names no file.
  void CheckFile(const char* key, const std::filesystem::path& path);
  /// A text, filled in; nullopt when absent, empty or wrong (then reported).
  std::optional<std::string> Text(const char* key);
  /// One of the names given; nullopt as above.
  std::optional<std::size_t> Choice(const char* key,
                                    const std::vector<std::string>& names);
  template <typename T>
  void Read(const char* key, T* target,
            const std::vector<std::pair<std::string, T>>& choices) {
    std::vector<std::string> names;
    for (const auto& choice : choices) names.push_back(choice.first);
    if (const auto chosen = Choice(key, names)) *target = choices[*chosen].second;
  }
  /// A mapping or list below; nullptr when absent.
  const ConfigNode* Child(const char* key);
  /// Reports keys of this mapping that must have a value and have none.
  void Require(const std::vector<const char*>& keys);
  /// Fills in a scalar that is not a value of a key (an item of a list).
  std::optional<std::string> Fill(const ConfigNode& scalar, const std::string& path);

  /// Reports unknown keys with the nearest known one. Call it last.
  void Finish();

  const ConfigNode& node() const { return *node_; }
  ConfigContext& context() { return context_; }

 private:
  const ConfigNode* Value(const char* key);
  /// Reports a value's problem without showing what a secret variable holds.
  void BadValue(const char* key, const std::string& filled, const std::string& expected);

  ConfigNode empty_;
  const ConfigNode* node_;
  std::string path_;
  ConfigContext& context_;
  std::vector<std::string> known_;
  std::set<std::string, std::less<>> reported_;
};

}  // namespace keelboat
