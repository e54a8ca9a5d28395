#include "engine/engine.h"

#include <gtest/gtest.h>

#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>

#include "engine/fakes.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using fakes::EventLog;
using fakes::FakeLakeTable;
using fakes::FakeSource;
using fakes::FakeWarehouse;

const auto kSchema = arrow::schema({arrow::field("id", arrow::int64(), false)});

std::shared_ptr<arrow::RecordBatch> Numbers(int64_t from, int64_t to) {
  arrow::Int64Builder builder;
  for (int64_t i = from; i < to; ++i) EXPECT_TRUE(builder.Append(i).ok());
  return arrow::RecordBatch::Make(kSchema, to - from, {builder.Finish().ValueOrDie()});
}

class EngineTest : public testing::Test {
 protected:
  TableTask Task(const std::string& table) {
    TableTask task;
    task.plan.spec.table = table;
    task.plan.spec.source = "shop";
    task.plan.spec.retry = {.max_retries = 2, .delay = std::chrono::milliseconds(1)};
    task.plan.schema = kSchema;
    task.plan.relation.schema = kSchema;
    task.plan.key = {"id"};
    task.plan.slices.push_back({{{"shop", table, "", {"id"}}}});
    task.source = &source_;
    task.snapshot = std::make_shared<fakes::FakeSnapshot>(&source_);
    task.lake_table = lake_;
    task.quarantine_table = quarantine_;
    return task;
  }

  std::vector<TableOutcome> Run(const std::vector<TableTask>& tasks,
                                const std::stop_token& stop = {}) {
    EngineOptions options;
    options.run_id = "r1";
    return Engine(options, events_, Clock::System()).Run(tasks, &warehouse_, stop);
  }

  void NothingIsLeft() {
    EXPECT_EQ(lake_->open_files, 0);
    EXPECT_EQ(quarantine_->open_files, 0);
  }

  FakeSource source_{kSchema, {Numbers(0, 10), Numbers(10, 15)}};
  std::shared_ptr<FakeLakeTable> lake_ = std::make_shared<FakeLakeTable>("t");
  std::shared_ptr<FakeLakeTable> quarantine_ =
      std::make_shared<FakeLakeTable>("t__quarantine");
  FakeWarehouse warehouse_;
  EventLog events_;
};

TEST_F(EngineTest, CarriesEveryRowIntoLakeAndWarehouse) {
  auto outcome = Run({Task("t")}).at(0);
  EXPECT_EQ(outcome.status, TableStatus::kOk) << outcome.error.ToString();
  EXPECT_EQ(outcome.rows, 15);
  EXPECT_EQ(outcome.warehouse_rows, 15);
  EXPECT_EQ(outcome.lake_version, 0);
  ASSERT_EQ(lake_->commits.size(), 1u);
  EXPECT_EQ(lake_->commits[0].source_position, "shop.t");
  ASSERT_EQ(warehouse_.loads.size(), 1u);
  EXPECT_EQ(warehouse_.loads[0].rows, 15);
  EXPECT_EQ(events_.All<TableCommitted>().size(), 2u);
  EXPECT_EQ(events_.All<Warned>().at(0).message, "a warning of the reader");
}

TEST_F(EngineTest, ARetryableErrorInTheMiddleBeginsAgain) {
  source_.fail = [](int read, int batch) {
    return read == 0 && batch == 1 ? MakeError(ErrorKind::kUnavailable, "server gone")
                                   : arrow::Status::OK();
  };
  auto outcome = Run({Task("t")}).at(0);
  EXPECT_EQ(outcome.status, TableStatus::kOk);
  EXPECT_EQ(outcome.rows, 15) << "rows of the first attempt must not count";
  EXPECT_EQ(source_.reads, 2);
  EXPECT_EQ(events_.All<TableRetried>().size(), 1u);
  EXPECT_EQ(lake_->commits.size(), 1u);
  NothingIsLeft();
}

TEST_F(EngineTest, AnErrorPublishesNothingAndTheOthersGoOn) {
  FakeSource broken(kSchema, {Numbers(0, 10)});
  broken.fail = [](int, int batch) {
    return batch == 1 ? MakeError(ErrorKind::kData, "zero date") : arrow::Status::OK();
  };
  auto bad = Task("bad");
  bad.source = &broken;
  bad.snapshot = std::make_shared<fakes::FakeSnapshot>(&broken);
  bad.lake_table = std::make_shared<FakeLakeTable>("bad");
  auto outcomes = Run({bad, Task("t")});
  EXPECT_EQ(outcomes.at(0).status, TableStatus::kFailed);
  EXPECT_EQ(outcomes.at(0).error.message(), "extracting table bad: zero date");
  EXPECT_EQ(broken.reads, 1) << "a wrong value is not read again";
  EXPECT_EQ(outcomes.at(1).status, TableStatus::kOk);
  EXPECT_EQ(warehouse_.loads.size(), 1u);
}

TEST_F(EngineTest, ALostCommitRaceFailsTheTable) {
  lake_->fail_commit =
      MakeError(ErrorKind::kConflict, "someone else committed version 1");
  auto outcome = Run({Task("t")}).at(0);
  EXPECT_EQ(outcome.status, TableStatus::kFailed);
  EXPECT_TRUE(warehouse_.loads.empty());
  NothingIsLeft();
}

TEST_F(EngineTest, AFailedLoadKeepsTheLakeVersionAndSaysSo) {
  warehouse_.fail = [](const LoadRequest&) {
    return MakeError(ErrorKind::kData, "rows differ");
  };
  auto outcome = Run({Task("t")}).at(0);
  EXPECT_EQ(outcome.status, TableStatus::kFailed);
  EXPECT_EQ(outcome.lake_version, 0);
  EXPECT_EQ(outcome.warehouse_rows, std::nullopt);
}

TEST_F(EngineTest, AWarehouseThatIsAwayIsWaitedForOnce) {
  int calls = 0;
  warehouse_.fail = [&](const LoadRequest&) {
    ++calls;
    return MakeError(ErrorKind::kUnavailable, "locked");
  };
  auto other = Task("u");
  other.lake_table = std::make_shared<FakeLakeTable>("u");
  Run({Task("t"), other});
  EXPECT_EQ(calls, 3 + 1) << "two retries for the first table, none for the next";
}

TEST_F(EngineTest, AStopRequestInterruptsAndPublishesNothing) {
  std::stop_source stop;
  source_.fail = [&](int, int batch) {
    if (batch == 1) stop.request_stop();
    return arrow::Status::OK();
  };
  auto outcomes = Run({Task("t"), Task("u")}, stop.get_token());
  EXPECT_EQ(outcomes.at(0).status, TableStatus::kInterrupted);
  EXPECT_EQ(outcomes.at(1).status, TableStatus::kInterrupted);
  EXPECT_TRUE(lake_->commits.empty());
  EXPECT_TRUE(warehouse_.loads.empty());
  NothingIsLeft();
}

TEST_F(EngineTest, AContractViolationPublishesNothing) {
  auto contract = Contract::Parse(
      R"({"type":"object","properties":{"id":{"type":"integer","maximum":11}}})",
      "t.json");
  ASSERT_TRUE(contract.ok()) << contract.status().ToString();
  auto task = Task("t");
  task.contract = &*contract;
  auto outcome = Run({task}).at(0);
  EXPECT_EQ(outcome.status, TableStatus::kFailed);
  EXPECT_EQ(KindOf(outcome.error), ErrorKind::kContract);
  EXPECT_NE(outcome.error.message().find("id=12"), std::string::npos)
      << outcome.error.message();
  EXPECT_TRUE(lake_->commits.empty());
  NothingIsLeft();
}

TEST_F(EngineTest, QuarantineCommitsFirstAndTheMainCommitNamesIt) {
  auto contract = Contract::Parse(
      R"({"type":"object","x-on-violation":"quarantine",
          "properties":{"id":{"type":"integer","maximum":11}}})",
      "t.json");
  ASSERT_TRUE(contract.ok()) << contract.status().ToString();
  auto task = Task("t");
  task.contract = &*contract;
  auto outcome = Run({task}).at(0);
  ASSERT_EQ(outcome.status, TableStatus::kOk) << outcome.error.ToString();
  EXPECT_EQ(outcome.rows, 12);
  EXPECT_EQ(outcome.quarantined, 3);
  ASSERT_EQ(quarantine_->commits.size(), 1u);
  EXPECT_TRUE(quarantine_->commits[0].transaction.has_value());
  ASSERT_EQ(lake_->commits.size(), 1u);
  EXPECT_EQ(lake_->commits[0].configuration.at("keelboat.quarantine_version"), "0");
}

TEST_F(EngineTest, TooFewRowsLeftFailsTheQualityCheck) {
  auto contract = Contract::Parse(
      R"({"type":"object","x-on-violation":"quarantine",
          "properties":{"id":{"type":"integer","maximum":11}}})",
      "t.json");
  ASSERT_TRUE(contract.ok()) << contract.status().ToString();
  auto task = Task("t");
  task.contract = &*contract;
  task.plan.spec.quality.row_count_validation = 0.95;
  auto outcome = Run({task}).at(0);
  EXPECT_EQ(KindOf(outcome.error), ErrorKind::kContract);
  EXPECT_TRUE(lake_->commits.empty());
  EXPECT_TRUE(quarantine_->commits.empty());
  NothingIsLeft();
}

TEST_F(EngineTest, LoadingAloneTakesTheNewestVersion) {
  Run({Task("t")});
  warehouse_.loads.clear();
  EngineOptions options;
  options.run_id = "r2";
  auto outcomes =
      Engine(options, events_, Clock::System()).Load({Task("t")}, warehouse_, {});
  EXPECT_EQ(outcomes.at(0).status, TableStatus::kOk);
  EXPECT_EQ(outcomes.at(0).rows, 15);
  ASSERT_EQ(warehouse_.loads.size(), 1u);
}

TEST_F(EngineTest, LoadingWhatWasNeverExtractedSaysWhatToDo) {
  EngineOptions options;
  auto outcomes =
      Engine(options, events_, Clock::System()).Load({Task("t")}, warehouse_, {});
  EXPECT_EQ(outcomes.at(0).status, TableStatus::kFailed);
  EXPECT_NE(outcomes.at(0).error.message().find("keelboat extract t"), std::string::npos);
}

}  // namespace
}  // namespace keelboat
