#include "lake/delta/rows_version.h"

#include <charconv>
#include <optional>

#include "lake/delta/tags.h"
#include "lake/lake.h"

namespace keelboat::delta {

bool HasRowsVersion(const AddFile& file) { return file.tags.count(kRowsVersionTag) != 0; }

FileTags TagsOf(const AddFile& file) {
  FileTags tags;
  if (auto found = file.tags.find(kRowsVersionTag); found != file.tags.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), tags.rows_version);
  }
  auto tail = file.tags.find(kOpenTailTag);
  tags.open_tail = tail != file.tags.end() && tail->second == "true";
  return tags;
}

void SetTags(const FileTags& tags, AddFile* file) {
  file->tags[kRowsVersionTag] = std::to_string(tags.rows_version);
  if (tags.open_tail) file->tags[kOpenTailTag] = "true";
}

FileTags TagsOfUntagged(const std::map<std::string, AddFile>& files,
                        const std::vector<Action>& actions, int64_t version) {
  std::size_t removed = 0;
  bool changes_data = false;
  bool agree = true;
  std::optional<FileTags> first;
  for (const Action& action : actions) {
    const auto* remove = std::get_if<RemoveFile>(&action);
    if (remove == nullptr) continue;
    auto found = files.find(remove->path);
    if (found == files.end()) continue;
    ++removed;
    changes_data = changes_data || remove->data_change;
    const FileTags tags = TagsOf(found->second);
    if (!first) first = tags;
    agree = agree && tags == *first;
  }
  if (!first) return {version, false};
  if (changes_data && removed == files.size()) return {version, false};
  if (agree) return *first;
  return {kMixedVersions, false};
}

}  // namespace keelboat::delta
