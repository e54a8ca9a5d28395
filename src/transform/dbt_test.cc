// Runs the real dbt-core and dbt-duckdb of the project's own environment.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "transform/duckdb_profile.h"
#include "transform/transform.h"
#include "transform/worker.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// A query that runs for minutes unless it is cancelled.
// Says in the log that it has an open connection, and computes then.
constexpr const char* kEndless =
    "{{ config(materialized='table', pre_hook=['select 1', "
    "\"{{ log('the hooks ran', info=True) }}\"]) }}\n"
    "select count(*) as n from range(100000000) a, range(100000000) b "
    "where (a.range * 7919 + b.range) % 1000003 = 1";

class Recorder final : public Observer {
 public:
  void On(const Event& event) override {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  template <typename T>
  std::vector<T> All() {
    std::lock_guard lock(mutex_);
    std::vector<T> all;
    for (const Event& event : events_) {
      if (const T* one = std::get_if<T>(&event)) all.push_back(*one);
    }
    return all;
  }
  void AwaitNode(const std::string& name) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return std::any_of(events_.begin(), events_.end(), [&](const Event& event) {
        const auto* node = std::get_if<NodeStarted>(&event);
        return node != nullptr && node->name == name;
      });
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

class DbtTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* source = std::getenv("KEELBOAT_SOURCE_DIR");
    ASSERT_NE(source, nullptr) << "run it by ctest";
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() /
            ("keelboat-dbt-" + std::to_string(getpid()) + "-" + test->name());
    fs::create_directories(root_ / "project" / "models");
    options_.python = fs::path(source) / ".venv" / "bin" / "python";
    options_.project_dir = root_ / "project";
    options_.work_dir = root_ / ".keelboat";
    options_.log_file = root_ / "logs" / "dbt.log";
    options_.target = "dev";
    options_.profile = DuckdbProfile({.target = "dev",
                                      .path = root_ / "warehouse.duckdb",
                                      .schema = "main",
                                      .threads = 2,
                                      .settings = {{"memory_limit", "512MB"}}});
    Write("dbt_project.yml",
          "name: shop\nversion: '1.0'\nconfig-version: 2\nprofile: other\n");
    Write("models/orders.sql", "select 1 as id union all select 2");
    Write("models/facts.sql",
          "{{ config(materialized='table') }} select * from {{ ref('orders') }}");
    Write("models/models.yml",
          "models: [{name: facts, columns: [{name: id, data_tests: [unique]}]}]\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / "project" / name) << text;
  }
  std::string Read(const fs::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  arrow::Result<TransformFinished> Build(std::stop_token stop = {}) {
    ARROW_ASSIGN_OR_RAISE(auto dbt, Dbt::Start(options_));
    return dbt->Build(recorder_, stop);
  }
  std::string Log() { return Read(options_.log_file); }

  fs::path root_;
  DbtOptions options_;
  Recorder recorder_;
};

TEST_F(DbtTest, BuildsTestsAndDocuments) {
  auto finished = Build();
  ASSERT_TRUE(finished.ok()) << finished.status().ToString() << Log();
  EXPECT_EQ(finished->status, "ok") << Log();
  EXPECT_EQ(finished->models, 2);
  EXPECT_EQ(finished->tests, 1);
  EXPECT_EQ(finished->failed, 0);
  EXPECT_GT(finished->took.count(), 0);
  ASSERT_EQ(recorder_.All<TransformStarted>().size(), 1U);
  EXPECT_EQ(recorder_.All<TransformStarted>()[0].nodes, 3);
  EXPECT_THAT(recorder_.All<TransformStarted>()[0].tool, HasSubstr("dbt 1."));
  EXPECT_EQ(recorder_.All<NodeStarted>().size(), 3U);
  std::set<std::string> passed;
  for (const NodeFinished& node : recorder_.All<NodeFinished>()) {
    passed.insert(node.name + "=" + node.status);
    EXPECT_EQ(node.total, 3);
  }
  EXPECT_EQ(passed, (std::set<std::string>{"orders=success", "facts=success",
                                           "unique_facts_id=pass"}));
  EXPECT_EQ(recorder_.All<TransformFinished>().size(), 1U);
  EXPECT_THAT(Log(), HasSubstr("SUCCESS model facts"));
  EXPECT_THAT(Log(), HasSubstr("SUCCESS test unique_facts_id"));
  EXPECT_THAT(Log(), HasSubstr("SUCCESS dbt done: 2 models built, 1 tests passed"));
  EXPECT_THAT(Log(), Not(HasSubstr("ERROR")));
  for (const char* name : {"manifest.json", "catalog.json", "static_index.html",
                           "index.html", "run_results.json"}) {
    EXPECT_TRUE(fs::exists(DbtTargetDir(options_) / name)) << name;
  }
  EXPECT_THAT(Read(DbtTargetDir(options_) / "manifest.json"), HasSubstr("compiled_code"));
  EXPECT_FALSE(fs::exists(root_ / "project" / "target"));
  EXPECT_FALSE(fs::exists(root_ / "project" / "logs"));
  EXPECT_FALSE(fs::exists(root_ / "warehouse.duckdb.wal")) << "closed in good order";
}

TEST_F(DbtTest, ReportsAFailingTestInDbtsWords) {
  Write("models/orders.sql", "select 1 as id union all select 1");
  auto finished = Build();
  ASSERT_TRUE(finished.ok()) << finished.status().ToString();
  EXPECT_EQ(finished->status, "failed");
  EXPECT_EQ(finished->failed, 1);
  EXPECT_EQ(finished->models, 2);
  EXPECT_EQ(finished->reason,
            "test unique_facts_id: Got 1 result, configured to fail if != 0");
  EXPECT_THAT(Log(), HasSubstr("ERROR   test unique_facts_id"));
  EXPECT_FALSE(fs::exists(DbtTargetDir(options_) / "catalog.json"));
}

TEST_F(DbtTest, ReportsAFailingModelAndSkipsWhatFollows) {
  Write("models/facts.sql", "select nope from {{ ref('orders') }}");
  auto finished = Build();
  ASSERT_TRUE(finished.ok()) << finished.status().ToString();
  EXPECT_EQ(finished->status, "failed");
  EXPECT_EQ(finished->failed, 1);
  EXPECT_THAT(finished->reason, HasSubstr("model facts: "));
  EXPECT_THAT(finished->reason, HasSubstr("nope"));
  EXPECT_THAT(Log(), HasSubstr("SKIP    test unique_facts_id"));
}

TEST_F(DbtTest, ProjectThatDoesNotCompileIsAConfigurationError) {
  Write("models/facts.sql", "select * from {{ ref('no_such_model') }}");
  auto finished = Build();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(KindOf(finished.status()), ErrorKind::kConfig);
  EXPECT_THAT(finished.status().message(), HasSubstr("no_such_model"));
  EXPECT_THAT(finished.status().message(), HasSubstr("facts.sql"));
  ASSERT_EQ(recorder_.All<TransformFinished>().size(), 1U);
  EXPECT_EQ(recorder_.All<TransformFinished>()[0].status, "failed");
  EXPECT_THAT(Log(), HasSubstr("ERROR   dbt failed"));
}

TEST_F(DbtTest, WarehouseHeldByAnotherProcessIsAConflict) {
  ASSERT_EQ(Build()->status, "ok");
  const std::string script =
      "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); "
      "sys.stdin.read()";
  transform::Pipe in = transform::MakePipe().ValueOrDie();
  transform::Pipe out = transform::MakePipe().ValueOrDie();
  transform::ChildOptions holder;
  holder.arguments = {options_.python.string(), "-c", script,
                      (root_ / "warehouse.duckdb").string()};
  holder.descriptors = {in.read_end.number(), out.write_end.number()};
  auto child = transform::ChildProcess::Start(holder).ValueOrDie();
  char held[4];
  ASSERT_EQ(read(out.read_end.number(), held, sizeof(held)), 4);
  auto finished = Build();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(KindOf(finished.status()), ErrorKind::kConflict)
      << finished.status().message();
  EXPECT_THAT(finished.status().message(), HasSubstr("open in another process"));
}

TEST_F(DbtTest, StopCancelsARunningQuery) {
  Write("models/facts.sql", kEndless);
  auto dbt = Dbt::Start(options_).ValueOrDie();
  std::stop_source stop;
  std::jthread stopper([&] {
    recorder_.AwaitNode("facts");
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (Log().find("the hooks ran") == std::string::npos &&
           std::chrono::steady_clock::now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  auto finished = dbt->Build(recorder_, stop.get_token());
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(KindOf(finished.status()), ErrorKind::kCancelled);
  EXPECT_EQ(recorder_.All<TransformFinished>()[0].models, 1) << "orders was built";
  // By dbt itself on the interrupt, not by killing it.
  EXPECT_THAT(Log(), HasSubstr("CANCEL query"));
}

TEST_F(DbtTest, StopBeforeTheWorkIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  auto finished = Build(stop.get_token());
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(KindOf(finished.status()), ErrorKind::kCancelled);
}

TEST_F(DbtTest, DestructorEndsAnUnusedChild) {
  auto worker = transform::Worker::Start(options_).ValueOrDie();
  const pid_t pid = worker->pid();
  EXPECT_EQ(kill(pid, 0), 0);
  worker.reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(DbtTest, KilledChildIsReported) {
  auto worker = transform::Worker::Start(options_).ValueOrDie();
  kill(worker->pid(), SIGKILL);
  auto answer = worker->Await([](const auto&) {}, [](const auto&) {}, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kInternal);
  EXPECT_THAT(answer.status().message(), HasSubstr("ended unexpectedly (exit code 137)"));
}

TEST_F(DbtTest, ChildDiesWhenItsCommandsEnd) {
  transform::Pipe commands = transform::MakePipe().ValueOrDie();
  transform::ChildOptions child;
  child.arguments = {
      options_.python.string(), "-c", "import sys; exec(open(sys.argv.pop(1)).read())",
      std::string(std::getenv("KEELBOAT_SOURCE_DIR")) + "/src/transform/worker.py", "{}"};
  child.descriptors = {commands.read_end.number(), -1, -1, -1};
  auto process = transform::ChildProcess::Start(child).ValueOrDie();
  commands.write_end.Close();  // what a kill -9 of the parent does
  EXPECT_EQ(process->WaitFor(std::chrono::seconds(60)), 1);
}

TEST_F(DbtTest, NamesAMissingInterpreter) {
  options_.python = root_ / "nowhere" / "python";
  auto dbt = Dbt::Start(options_);
  ASSERT_FALSE(dbt.ok());
  EXPECT_EQ(KindOf(dbt.status()), ErrorKind::kNotFound);
  EXPECT_THAT(dbt.status().message(), HasSubstr(options_.python.string()));
  EXPECT_THAT(dbt.status().message(), HasSubstr("pip install 'dbt-core==1.11.*'"));
}

TEST_F(DbtTest, NamesAMissingProject) {
  options_.project_dir = root_ / "elsewhere";
  auto dbt = Dbt::Start(options_);
  ASSERT_FALSE(dbt.ok());
  EXPECT_EQ(KindOf(dbt.status()), ErrorKind::kNotFound);
  EXPECT_THAT(dbt.status().message(), HasSubstr("dbt_project.yml"));
}

TEST_F(DbtTest, NamesTheRemedyWhereDbtIsMissing) {
  options_.python = "/usr/bin/python3";  // the system's own, without dbt
  auto finished = Build();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(KindOf(finished.status()), ErrorKind::kConfig);
  EXPECT_THAT(finished.status().message(),
              HasSubstr("/usr/bin/python3 -m pip install 'dbt-core==1.11.*'"));
}

TEST_F(DbtTest, SaysWhichVersionsFit) {
  // A package folder that shadows the real one's version.
  const auto build_with = [&](const std::string& version) {
    const fs::path fake = root_ / ("fake-" + version);
    const fs::path information = fake / ("dbt_core-" + version + ".dist-info");
    fs::create_directories(information);
    std::ofstream(information / "METADATA")
        << "Metadata-Version: 2.1\nName: dbt-core\nVersion: " << version << "\n";
    options_.environment["PYTHONPATH"] = fake.string();
    return Build().status();
  };
  for (const char* version : {"1.8.9", "2.0.0b1"}) {
    const arrow::Status refused = build_with(version);
    EXPECT_EQ(KindOf(refused), ErrorKind::kConfig) << version;
    EXPECT_THAT(
        refused.message(),
        HasSubstr("dbt-core " + std::string(version) +
                  " does not fit: version 1.9 or newer, but below 2.0, is needed"));
  }
  EXPECT_EQ(build_with("1.9.0"), arrow::Status::OK());
}

TEST_F(DbtTest, CommandGivesDbtsExitCode) {
  EXPECT_EQ(RunDbtCommand(options_, {"--quiet", "run", "--select", "orders"}), 0);
  Write("models/facts.sql", "select nope from {{ ref('orders') }}");
  EXPECT_EQ(RunDbtCommand(options_, {"--quiet", "run", "--select", "facts"}), 1);
  EXPECT_EQ(RunDbtCommand(options_, {"no-such-command"}), 2);
  EXPECT_TRUE(fs::exists(root_ / "warehouse.duckdb"));
  EXPECT_FALSE(fs::exists(root_ / "project" / "target"));
}

}  // namespace
}  // namespace keelboat
