#include "telemetry/run_record.h"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "telemetry/run_id.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

RunRecord Sample(const std::string& run_id) {
  RunRecord record;
  record.run_id = run_id;
  record.command = "run";
  record.environment = "dev";
  record.status = "failed";
  record.exit_code = 1;
  record.started_at = "2026-09-21T02:00:00.000000Z";
  record.ended_at = "2026-09-21T02:00:09.000000Z";
  TableRecord good{.table = "orders",
                   .status = "ok",
                   .strategy = "full",
                   .reason = "",
                   .rows = 99441,
                   .bytes = 1234,
                   .files = 1,
                   .lake_version = 3,
                   .warehouse_rows = 99441,
                   .snapshot = "statement",
                   .seconds = 1.5};
  TableRecord bad{.table = "sellers",
                  .status = "failed",
                  .strategy = "full",
                  .error = "zero date",
                  .error_kind = "data"};
  record.tables = {good, bad};
  record.transform = TransformRecord{"skipped", 0, 0, 0, "not loaded: sellers", 0};
  record.versions = {{"keelboat", "0.1.0"}};
  record.events = {{"table.committed", 2}};
  record.plan_json = R"({"tables":[]})";
  return record;
}

class RunRecordTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("run_record_" + std::to_string(::getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(RunRecordTest, TheReportHasTheDocumentedFields) {
  auto json = nlohmann::ordered_json::parse(RunReportJson(Sample("r")));
  for (const char* key :
       {"run_id", "status", "started_at", "ended_at", "tables", "transform"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key :
       {"table", "status", "strategy", "reason", "rows", "quarantined", "bytes", "files",
        "lake_version", "warehouse_rows", "watermark", "snapshot", "seconds", "error"}) {
    EXPECT_TRUE(json["tables"][0].contains(key)) << key;
  }
  for (const char* key : {"status", "models", "tests", "failed"}) {
    EXPECT_TRUE(json["transform"].contains(key)) << key;
  }
  EXPECT_EQ(json["tables"][0]["error"], nullptr);
  EXPECT_EQ(json["tables"][1]["error"], "zero date");
}

TEST_F(RunRecordTest, IsReadBackAsItWasWritten) {
  ASSERT_TRUE(WriteRunRecord(folder_, Sample("b")).ok());
  ASSERT_TRUE(WriteRunRecord(folder_, Sample("a")).ok());
  auto records = ListRunRecords(folder_);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].run_id, "b") << "newest first";
  EXPECT_EQ(RunReportJson(records[0]), RunReportJson(Sample("b")));
  EXPECT_EQ(records[0].exit_code, 1);
  EXPECT_EQ(records[0].plan_json, R"({"tables":[]})");
  EXPECT_EQ(records[0].versions.at("keelboat"), "0.1.0");
}

TEST_F(RunRecordTest, ARunWhoseProcessIsGoneDied) {
  auto record = Sample("r");
  record.status = "running";
  ASSERT_TRUE(WriteRunRecord(folder_, record).ok());
  EXPECT_EQ(ListRunRecords(folder_)[0].status, "running") << "this process is still here";
  std::ifstream in(folder_ / "r.json");
  auto json = nlohmann::ordered_json::parse(in);
  json["pid"] = 0x3fffffff;
  std::ofstream(folder_ / "r.json") << json;
  EXPECT_EQ(ListRunRecords(folder_)[0].status, "died");
}

TEST_F(RunRecordTest, ARunWhoseProcessNumberWasGivenAgainDied) {
  auto record = Sample("r");
  record.status = "running";
  ASSERT_TRUE(WriteRunRecord(folder_, record).ok());
  std::ifstream in(folder_ / "r.json");
  auto json = nlohmann::ordered_json::parse(in);
  json["pid_start"] = json["pid_start"].get<int64_t>() - 1;
  std::ofstream(folder_ / "r.json") << json;
  EXPECT_EQ(ListRunRecords(folder_)[0].status, "died");
  json["host"] = "another.example";
  std::ofstream(folder_ / "r.json") << json;
  EXPECT_EQ(ListRunRecords(folder_)[0].status, "running") << "cannot be told from here";
}

TEST_F(RunRecordTest, AnUnreadableRecordIsShownAsSuch) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "x.json") << "{\"run_id\": 1";
  auto records = ListRunRecords(folder_);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].run_id, "x");
  EXPECT_EQ(records[0].status, "unreadable");
  EXPECT_NE(records[0].error, "");
}

TEST_F(RunRecordTest, BrokenUtf8BecomesAReplacement) {
  auto record = Sample("r");
  record.tables[1].error = "bad byte \xff";
  ASSERT_TRUE(WriteRunRecord(folder_, record).ok());
  EXPECT_EQ(ListRunRecords(folder_)[0].tables[1].error, "bad byte \xef\xbf\xbd");
  EXPECT_NE(RunReportJson(record).find("bad byte"), std::string::npos);
}

TEST_F(RunRecordTest, NoFolderMeansNoRuns) {
  EXPECT_TRUE(ListRunRecords(folder_ / "none").empty());
}

TEST_F(RunRecordTest, AFolderThatCannotBeMadeIsNamed) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "file") << "x";
  auto status = WriteRunRecord(folder_ / "file" / "runs", Sample("r"));
  EXPECT_NE(status.message().find("file/runs/r.json"), std::string::npos)
      << status.message();
}

TEST(RunId, SortsByTime) {
  SystemTime time{std::chrono::sys_days(std::chrono::year(2026) / 9 / 21) +
                  std::chrono::hours(2)};
  EXPECT_EQ(MakeRunId(time, 0x7f3a9c), "20260921T020000.000Z-7f3a9c");
  EXPECT_LT(MakeRunId(time, 0xffffff), MakeRunId(time + std::chrono::milliseconds(1), 0));
}

}  // namespace
}  // namespace keelboat
