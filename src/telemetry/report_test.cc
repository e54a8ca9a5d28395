#include "telemetry/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

using testing::HasSubstr;
using testing::Not;

RunRecord Sample() {
  RunRecord record;
  record.run_id = "20260921T020000Z-7f3a9c";
  record.command = "run";
  record.environment = "dev";
  record.status = "failed";
  record.exit_code = 1;
  record.started_at = "2026-09-21T02:00:00.250000Z";
  record.ended_at = "2026-09-21T02:00:09.750000Z";
  TableRecord good;
  good.table = "orders";
  good.status = "ok";
  good.strategy = "full";
  good.reason = "no watermark yet";
  good.rows = 99441;
  good.bytes = 6123456;
  good.lake_version = 3;
  good.warehouse_rows = 99441;
  good.seconds = 0.5;
  TableRecord bad;
  bad.table = "sellers";
  bad.status = "failed";
  bad.strategy = "full";
  bad.error = "reading table sellers: zero date in shipped_at";
  bad.error_kind = "data";
  record.tables = {good, bad};
  record.transform = TransformRecord{"skipped", 0, 0, 0, "sellers was not loaded", 0};
  record.versions = {{"keelboat", "0.1.0"}, {"dbt", "1.11.16"}};
  return record;
}

constexpr const char* kHistory =
    // clang-format off
R"(run                      command     environment  status        took  tables           rows  models and tests
20260922T020000Z-000001  run (test)  dev          died             -  1 table        99,441  3 models built · 4 tests passed · 2 failed
20260921T020000Z-7f3a9c  run         dev          failed      9.50 s  1 of 2 tables  99,441  -
x                                                 unreadable                                 this is not a run record
)";
// clang-format on

TEST(Report, SummarisesAFailedRun) {
  EXPECT_EQ(
      FormatRunSummary(Sample()),
      "✗ run failed in 9.50 s · 1 of 2 tables · 99,441 rows · 6.1 MB · dbt skipped: "
      "sellers was not loaded\n"
      "  run 20260921T020000Z-7f3a9c · keelboat history 20260921T020000Z-7f3a9c "
      "shows it in full");
}

TEST(Report, SummarisesAGoodRun) {
  RunRecord record = Sample();
  record.status = "ok";
  record.tables.pop_back();
  record.tables[0].quarantined = 12;
  record.transform = TransformRecord{"ok", 35, 170, 0, "", 18.2};
  EXPECT_EQ(FormatRunSummary(record),
            "✓ run ok in 9.50 s · 1 table · 99,441 rows · 6.1 MB · 12 quarantined · 35 "
            "models built · 170 tests passed\n"
            "  run 20260921T020000Z-7f3a9c");
}

TEST(Report, ShowsARunInFull) {
  EXPECT_EQ(
      FormatRun(Sample()),
      "run 20260921T020000Z-7f3a9c  failed\n"
      "run in dev · 2026-09-21 02:00:00 UTC · 9.50 s\n"
      "exit code 1\n"
      "\n"
      "table    status  strategy    rows    size   rows/s    took  lake  warehouse  "
      "watermark  reason\n"
      "orders   ok      full      99,441  6.1 MB  198,882  0.50 s    v3     99,441  -    "
      "      no watermark yet\n"
      "sellers  failed  full           0     0 B        -  0.00 s     -          -  -\n"
      "\n"
      "sellers (data)\n"
      "    reading table sellers: zero date in shipped_at\n"
      "\n"
      "transform  skipped · dbt skipped: sellers was not loaded · 0.00 s\n"
      "\n"
      "dbt 1.11.16\n"
      "keelboat 0.1.0\n");
}

TEST(Report, ShowsWhatStoppedARun) {
  RunRecord record;
  record.run_id = "a";
  record.command = "run";
  record.status = "failed";
  record.error = "cannot connect to 127.0.0.1:3306";
  record.error_kind = "unavailable";
  EXPECT_THAT(FormatRun(record),
              HasSubstr("error (unavailable)\n    cannot connect to 127.0.0.1:3306\n"));
}

TEST(Report, ListsRuns) {
  RunRecord test = Sample();
  test.run_id = "20260922T020000Z-000001";
  test.test = true;
  test.status = "died";
  test.ended_at = "";
  test.tables.pop_back();
  test.transform = TransformRecord{"failed", 3, 4, 2, "", 1};
  RunRecord unreadable;
  unreadable.run_id = "x";
  unreadable.status = "unreadable";
  unreadable.error = "this is not a run record";
  EXPECT_EQ(FormatHistory({test, Sample(), unreadable}), kHistory);
  EXPECT_EQ(FormatHistory({}), "");
}

TEST(Report, PaintsOnlyWhenAsked) {
  EXPECT_THAT(FormatRun(Sample()), Not(HasSubstr("\x1b")));
  TextStyle style;
  style.colour = true;
  EXPECT_THAT(FormatHistory({Sample()}, style), HasSubstr("\x1b[31mfailed\x1b[0m"));
}

TEST(Report, StrangeTimesAreNotInvented) {
  RunRecord record = Sample();
  record.started_at = "yesterday";
  EXPECT_THAT(FormatRunSummary(record), HasSubstr("failed in -"));
}

}  // namespace
}  // namespace keelboat
