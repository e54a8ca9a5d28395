#include "lake/view/latest.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "lake/view/hashed_keys.h"
#include "lake/view/key_stream.h"

namespace keelboat {
namespace {

// Files among which keys are distinct, unless `mixed`.
struct Group {
  std::vector<std::pair<const LakeTable*, const DataFile*>> files;
  int64_t rows = 0;
  bool mixed = false;
};

std::vector<Group> GroupsOf(const std::vector<TableFiles>& tables) {
  std::map<std::pair<const LakeTable*, int64_t>, Group> groups;
  for (const TableFiles& one : tables) {
    for (const DataFile& file : one.files) {
      if (file.rows == 0) continue;
      Group& group = groups[{one.table, file.rows_version}];
      group.files.emplace_back(one.table, &file);
      group.rows += file.rows;
      group.mixed = file.rows_version == kMixedVersions;
    }
  }
  std::vector<Group> result;
  for (auto& [of, group] : groups) result.push_back(std::move(group));
  return result;
}

// The largest group of distinct keys, taken out of `groups`; empty when there is none.
Group TakeBase(std::vector<Group>* groups) {
  auto largest = groups->end();
  for (auto group = groups->begin(); group != groups->end(); ++group) {
    if (group->mixed) continue;
    if (largest == groups->end() || group->rows > largest->rows) largest = group;
  }
  if (largest == groups->end()) return {};
  Group base = std::move(*largest);
  groups->erase(largest);
  return base;
}

arrow::Status VisitHashes(const Group& group, const std::vector<std::string>& key,
                          const std::stop_token& stop,
                          const std::function<void(const KeyHash&)>& visit) {
  for (const auto& [table, file] : group.files) {
    ARROW_RETURN_NOT_OK(
        VisitKeys(*table, *file, key, stop,
                  [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                    for (const KeyHash& hash : hashes) visit(hash);
                    return arrow::Status::OK();
                  }));
  }
  return arrow::Status::OK();
}

}  // namespace

// Every key of the base counts, and every key of the others that the base has not. So the
// others are held in memory, in as many parts as it takes, and the base goes past them.
arrow::Result<KeyDigest> DigestLatest(const std::vector<TableFiles>& tables,
                                      const std::vector<std::string>& key,
                                      const std::stop_token& stop,
                                      const ViewOptions& options) {
  std::vector<Group> others = GroupsOf(tables);
  const Group base = TakeBase(&others);
  int64_t rows = 0;
  for (const Group& group : others) rows += group.rows;
  const int64_t most = std::max<int64_t>(options.keys_in_memory, 1);
  const auto parts =
      static_cast<uint64_t>(std::max<int64_t>((rows + most - 1) / most, 1));
  KeyDigest digest;
  for (uint64_t part = 0; part < parts; ++part) {
    HashedKeys held(rows / static_cast<int64_t>(parts));
    for (const Group& group : others) {
      ARROW_RETURN_NOT_OK(VisitHashes(group, key, stop, [&](const KeyHash& hash) {
        if (hash.low % parts == part) held.Add(hash);
      }));
    }
    held.Seal();
    ARROW_RETURN_NOT_OK(VisitHashes(base, key, stop, [&](const KeyHash& hash) {
      if (part == 0) digest.Add(hash);
      if (hash.low % parts == part) held.Mark(hash);
    }));
    held.VisitUnmarked([&](const KeyHash& hash) { digest.Add(hash); });
  }
  return digest;
}

arrow::Result<int64_t> CountLatest(const LakeTable& table,
                                   const std::vector<DataFile>& files,
                                   const std::vector<std::string>& key,
                                   const std::stop_token& stop,
                                   const ViewOptions& options) {
  int64_t rows = 0;
  bool one_version = true;
  for (const DataFile& file : files) {
    rows += file.rows;
    one_version = one_version && file.rows_version == files[0].rows_version &&
                  file.rows_version != kMixedVersions;
  }
  if (key.empty() || one_version) return rows;
  ARROW_ASSIGN_OR_RAISE(KeyDigest digest,
                        DigestLatest({{&table, files}}, key, stop, options));
  return digest.count;
}

}  // namespace keelboat
