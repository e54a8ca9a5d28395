#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "keelboat/error.h"
#include "lake/delta/name.h"
#include "lake/delta/protocol.h"
#include "lake/delta/table.h"

namespace keelboat::delta {
namespace {

// Only what a writer of tables makes, and nothing hidden: no log, no notes of people.
bool IsDataFile(std::string_view path) {
  if (!path.ends_with(".parquet")) return false;
  for (std::size_t start = 0; start <= path.size();) {
    if (path[start] == '_' || path[start] == '.') return false;
    start = std::min(path.find('/', start), path.size()) + 1;
  }
  return true;
}

}  // namespace

arrow::Result<std::vector<DataFile>> DeltaTable::Unreferenced(
    SystemTime older_than) const {
  // Files first, then the log: what is committed in between is in both.
  ARROW_ASSIGN_OR_RAISE(auto objects, store_->List(folder_ + "/"));
  ARROW_ASSIGN_OR_RAISE(std::optional<LogState> state, log_.Load(std::nullopt));
  std::set<std::string> kept;
  auto keep = [&](const std::string& path) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(std::string decoded, DecodePath(path));
    kept.insert(std::move(decoded));
    return arrow::Status::OK();
  };
  if (state) {
    ARROW_RETURN_NOT_OK(CheckWritable(*state->protocol, *state->metadata));
    for (const auto& [path, add] : state->files) ARROW_RETURN_NOT_OK(keep(path));
    for (const auto& [path, remove] : state->tombstones) {
      if (remove.deleted_ms.value_or(0) >= ToMilliseconds(older_than)) {
        ARROW_RETURN_NOT_OK(keep(path));
      }
    }
    // What a commit of late removed was still there in the version before it.
    ARROW_ASSIGN_OR_RAISE(auto listing, log_.List());
    for (const auto& [version, object] : listing.commits) {
      if (object.modified < older_than) continue;
      ARROW_ASSIGN_OR_RAISE(auto actions, log_.Read(version));
      for (const Action& action : actions) {
        const auto* remove = std::get_if<RemoveFile>(&action);
        if (remove != nullptr) ARROW_RETURN_NOT_OK(keep(remove->path));
      }
    }
  }
  std::vector<DataFile> unreferenced;
  for (const ObjectInfo& object : objects) {
    std::string path = object.path.substr(folder_.size() + 1);
    if (!IsDataFile(path) || object.modified >= older_than) continue;
    if (kept.count(path) != 0) continue;
    DataFile file;
    file.path = std::move(path);
    file.uri = store_->Uri(object.path);
    file.bytes = object.size;
    file.modified = object.modified;
    unreferenced.push_back(std::move(file));
  }
  return unreferenced;
}

arrow::Result<std::vector<DataFile>> DeltaTable::Vacuum(SystemTime older_than,
                                                        bool dry_run) {
  auto files = Unreferenced(older_than);
  if (!files.ok()) return InContext(files.status(), "vacuuming");
  if (dry_run) return files;
  for (const DataFile& file : *files) {
    ARROW_RETURN_NOT_OK(InContext(store_->Delete(PathOf(file.path)), "vacuuming"));
  }
  ARROW_RETURN_NOT_OK(InContext(
      store_->DeleteUnfinished(folder_ + "/", older_than).status(), "vacuuming"));
  return files;
}

}  // namespace keelboat::delta
