#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>

#include "engine/engine.h"
#include "engine/fakes.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using fakes::EventLog;
using fakes::FakeLakeTable;
using fakes::FakeSource;
using testing::HasSubstr;

const auto kSchema = arrow::schema({arrow::field("id", arrow::int64(), false)});

std::shared_ptr<arrow::RecordBatch> ThreeRows() {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues({1, 2, 3}).ok());
  return arrow::RecordBatch::Make(kSchema, 3, {builder.Finish().ValueOrDie()});
}

arrow::Status Lost() {
  return MakeError(ErrorKind::kUnavailable, "no connection is left",
                   {{kSnapshotLost, "1"}});
}

arrow::Status Away() { return MakeError(ErrorKind::kUnavailable, "connection refused"); }

class RecoveryTest : public testing::Test {
 protected:
  TableTask Task(const std::string& table) {
    TableTask task;
    task.plan.spec.table = table;
    task.plan.spec.retry = {.max_retries = 2, .delay = std::chrono::milliseconds(1)};
    task.plan.schema = kSchema;
    task.plan.relation.table = table;
    task.plan.relation.schema = kSchema;
    for (int slice = 0; slice < slices_; ++slice) {
      task.plan.slices.push_back({{{"shop", table, "", {"id"}}}, slice == 0});
    }
    task.source = &source_;
    task.snapshot = std::make_shared<fakes::FakeSnapshot>(&source_);
    lakes_[table] = std::make_shared<FakeLakeTable>(table);
    task.lake_table = lakes_[table];
    task.quarantine_table = std::make_shared<FakeLakeTable>(table + "__quarantine");
    task.replan = [this, plan = task.plan](
                      const std::string&, SourceSnapshot&,
                      const std::stop_token&) -> arrow::Result<TablePlan> {
      ++replans_;
      ARROW_RETURN_NOT_OK(fail_replan_());
      return plan;
    };
    return task;
  }

  // Outcomes by table, of one worker.
  std::map<std::string, TableOutcome> Run(const std::vector<std::string>& tables) {
    std::vector<TableTask> tasks;
    for (const std::string& table : tables) tasks.push_back(Task(table));
    EngineOptions options;
    options.run_id = "r1";
    options.workers = 1;
    std::map<std::string, TableOutcome> outcomes;
    for (auto& outcome :
         Engine(options, events_, Clock::System()).Run(tasks, nullptr, {})) {
      EXPECT_EQ(lakes_[outcome.table]->open_files, 0) << outcome.table;
      if (slices_ == 1) {
        EXPECT_EQ(lakes_[outcome.table]->commits.size(),
                  outcome.status == TableStatus::kOk ? 1u : 0u)
            << outcome.table;
      }
      outcomes[outcome.table] = outcome;
    }
    return outcomes;
  }

  FakeSource source_{kSchema, {ThreeRows()}};
  std::map<std::string, std::shared_ptr<FakeLakeTable>> lakes_;
  EventLog events_;
  int slices_ = 1;
  int replans_ = 0;
  std::function<arrow::Status()> fail_replan_ = [] { return arrow::Status::OK(); };
};

TEST_F(RecoveryTest, TablesThatWereNotCommittedBeginAgainInOneNewView) {
  source_.fail_read = [&](const std::string& table) {
    if (table == "a") return arrow::Status::OK();
    return source_.views > 0 ? arrow::Status::OK() : Lost();
  };
  auto outcomes = Run({"a", "b", "c"});
  for (const auto& [table, outcome] : outcomes) {
    EXPECT_EQ(outcome.status, TableStatus::kOk) << table << outcome.error;
    EXPECT_EQ(outcome.rows, 3) << table;
  }
  EXPECT_EQ(source_.views, 1) << "one for both";
  EXPECT_EQ(outcomes["a"].snapshot, "split");
  EXPECT_NE(outcomes["b"].snapshot, "split");
}

TEST_F(RecoveryTest, ATableOfSlicesFromTwoViewsIsSplit) {
  slices_ = 2;
  int reads = 0;
  source_.fail_read = [&](const std::string&) {
    return ++reads == 2 ? Lost() : arrow::Status::OK();
  };
  auto outcomes = Run({"a"});
  EXPECT_EQ(outcomes["a"].status, TableStatus::kOk) << outcomes["a"].error;
  EXPECT_EQ(lakes_["a"]->commits.size(), 3u) << "one before, and both anew";
  EXPECT_EQ(outcomes["a"].snapshot, "split");
}

TEST_F(RecoveryTest, ATableThatBreaksEveryViewHoldsUpNobodyButItself) {
  // All connections are gone once "a" has been read.
  int gone = -1;
  source_.fail_read = [&](const std::string& table) {
    if (table == "a") gone = source_.views;
    return gone == source_.views ? Lost() : arrow::Status::OK();
  };
  auto outcomes = Run({"a", "b", "c"});
  EXPECT_EQ(outcomes["a"].status, TableStatus::kFailed);
  EXPECT_THAT(outcomes["a"].error.message(), HasSubstr("reading in 4 views"));
  EXPECT_THAT(outcomes["a"].error.message(), HasSubstr("no connection is left"));
  EXPECT_EQ(outcomes["b"].status, TableStatus::kOk) << outcomes["b"].error;
  EXPECT_EQ(outcomes["c"].status, TableStatus::kOk) << outcomes["c"].error;
  EXPECT_EQ(outcomes["b"].snapshot, "split");
  EXPECT_EQ(source_.views, 5);
}

TEST_F(RecoveryTest, AServerThatComesBackIsWaitedFor) {
  source_.fail_read = [&](const std::string&) {
    return source_.views == 0 ? Lost() : arrow::Status::OK();
  };
  source_.fail_open = [&] { return source_.views < 3 ? Away() : arrow::Status::OK(); };
  fail_replan_ = [&] { return replans_ < 2 ? Away() : arrow::Status::OK(); };
  auto outcomes = Run({"a"});
  EXPECT_EQ(outcomes["a"].status, TableStatus::kOk) << outcomes["a"].error;
  EXPECT_EQ(source_.views, 3);
}

TEST_F(RecoveryTest, AServerThatStaysAwayIsWaitedForOnce) {
  source_.fail_read = [](const std::string&) { return Lost(); };
  source_.fail_open = [] { return Away(); };
  auto outcomes = Run({"a", "b"});
  for (const auto& [table, outcome] : outcomes) {
    EXPECT_EQ(outcome.status, TableStatus::kFailed) << table;
    EXPECT_THAT(outcome.error.message(), HasSubstr("connection refused")) << table;
  }
  EXPECT_EQ(source_.views, 3) << "two retries for the first table, none for the next";
}

TEST_F(RecoveryTest, AViewLostWhilePlanningIsReplacedToo) {
  source_.fail_read = [&](const std::string&) {
    return source_.views == 0 ? Lost() : arrow::Status::OK();
  };
  fail_replan_ = [&] { return source_.views < 2 ? Lost() : arrow::Status::OK(); };
  auto outcomes = Run({"a"});
  EXPECT_EQ(outcomes["a"].status, TableStatus::kOk) << outcomes["a"].error;
  EXPECT_EQ(source_.views, 2);
  EXPECT_EQ(replans_, 2) << "a view that is lost is not tried again";
}

}  // namespace
}  // namespace keelboat
