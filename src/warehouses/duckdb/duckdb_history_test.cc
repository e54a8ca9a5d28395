// Random histories of a source, a model of its incremental lake and the warehouse after
// every few commits.

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <arrow/type.h>
#include <gtest/gtest.h>

#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/database_file.h"

namespace keelboat::duckdb {
namespace {

enum class CursorType { kInteger, kDecimal, kTimestamp, kDate, kDouble };
enum class KeyType { kNone, kInteger, kText, kComposite };

struct History {
  CursorType cursor;
  KeyType key;
};

struct SourceRow {
  int number = 0;
  std::string text;
  std::optional<int64_t> cursor;
  std::string value;

  bool operator==(const SourceRow&) const = default;
  std::string Describe() const {
    return std::to_string(number) + "|" + text + "|" +
           (cursor.has_value() ? std::to_string(*cursor) : "NULL") + "|" + value;
  }
};

struct ModelFile {
  LoadFile file;
  std::vector<SourceRow> rows;
  bool open_tail = false;
};

struct ModelVersion {
  std::vector<ModelFile> files;
  int64_t open_from = 0;
};

class RandomHistoryTest : public WarehouseTest,
                          public ::testing::WithParamInterface<History> {
 protected:
  static constexpr int64_t kLookback = 4;

  std::vector<std::string> Key() const {
    switch (GetParam().key) {
      case KeyType::kNone:
        return {};
      case KeyType::kInteger:
        return {"number"};
      case KeyType::kText:
        return {"text"};
      case KeyType::kComposite:
        break;
    }
    return {"text", "number"};
  }

  std::string KeyOf(const SourceRow& row) const {
    switch (GetParam().key) {
      case KeyType::kInteger:
        return std::to_string(row.number);
      case KeyType::kText:
        return row.text;
      default:
        return row.text + "|" + std::to_string(row.number);
    }
  }

  std::shared_ptr<arrow::DataType> Type() const {
    switch (GetParam().cursor) {
      case CursorType::kInteger:
        return arrow::int32();
      case CursorType::kDecimal:
        return arrow::decimal128(12, 3);
      case CursorType::kTimestamp:
        return arrow::timestamp(arrow::TimeUnit::MICRO);
      case CursorType::kDate:
        return arrow::date32();
      case CursorType::kDouble:
        break;
    }
    return arrow::float64();
  }

  /// A cursor as the lake's configuration has it.
  std::string CursorText(int64_t cursor) const {
    switch (GetParam().cursor) {
      case CursorType::kInteger:
        return std::to_string(cursor);
      case CursorType::kDecimal: {
        std::string digits = std::to_string(1000 + cursor % 1000);
        return std::to_string(cursor / 1000) + "." + digits.substr(1);
      }
      case CursorType::kTimestamp: {
        std::string text =
            FormatTime(SystemTime(std::chrono::microseconds(kEpoch + cursor)));
        text[10] = ' ';
        text.pop_back();
        return text;
      }
      case CursorType::kDate: {
        const std::chrono::sys_days day{std::chrono::days(cursor)};
        return FormatTime(SystemTime(day)).substr(0, 10);
      }
      case CursorType::kDouble:
        break;
    }
    return std::to_string(cursor / 8.0);
  }

  std::string CursorJson(int64_t cursor) const {
    if (GetParam().cursor == CursorType::kDate ||
        GetParam().cursor == CursorType::kInteger)
      return std::to_string(cursor);
    if (GetParam().cursor == CursorType::kDouble) return CursorText(cursor);
    return "\"" + CursorText(cursor) + "\"";
  }

  /// SQL for the cursor as a whole number.
  std::string CursorSql() const {
    switch (GetParam().cursor) {
      case CursorType::kInteger:
        return "cursor";
      case CursorType::kDecimal:
        return "(cursor * 1000)::BIGINT";
      case CursorType::kTimestamp:
        return "epoch_us(cursor) - " + std::to_string(kEpoch);
      case CursorType::kDate:
        return "cursor - DATE '1970-01-01'";
      case CursorType::kDouble:
        break;
    }
    return "(cursor * 8)::BIGINT";
  }

  ModelFile Write(std::vector<SourceRow> rows, int64_t version, bool open_tail) {
    std::vector<std::string> columns(4);
    for (const SourceRow& row : rows) {
      const std::vector<std::string> cells = {
          std::to_string(row.number), "\"" + row.text + "\"",
          row.cursor.has_value() ? CursorJson(*row.cursor) : "null",
          "\"" + row.value + "\""};
      for (std::size_t i = 0; i < cells.size(); ++i)
        columns[i] += (columns[i].empty() ? "[" : ", ") + cells[i];
    }
    for (std::string& column : columns) column += "]";
    LoadFile file =
        WriteParquet(Path("h" + std::to_string(files_++) + ".parquet"), schema_, columns);
    file.rows_version = version;
    return {file, std::move(rows), open_tail};
  }

  void ChangeSource() {
    for (int i = static_cast<int>(random_() % 6); i > 0; --i) {
      const unsigned dice = random_() % 10;
      if (dice < 4 || source_.empty()) {
        const int number = static_cast<int>(random_() % 40);
        SourceRow row{number, "k" + std::to_string(number % 7), NextCursor(), NewValue()};
        if (GetParam().key == KeyType::kText) row.text = "k" + std::to_string(number);
        const std::string key =
            GetParam().key == KeyType::kNone ? std::to_string(serial_++) : KeyOf(row);
        source_.emplace(key, row);
        continue;
      }
      auto it = std::next(source_.begin(), random_() % source_.size());
      if (dice < 8) {
        it->second.cursor = NextCursor();
        it->second.value = NewValue();
      } else {
        source_.erase(it);
      }
    }
  }

  std::optional<int64_t> NextCursor() {
    switch (random_() % 8) {
      case 0:
        return std::nullopt;
      case 1:
        return now_;  // A tie.
      case 2:
        return std::max<int64_t>(0, now_ - static_cast<int64_t>(random_() % 6));  // Late.
      case 3:
        return static_cast<int64_t>(random_() % (now_ + 1));  // Set back.
      default:
        return ++now_;
    }
  }

  std::string NewValue() { return "v" + std::to_string(values_++); }

  /// What the engine commits: the old tail goes, the window comes.
  void CommitIncrement() {
    const int64_t version = static_cast<int64_t>(versions_.size());
    const ModelVersion before = versions_.empty() ? ModelVersion{} : versions_.back();
    auto is_open = [](const SourceRow& row, int64_t from) {
      return !row.cursor.has_value() || *row.cursor >= from;
    };
    ModelVersion after;
    after.open_from = before.open_from;
    for (const auto& [key, row] : source_) {
      if (row.cursor.has_value())
        after.open_from = std::max(after.open_from, *row.cursor - kLookback);
    }
    std::vector<SourceRow> closed;
    std::vector<SourceRow> tail;
    std::set<std::string> read;
    auto take = [&](const std::string& key, const SourceRow& row) {
      (is_open(row, after.open_from) ? tail : closed).push_back(row);
      read.insert(key);
    };
    for (const auto& [key, row] : source_) {
      if (is_open(row, before.open_from)) take(key, row);
    }
    std::set<std::string> gone;
    for (const ModelFile& file : before.files) {
      if (!file.open_tail || GetParam().key == KeyType::kNone) continue;
      for (const SourceRow& row : file.rows) {
        const std::string key = KeyOf(row);
        if (read.contains(key)) continue;
        auto found = source_.find(key);
        if (found != source_.end()) {
          take(key, found->second);
        } else {
          gone.insert(key);
        }
      }
    }
    for (const ModelFile& file : before.files) {
      if (file.open_tail) continue;
      std::vector<SourceRow> kept;
      for (const SourceRow& row : file.rows) {
        if (GetParam().key == KeyType::kNone || !gone.contains(KeyOf(row)))
          kept.push_back(row);
      }
      if (kept == file.rows) {
        after.files.push_back(file);
      } else if (!kept.empty()) {
        after.files.push_back(Write(kept, file.file.rows_version, false));
      }
    }
    if (!closed.empty()) after.files.push_back(Write(closed, version, false));
    if (!tail.empty()) after.files.push_back(Write(tail, version, true));
    std::sort(
        after.files.begin(), after.files.end(),
        [](const ModelFile& a, const ModelFile& b) { return a.file.uri < b.file.uri; });
    versions_.push_back(std::move(after));
  }

  static std::vector<LoadFile> FilesOf(const ModelVersion& version) {
    std::vector<LoadFile> files;
    for (const ModelFile& file : version.files) files.push_back(file.file);
    return files;
  }

  static bool Has(const ModelVersion& version, const std::string& uri) {
    return std::any_of(version.files.begin(), version.files.end(),
                       [&](const ModelFile& file) { return file.file.uri == uri; });
  }

  /// What the engine asks of the warehouse at version `loaded_`; whole where it must.
  LoadRequest NextRequest() {
    const ModelVersion& to = versions_.back();
    LoadRequest request =
        RequestFor("t", schema_, FilesOf(to), static_cast<int64_t>(versions_.size()) - 1);
    request.key = Key();
    if (loaded_ < 0) return request;
    const ModelVersion& from = versions_[loaded_];
    for (const ModelFile& file : from.files) {
      if (!file.open_tail && !Has(to, file.file.uri)) return request;
    }
    LoadIncrement increment{
        loaded_, FilesOf(from), "cursor", CursorText(from.open_from), true, {}};
    for (const ModelFile& file : to.files) {
      if (!Has(from, file.file.uri)) increment.arrived.push_back(file.file);
    }
    request.increment = std::move(increment);
    return request;
  }

  std::multiset<std::string> Expected() const {
    std::multiset<std::string> expected;
    std::map<std::string, std::pair<int64_t, SourceRow>> newest;
    for (const ModelFile& file : versions_.back().files) {
      for (const SourceRow& row : file.rows) {
        if (GetParam().key == KeyType::kNone) {
          expected.insert(row.Describe());
          continue;
        }
        auto [found, is_new] =
            newest.try_emplace(KeyOf(row), file.file.rows_version, row);
        if (is_new || found->second.first >= file.file.rows_version) continue;
        found->second = {file.file.rows_version, row};
      }
    }
    for (const auto& [key, entry] : newest) expected.insert(entry.second.Describe());
    return expected;
  }

  std::multiset<std::string> Loaded() const {
    std::multiset<std::string> loaded;
    for (const adbc::Row& row :
         Sql("SELECT number, text, " + CursorSql() + ", value FROM raw.t")) {
      loaded.insert(row[0].value_or("NULL") + "|" + row[1].value_or("NULL") + "|" +
                    row[2].value_or("NULL") + "|" + row[3].value_or("NULL"));
    }
    return loaded;
  }

  static constexpr int64_t kEpoch = 1795226400000000;

  std::shared_ptr<arrow::Schema> schema_ = arrow::schema(
      {LakeField("number", arrow::int32()), LakeField("text", arrow::utf8()),
       LakeField("cursor", Type()), LakeField("value", arrow::utf8())});
  std::minstd_rand random_{20261121};
  std::map<std::string, SourceRow> source_;
  std::vector<ModelVersion> versions_;
  int64_t now_ = 10;
  int64_t loaded_ = -1;
  int serial_ = 0;
  int values_ = 0;
  int files_ = 0;
};

TEST_P(RandomHistoryTest, TheWarehouseFollowsTheLake) {
  auto warehouse = Make();
  int increments = 0;
  int wholes = 0;
  for (int round = 0; round < 60; ++round) {
    for (int commits = 1 + static_cast<int>(random_() % 2); commits > 0; --commits) {
      ChangeSource();
      CommitIncrement();
    }
    const LoadRequest request = NextRequest();
    (request.increment.has_value() ? increments : wholes) += 1;
    auto result = warehouse->Apply(request, std::stop_token());
    ASSERT_TRUE(result.ok()) << round << ": " << result.status();
    const auto expected = Expected();
    ASSERT_EQ(Loaded(), expected) << round;
    EXPECT_EQ(result->rows, static_cast<int64_t>(expected.size()));
    loaded_ = request.lake_version;
  }
  EXPECT_GT(increments, 10);
  EXPECT_GT(wholes, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Cursors, RandomHistoryTest,
    ::testing::Values(History{CursorType::kInteger, KeyType::kInteger},
                      History{CursorType::kInteger, KeyType::kNone},
                      History{CursorType::kDecimal, KeyType::kComposite},
                      History{CursorType::kTimestamp, KeyType::kText},
                      History{CursorType::kDate, KeyType::kInteger},
                      History{CursorType::kDouble, KeyType::kComposite}));

}  // namespace
}  // namespace keelboat::duckdb
