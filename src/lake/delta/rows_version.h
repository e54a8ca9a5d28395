#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lake/delta/action.h"

namespace keelboat::delta {

/// What the tags of a file say of its rows.
struct FileTags {
  int64_t rows_version = 0;
  bool open_tail = false;
  bool operator==(const FileTags&) const = default;
};

/// Whether a file says itself which commit brought its rows.
bool HasRowsVersion(const AddFile& file);

/// Version 0 and no tail where there is no tag, or not a number.
FileTags TagsOf(const AddFile& file);

void SetTags(const FileTags& tags, AddFile* file);

/// \brief The tags of the files that a commit adds without telling.
///
/// `files` are those before the commit. A commit that only adds, or replaces everything,
/// brought the rows itself. One that puts files in the place of others (a compaction, an
/// update) moves rows: they keep version and tail where all those files agree, else they
/// are kMixedVersions.
FileTags TagsOfUntagged(const std::map<std::string, AddFile>& files,
                        const std::vector<Action>& actions, int64_t version);

}  // namespace keelboat::delta
