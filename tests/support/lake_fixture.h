#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "core/clock.h"
#include "lake/delta/delta_lake.h"
#include "lake/lake.h"
#include "lake/store.h"
#include "lake/stores/local/local_store.h"

#define KEELBOAT_CONCAT_INNER(a, b) a##b
#define KEELBOAT_CONCAT(a, b) KEELBOAT_CONCAT_INNER(a, b)
#define ASSERT_OK(expression)                                \
  do {                                                       \
    const arrow::Status& status_here = (expression);         \
    ASSERT_TRUE(status_here.ok()) << status_here.ToString(); \
  } while (false)
#define ASSERT_OK_AND_ASSIGN(left, expression) \
  ASSERT_OK_AND_ASSIGN_IN(KEELBOAT_CONCAT(result_, __LINE__), left, expression)
#define ASSERT_OK_AND_ASSIGN_IN(result, left, expression) \
  auto result = (expression);                             \
  ASSERT_TRUE(result.ok()) << result.status().ToString(); \
  left = std::move(result).ValueUnsafe()

namespace keelboat {

/// A folder that is gone with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    // In memory where that can be had: hundreds of syncs are asked for.
    for (const std::filesystem::path& place :
         {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path()}) {
      std::string name = place / "keelboat-lake-XXXXXX";
      if (::mkdtemp(name.data()) == nullptr) continue;
      path_ = name;
      break;
    }
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A clock that stands still until it is told to go on.
class ManualClock final : public Clock {
 public:
  SystemTime Now() const override { return now_; }
  std::chrono::steady_clock::time_point Steady() const override { return {}; }
  void SleepFor(std::chrono::milliseconds, const std::stop_token&) const override {}
  void Advance(std::chrono::microseconds by) { now_ += by; }

 private:
  SystemTime now_ =
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
};

/// The schema that most tests write: a key and a nullable text.
inline std::shared_ptr<arrow::Schema> RowsSchema() {
  return arrow::schema({arrow::field("id", arrow::int64(), /*nullable=*/false),
                        arrow::field("name", arrow::utf8())});
}

/// Rows first … first + count - 1.
inline arrow::Result<std::shared_ptr<arrow::RecordBatch>> MakeRows(int64_t first,
                                                                   int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (int64_t id = first; id < first + count; ++id) {
    ARROW_RETURN_NOT_OK(ids.Append(id));
    ARROW_RETURN_NOT_OK(id % 7 == 0 ? names.AppendNull()
                                    : names.Append("name " + std::to_string(id)));
  }
  ARROW_ASSIGN_OR_RAISE(auto id_array, ids.Finish());
  ARROW_ASSIGN_OR_RAISE(auto name_array, names.Finish());
  return arrow::RecordBatch::Make(RowsSchema(), count, {id_array, name_array});
}

/// Writes one batch as the only one of a partition.
inline arrow::Result<Receipt> WriteBatch(LakeTable& table,
                                         const arrow::RecordBatch& batch,
                                         const std::string& run_id = "run") {
  SinkOptions options;
  options.schema = batch.schema();
  options.run_id = run_id;
  ARROW_ASSIGN_OR_RAISE(auto sink, table.NewSink(options));
  ARROW_RETURN_NOT_OK(sink->Write(batch));
  return sink->Finish();
}

/// A commit of receipts with everything else at plain values.
inline LakeCommit MakeCommit(std::optional<int64_t> read_version,
                             std::vector<Receipt> receipts,
                             std::shared_ptr<arrow::Schema> schema = RowsSchema()) {
  LakeCommit commit;
  commit.schema = std::move(schema);
  commit.receipts = std::move(receipts);
  commit.run_id = "run";
  commit.strategy = "full";
  commit.source_position = "shop.orders";
  commit.read_version = read_version;
  return commit;
}

/// A lake in a temporary folder with one table at hand.
class LakeFixture : public testing::Test {
 protected:
  void SetUp() override {
    store_ = MakeLocalStore(folder_.path() + "/lake").ValueOrDie();
    lake_ = MakeDeltaLake(store_, clock_).ValueOrDie();
    table_ = lake_->Table("orders").ValueOrDie();
  }

  LakeTable& table() { return *table_; }

  arrow::Result<LakeSnapshot> CommitRows(
      std::optional<int64_t> read_version, int64_t first, int64_t count,
      LakeCommit::Mode mode = LakeCommit::Mode::kReplace) {
    ARROW_ASSIGN_OR_RAISE(auto rows, MakeRows(first, count));
    ARROW_ASSIGN_OR_RAISE(Receipt receipt, WriteBatch(table(), *rows));
    LakeCommit commit = MakeCommit(read_version, {std::move(receipt)});
    commit.mode = mode;
    return table().Commit(commit);
  }

  /// Paths of all files in the lake's folder, hidden ones too.
  std::vector<std::string> FilesOnDisk() const {
    std::vector<std::string> paths;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
    return paths;
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  std::shared_ptr<Store> store_;
  std::shared_ptr<Lake> lake_;
  std::shared_ptr<LakeTable> table_;
};

}  // namespace keelboat
