#include "lake/delta/log.h"

#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "keelboat/error.h"
#include "lake/delta/checkpoint.h"
#include "lake/delta/protocol.h"
#include "lake/delta/rows_version.h"

namespace keelboat::delta {
namespace {

constexpr std::size_t kVersionDigits = 20;

std::string Padded(int64_t version) {
  char text[kVersionDigits + 1];
  std::snprintf(text, sizeof text, "%020" PRId64, version);
  return text;
}

// Takes digits off the front; nullopt unless there are exactly `count`.
std::optional<int64_t> TakeNumber(std::string_view* name, std::size_t count) {
  if (name->size() < count) return std::nullopt;
  int64_t number = 0;
  auto [end, error] = std::from_chars(name->data(), name->data() + count, number);
  if (error != std::errc() || end != name->data() + count) return std::nullopt;
  name->remove_prefix(count);
  return number;
}

struct CheckpointPart {
  int64_t number = 1;
  int64_t of = 1;
};

// ".checkpoint.parquet" or ".checkpoint.0000000001.0000000003.parquet".
std::optional<CheckpointPart> ParseCheckpoint(std::string_view rest) {
  constexpr std::string_view kStem = ".checkpoint";
  constexpr std::string_view kSuffix = ".parquet";
  constexpr std::size_t kPartDigits = 10;
  if (!rest.starts_with(kStem) || !rest.ends_with(kSuffix)) return std::nullopt;
  rest.remove_prefix(kStem.size());
  if (rest == kSuffix) return CheckpointPart();
  CheckpointPart part;
  for (int64_t* number : {&part.number, &part.of}) {
    if (!rest.starts_with('.')) return std::nullopt;
    rest.remove_prefix(1);
    auto value = TakeNumber(&rest, kPartDigits);
    if (!value) return std::nullopt;
    *number = *value;
  }
  if (rest != kSuffix) return std::nullopt;
  return part;
}

}  // namespace

Log::Log(std::shared_ptr<Store> store, std::string folder)
    : store_(std::move(store)), folder_(std::move(folder)) {}

int64_t Log::Listing::newest() const {
  int64_t newest = -1;
  if (!commits.empty()) newest = commits.rbegin()->first;
  if (!checkpoints.empty()) newest = std::max(newest, checkpoints.rbegin()->first);
  return newest;
}

std::string Log::CommitPath(int64_t version) const {
  return folder_ + "/_delta_log/" + Padded(version) + ".json";
}

std::string Log::CheckpointPath(int64_t version) const {
  return folder_ + "/_delta_log/" + Padded(version) + ".checkpoint.parquet";
}

std::string Log::LastCheckpointPath() const {
  return folder_ + "/_delta_log/_last_checkpoint";
}

arrow::Result<Log::Listing> Log::List() const {
  const std::string prefix = folder_ + "/_delta_log/";
  ARROW_ASSIGN_OR_RAISE(auto objects, store_->List(prefix));
  Listing listing;
  std::map<std::pair<int64_t, int64_t>, std::map<int64_t, std::string>> parts;
  for (ObjectInfo& object : objects) {
    std::string_view name = std::string_view(object.path).substr(prefix.size());
    auto version = TakeNumber(&name, kVersionDigits);
    if (!version) continue;
    if (name == ".json") {
      listing.commits.emplace(*version, std::move(object));
    } else if (auto part = ParseCheckpoint(name)) {
      parts[{*version, part->of}][part->number] = object.path;
    }
  }
  for (auto& [key, paths] : parts) {
    if (static_cast<int64_t>(paths.size()) != key.second) continue;
    std::vector<std::string>& complete = listing.checkpoints[key.first];
    complete.clear();
    for (auto& [number, path] : paths) complete.push_back(std::move(path));
  }
  return listing;
}

arrow::Result<std::vector<Action>> Log::Read(int64_t version) const {
  const std::string path = CommitPath(version);
  ARROW_ASSIGN_OR_RAISE(std::string text, store_->Get(path));
  auto actions = ParseCommit(text);
  if (!actions.ok()) {
    return AddContext(actions.status(), "reading " + store_->Uri(path));
  }
  return actions;
}

arrow::Status Log::Write(int64_t version, const std::vector<Action>& actions) const {
  return store_->PutIfAbsent(CommitPath(version), FormatCommit(actions));
}

arrow::Status Log::Rewrite(int64_t version, const std::vector<Action>& actions) const {
  return store_->Put(CommitPath(version), FormatCommit(actions));
}

// A checkpoint does not tell which commit brought a file of another program.
void Log::TagFromCommits(const Listing& listing, LogState* state) const {
  const bool tagged =
      std::all_of(state->files.begin(), state->files.end(),
                  [](const auto& file) { return HasRowsVersion(file.second); });
  if (tagged || listing.commits.find(0) == listing.commits.end()) return;
  auto replayed = Replay(listing, state->version, /*use_checkpoint=*/false);
  if (!replayed.ok()) return;  // Cleaned away, or damaged: the tags stay unknown.
  for (auto& [path, file] : state->files) {
    auto found = replayed->files.find(path);
    if (HasRowsVersion(file) || found == replayed->files.end()) continue;
    SetTags(TagsOf(found->second), &file);
  }
}

arrow::Result<LogState> Log::Replay(const Listing& listing, int64_t target,
                                    bool use_checkpoint) const {
  LogState state;
  auto checkpoint = listing.checkpoints.upper_bound(target);
  if (use_checkpoint && checkpoint != listing.checkpoints.begin()) {
    --checkpoint;
    const std::string context = "reading " + store_->Uri(checkpoint->second[0]);
    auto actions = ReadCheckpoint(*store_, checkpoint->second);
    if (!actions.ok()) return AddContext(actions.status(), context);
    arrow::Status applied = state.Apply(*actions, std::nullopt);
    if (!applied.ok()) return AddContext(applied, context);
    state.version = checkpoint->first;
    TagFromCommits(listing, &state);
  }
  while (state.version < target) {
    const int64_t next = state.version + 1;
    if (listing.commits.find(next) == listing.commits.end()) {
      return MakeError(ErrorKind::kData,
                       "the log lacks version " + std::to_string(next) + " (" +
                           store_->Uri(CommitPath(next)) +
                           "): restore the file, or drop the table and load it anew",
                       {{"version", std::to_string(next)}});
    }
    ARROW_ASSIGN_OR_RAISE(auto actions, Read(next));
    arrow::Status applied = state.Apply(actions, next);
    if (!applied.ok()) {
      return AddContext(applied, "reading " + store_->Uri(CommitPath(next)));
    }
    state.version = next;
  }
  auto commit = listing.commits.find(target);
  if (state.commit_info.json.empty() && commit != listing.commits.end()) {
    // The state came from a checkpoint alone, which has no commitInfo.
    ARROW_ASSIGN_OR_RAISE(auto actions, Read(target));
    for (const Action& action : actions) {
      if (const auto* info = std::get_if<CommitInfo>(&action)) state.commit_info = *info;
    }
  }
  if (state.commit_info.timestamp_ms != 0) {
    state.committed_at = FromMilliseconds(state.commit_info.timestamp_ms);
  } else if (commit != listing.commits.end()) {
    state.committed_at = commit->second.modified;
  }
  ARROW_RETURN_NOT_OK(state.CheckComplete());
  ARROW_RETURN_NOT_OK(CheckReadable(*state.protocol, *state.metadata));
  return state;
}

arrow::Result<std::optional<LogState>> Log::Load(std::optional<int64_t> version) const {
  ARROW_ASSIGN_OR_RAISE(Listing listing, List());
  if (listing.empty()) return std::nullopt;
  const int64_t target = version.value_or(listing.newest());
  const int64_t oldest = std::min(
      listing.commits.empty() ? listing.newest() : listing.commits.begin()->first,
      listing.checkpoints.empty() ? listing.newest()
                                  : listing.checkpoints.begin()->first);
  if (target < oldest || target > listing.newest()) {
    return MakeError(ErrorKind::kNotFound,
                     "the log has versions " + std::to_string(oldest) + " to " +
                         std::to_string(listing.newest()) + ", not " +
                         std::to_string(target),
                     {{"version", std::to_string(target)}});
  }
  auto state = Replay(listing, target, /*use_checkpoint=*/true);
  if (state.ok()) return std::optional<LogState>(*std::move(state));
  // A checkpoint is only a short cut: a damaged one does no harm while the commits are
  // all there.
  const ErrorKind kind = KindOf(state.status());
  const bool damaged = kind == ErrorKind::kData || kind == ErrorKind::kInternal;
  if (damaged && !listing.checkpoints.empty()) {
    auto plain = Replay(listing, target, /*use_checkpoint=*/false);
    if (plain.ok()) return std::optional<LogState>(*std::move(plain));
  }
  return state.status();
}

}  // namespace keelboat::delta
