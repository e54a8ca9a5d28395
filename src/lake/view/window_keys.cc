#include "lake/view/window_keys.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "lake/view/key_stream.h"

namespace keelboat {
namespace {

// The newest of a key's rows in the window; marked when it is not to be looked for.
struct Held {
  KeyHash hash;
  int64_t version = 0;
  bool marked = false;
};

// Some keys of the window, sorted.
class HeldRows {
 public:
  void Add(const KeyHash& hash, int64_t version) { rows_.push_back({hash, version}); }

  void Seal() {
    std::sort(rows_.begin(), rows_.end(), [](const Held& left, const Held& right) {
      if (left.hash != right.hash) return left.hash < right.hash;
      return left.version > right.version;
    });
    auto same = [](const Held& left, const Held& right) {
      return left.hash == right.hash;
    };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), same), rows_.end());
    unmarked_ = rows_.size();
  }

  // Marks a key whose row in the window is older than `version`.
  void Mark(const KeyHash& hash, int64_t version) {
    Held* held = Find(hash);
    if (held == nullptr || held->marked || held->version >= version) return;
    held->marked = true;
    --unmarked_;
  }

  bool IsUnmarked(const KeyHash& hash) {
    const Held* held = Find(hash);
    return held != nullptr && !held->marked;
  }

  bool all_marked() const { return unmarked_ == 0; }

  // Of the keys not marked.
  int64_t LeastVersion() const {
    int64_t least = std::numeric_limits<int64_t>::max();
    for (const Held& held : rows_) {
      if (!held.marked) least = std::min(least, held.version);
    }
    return least;
  }

 private:
  Held* Find(const KeyHash& hash) {
    auto found = std::lower_bound(
        rows_.begin(), rows_.end(), hash,
        [](const Held& held, const KeyHash& sought) { return held.hash < sought; });
    return found == rows_.end() || found->hash != hash ? nullptr : &*found;
  }

  std::vector<Held> rows_;
  std::size_t unmarked_ = 0;
};

class Search {
 public:
  Search(const LakeTable& table, const CursorWindow& window,
         const std::vector<std::string>& key, const std::stop_token& stop)
      : table_(table), window_(window), key_(key), stop_(stop) {}

  // Finds the files that have rows in the window.
  arrow::Status FindFiles(const std::vector<DataFile>& files) {
    for (const DataFile& file : files) {
      if (!window_.MayHold(file.stats)) continue;
      const int64_t before = rows_;
      ARROW_RETURN_NOT_OK(
          VisitWindow(file, [&](const arrow::RecordBatch&, int64_t, const KeyHash&) {
            ++rows_;
            return arrow::Status::OK();
          }));
      if (rows_ > before) affected_.push_back(file);
    }
    return arrow::Status::OK();
  }

  int64_t rows() const { return rows_; }

  // Collects the keys of one part of `parts`.
  arrow::Status Collect(uint64_t part, uint64_t parts, const std::vector<DataFile>& files,
                        const std::vector<DataFile>& new_files, KeySet* keys) const {
    HeldRows held;
    for (const DataFile& file : affected_) {
      ARROW_RETURN_NOT_OK(
          VisitWindow(file, [&](const arrow::RecordBatch&, int64_t, const KeyHash& hash) {
            if (hash.low % parts == part) held.Add(hash, file.rows_version);
            return arrow::Status::OK();
          }));
    }
    held.Seal();
    for (const DataFile& file : new_files) {
      if (held.all_marked()) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(Mark(file, std::numeric_limits<int64_t>::max(), &held));
    }
    const int64_t least = held.LeastVersion();
    for (const DataFile& file : files) {
      if (held.all_marked()) return arrow::Status::OK();
      // A row of a later version than the window's newest lies outside of it.
      if (file.rows_version > least) {
        ARROW_RETURN_NOT_OK(Mark(file, file.rows_version, &held));
      }
    }
    for (const DataFile& file : affected_) {
      if (held.all_marked()) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(VisitWindow(file, [&](const arrow::RecordBatch& batch,
                                                int64_t row, const KeyHash& hash) {
        return held.IsUnmarked(hash) ? keys->Add(batch, row, hash) : arrow::Status::OK();
      }));
    }
    return arrow::Status::OK();
  }

 private:
  // Calls `visit` with each row of the file in the window: its key columns, its place.
  template <typename Visit>
  arrow::Status VisitWindow(const DataFile& file, Visit visit) const {
    std::vector<bool> inside;
    std::vector<int> columns(key_.size());
    auto visit_batch = [&](const arrow::RecordBatch& batch,
                           const std::vector<KeyHash>& hashes) -> arrow::Status {
      ARROW_RETURN_NOT_OK(window_.Select(batch, &inside));
      for (std::size_t i = 0; i < key_.size(); ++i) {
        columns[i] = batch.schema()->GetFieldIndex(key_[i]);
      }
      ARROW_ASSIGN_OR_RAISE(auto keys, batch.SelectColumns(columns));
      for (std::size_t row = 0; row < hashes.size(); ++row) {
        if (!inside[row]) continue;
        ARROW_RETURN_NOT_OK(visit(*keys, static_cast<int64_t>(row), hashes[row]));
      }
      return arrow::Status::OK();
    };
    return VisitKeys(table_, file, key_, stop_, visit_batch, {window_.column()});
  }

  arrow::Status Mark(const DataFile& file, int64_t version, HeldRows* held) const {
    return VisitKeys(table_, file, key_, stop_,
                     [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                       for (const KeyHash& hash : hashes) held->Mark(hash, version);
                       return arrow::Status::OK();
                     });
  }

  const LakeTable& table_;
  const CursorWindow& window_;
  const std::vector<std::string>& key_;
  const std::stop_token& stop_;
  std::vector<DataFile> affected_;
  int64_t rows_ = 0;
};

}  // namespace

arrow::Result<KeySet> WindowKeys(const LakeTable& table, const arrow::Schema& schema,
                                 const std::vector<DataFile>& files,
                                 const CursorWindow& window,
                                 const std::vector<DataFile>& new_files,
                                 const std::vector<std::string>& key,
                                 const std::stop_token& stop,
                                 const ViewOptions& options) {
  ARROW_ASSIGN_OR_RAISE(KeySet keys, KeySet::Of(schema, key));
  Search search(table, window, key, stop);
  ARROW_RETURN_NOT_OK(search.FindFiles(files));
  // A held row takes twice what ViewOptions reckons with.
  const int64_t most = std::max<int64_t>(options.keys_in_memory / 2, 1);
  const auto parts = static_cast<uint64_t>((search.rows() + most - 1) / most);
  for (uint64_t part = 0; part < parts; ++part) {
    ARROW_RETURN_NOT_OK(search.Collect(part, parts, files, new_files, &keys));
  }
  return keys;
}

}  // namespace keelboat
