#include "transform/build_tally.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keelboat::transform {
namespace {

class FixedClock final : public Clock {
 public:
  SystemTime Now() const override { return SystemTime(std::chrono::seconds(1789956000)); }
  std::chrono::steady_clock::time_point Steady() const override { return {}; }
  void SleepFor(std::chrono::milliseconds, const std::stop_token&) const override {}
};

class Recorder final : public Observer {
 public:
  void On(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

class BuildTallyTest : public testing::Test {
 protected:
  BuildTallyTest()
      : path_(std::filesystem::temp_directory_path() /
              ("keelboat-tally-" + std::to_string(getpid())) / "logs" / "dbt.log"),
        log_(DbtLog::Open(path_, clock_).ValueOrDie()),
        tally_("dbt 1.11.16", recorder_, *log_) {}
  ~BuildTallyTest() override {
    std::filesystem::remove_all(path_.parent_path().parent_path());
  }

  void Finish(const std::string& id, const std::string& type, const std::string& status,
              const std::string& message = "") {
    WorkerEvent event;
    event.kind = WorkerEvent::Kind::kNodeStarted;
    event.id = type + ".shop." + id;
    event.name = id;
    event.type = type;
    tally_.On(event);
    event.kind = WorkerEvent::Kind::kNodeFinished;
    event.status = status;
    event.text = message;
    event.seconds = 0.5;
    tally_.On(event);
  }

  std::string LogText() const {
    std::ifstream file(path_);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  FixedClock clock_;
  std::filesystem::path path_;
  Recorder recorder_;
  std::unique_ptr<DbtLog> log_;
  BuildTally tally_;
};

TEST_F(BuildTallyTest, CountsModelsAndTests) {
  WorkerEvent nodes;
  nodes.kind = WorkerEvent::Kind::kNodes;
  nodes.count = 5;
  tally_.On(nodes);
  Finish("stg_orders", "model", "success");
  Finish("seed", "seed", "success");
  Finish("snap", "snapshot", "success");
  Finish("unique", "test", "pass");
  Finish("late", "test", "warn", "Got 2 results, configured to warn if != 0");
  TransformFinished finished = tally_.Finished();
  EXPECT_EQ(finished.status, "ok");
  EXPECT_EQ(finished.models, 3);
  EXPECT_EQ(finished.tests, 2);
  EXPECT_EQ(finished.failed, 0);
  EXPECT_EQ(finished.reason, "");
  ASSERT_EQ(recorder_.events.size(), 11U);
  EXPECT_EQ(std::get<TransformStarted>(recorder_.events[0]).nodes, 5);
  EXPECT_EQ(std::get<TransformStarted>(recorder_.events[0]).tool, "dbt 1.11.16");
  const auto& last = std::get<NodeFinished>(recorder_.events.back());
  EXPECT_EQ(last.index, 5);
  EXPECT_EQ(last.total, 5);
  EXPECT_EQ(last.took, std::chrono::milliseconds(500));
}

TEST_F(BuildTallyTest, NamesTheFirstFailure) {
  Finish("fact_orders", "model", "error", "\n  Runtime Error\n  no such column ");
  Finish("not_null", "test", "skipped");
  Finish("other", "unit_test", "fail", "actual differs");
  TransformFinished finished = tally_.Finished();
  EXPECT_EQ(finished.status, "failed");
  EXPECT_EQ(finished.failed, 2);
  EXPECT_EQ(finished.tests, 0);
  EXPECT_EQ(finished.reason,
            "model fact_orders: Runtime Error\n  no such column (and 1 more)");
}

TEST_F(BuildTallyTest, WritesWordsThatGrepFinds) {
  Finish("stg_orders", "model", "success", "OK");
  Finish("not_null", "test", "fail", "Got 3 results\nconfigured to fail");
  Finish("after", "model", "skipped");
  WorkerEvent line;
  line.level = "warn";
  line.text = "\x1b[33mDeprecated\x1b[0m";
  tally_.On(line);
  EXPECT_EQ(LogText(),
            "2026-09-21T02:00:00.000000Z SUCCESS model stg_orders (0.50 s)\n"
            "2026-09-21T02:00:00.000000Z ERROR   test not_null (0.50 s): Got 3 results\n"
            "    configured to fail\n"
            "2026-09-21T02:00:00.000000Z SKIP    model after (0.50 s)\n"
            "2026-09-21T02:00:00.000000Z WARN    Deprecated\n");
}

TEST(DbtLog, CountsLinesLostOnAFullDisk) {
  auto log = DbtLog::Open("/dev/full", Clock::System()).ValueOrDie();
  log->Write("INFO", "lost");
  EXPECT_EQ(log->lost(), 1);
}

}  // namespace
}  // namespace keelboat::transform
