#include "lake/view/latest_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/stop.h"
#include "formats/parquet/reader.h"
#include "keelboat/error.h"
#include "lake/view/key_stream.h"

namespace keelboat {
namespace {

struct VersionOfKey {
  KeyHash key;
  int64_t version = 0;
  auto operator<=>(const VersionOfKey&) const = default;
};

// The newest version of a key, or -1.
int64_t NewestOf(const std::vector<VersionOfKey>& newest, const KeyHash& key) {
  const auto after =
      std::upper_bound(newest.begin(), newest.end(), key,
                       [](const KeyHash& wanted, const VersionOfKey& known) {
                         return wanted < known.key;
                       });
  if (after == newest.begin() || std::prev(after)->key != key) return -1;
  return std::prev(after)->version;
}

}  // namespace

arrow::Result<LatestRows> LatestRows::Make(const LakeTable& table,
                                           std::vector<DataFile> files,
                                           const std::vector<std::string>& key,
                                           const std::stop_token& stop,
                                           const ViewOptions& options) {
  LatestRows view(table, std::move(files));
  if (key.empty() || view.files_.empty()) return view;
  int64_t oldest = view.files_[0].rows_version;
  for (const DataFile& file : view.files_) {
    if (file.rows_version == kMixedVersions) {
      return MakeError(ErrorKind::kUnsupported,
                       "another program mixed rows of several commits in " + file.uri +
                           ", so it cannot be told which row of a key is the newest: "
                           "load the table in full (--full-refresh)",
                       {{"file", file.uri}});
    }
    oldest = std::min(oldest, file.rows_version);
  }
  int64_t newer_rows = 0;
  for (const DataFile& file : view.files_) {
    if (file.rows_version > oldest) newer_rows += file.rows;
  }
  if (newer_rows == 0) return view;
  const int64_t most = std::max<int64_t>(options.keys_in_memory, 1);
  const auto parts = static_cast<uint64_t>((newer_rows + most - 1) / most);
  for (uint64_t part = 0; part < parts; ++part) {
    // Uneven by a few percent.
    const int64_t expected = newer_rows / static_cast<int64_t>(parts);
    ARROW_RETURN_NOT_OK(
        view.MarkSuperseded(key, {part, parts, expected + expected / 16}, stop));
  }
  return view;
}

arrow::Status LatestRows::MarkSuperseded(const std::vector<std::string>& key,
                                         const Part& part, const std::stop_token& stop) {
  const auto [oldest, youngest] = std::minmax_element(
      files_.begin(), files_.end(), [](const DataFile& left, const DataFile& right) {
        return left.rows_version < right.rows_version;
      });
  const int64_t first = oldest->rows_version;
  const int64_t last = youngest->rows_version;
  std::vector<VersionOfKey> newest;
  newest.reserve(static_cast<std::size_t>(part.expected));
  for (const DataFile& file : files_) {
    if (file.rows_version == first) continue;
    ARROW_RETURN_NOT_OK(
        VisitKeys(*table_, file, key, stop,
                  [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                    for (const KeyHash& hash : hashes) {
                      if (hash.low % part.of != part.number) continue;
                      newest.push_back({hash, file.rows_version});
                    }
                    return arrow::Status::OK();
                  }));
  }
  std::sort(newest.begin(), newest.end());
  for (std::size_t index = 0; index < files_.size(); ++index) {
    const DataFile& file = files_[index];
    if (file.rows_version == last) continue;
    std::vector<bool>& superseded = superseded_[index];
    std::size_t row = 0;
    ARROW_RETURN_NOT_OK(
        VisitKeys(*table_, file, key, stop,
                  [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                    for (const KeyHash& hash : hashes) {
                      if (hash.low % part.of == part.number &&
                          NewestOf(newest, hash) > file.rows_version) {
                        superseded.resize(static_cast<std::size_t>(file.rows), false);
                        superseded.at(row) = true;
                      }
                      ++row;
                    }
                    return arrow::Status::OK();
                  }));
  }
  return arrow::Status::OK();
}

arrow::Status LatestRows::Visit(const std::stop_token& stop,
                                const RowVisitor& visit) const {
  LatestRowsReader reader(*this);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader.Next(stop));
    if (!batch.has_value()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(AddContext(visit(*batch->file, *batch->rows, batch->superseded),
                                   "reading " + batch->file->uri));
  }
}

LatestRowsReader::LatestRowsReader(const LatestRows& view) : view_(view) {}

LatestRowsReader::~LatestRowsReader() = default;

arrow::Result<std::optional<LatestBatch>> LatestRowsReader::Next(
    const std::stop_token& stop) {
  while (index_ < view_.files_.size()) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    auto batch = NextOfFile();
    if (!batch.ok()) {
      return AddContext(batch.status(), "reading " + view_.files_[index_].uri);
    }
    if (batch->has_value()) return batch;
    file_.reset();
    ++index_;
  }
  return std::nullopt;
}

arrow::Result<std::optional<LatestBatch>> LatestRowsReader::NextOfFile() {
  const DataFile& file = view_.files_[index_];
  if (file_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto bytes, view_.table_->OpenFile(file));
    ARROW_ASSIGN_OR_RAISE(file_, ParquetReader::Make(std::move(bytes), {}));
    rows_ = 0;
  }
  ARROW_ASSIGN_OR_RAISE(auto rows, file_->Next());
  const bool ended = rows == nullptr;
  const int64_t begin = rows_;
  if (!ended) rows_ += rows->num_rows();
  if (ended ? rows_ != file.rows : rows_ > file.rows) {
    return MakeError(ErrorKind::kData,
                     "it has other rows than the " + std::to_string(file.rows) +
                         " of its receipt: restore it, or load the table in full "
                         "(--full-refresh)");
  }
  if (ended) return std::nullopt;
  LatestBatch batch{&file, std::move(rows), {}};
  const std::vector<bool>& superseded = view_.superseded_[index_];
  if (!superseded.empty()) {
    batch.superseded.assign(superseded.begin() + begin, superseded.begin() + rows_);
  }
  return batch;
}

}  // namespace keelboat
