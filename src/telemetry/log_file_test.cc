#include "telemetry/log_file.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class ManualClock final : public Clock {
 public:
  SystemTime Now() const override { return SystemTime(std::chrono::seconds(1789956000)); }
  std::chrono::steady_clock::time_point Steady() const override { return {}; }
  void SleepFor(std::chrono::milliseconds, const std::stop_token&) const override {}
};

class LogFileTest : public testing::Test {
 protected:
  LogFileTest()
      : root_(fs::temp_directory_path() / ("keelboat-log-" + std::to_string(getpid()))),
        path_(root_ / "logs" / "keelboat.log") {}
  ~LogFileTest() override { fs::remove_all(root_); }

  std::vector<std::string> Lines() {
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  std::unique_ptr<LogFile> Open(LogOptions options = {}) {
    options.path = path_;
    options.clock = &clock_;
    return std::make_unique<LogFile>(options);
  }

  static inline const RunStarted kStart{"run-1", "run", "dev", false, {"orders"}};
  static inline const TableCommitted kCommit{"order items",
                                             Phase::kExtract,
                                             10,
                                             2048,
                                             1,
                                             3,
                                             false,
                                             std::chrono::milliseconds(1250)};

  ManualClock clock_;
  fs::path root_;
  fs::path path_;
};

TEST_F(LogFileTest, WritesTextThatGrepLikes) {
  auto log = Open();
  log->On(kStart);
  log->On(kCommit);
  log->On(TableFailed{"items", Phase::kLoad,
                      MakeError(ErrorKind::kConflict, "locked\nby pid 7")});
  EXPECT_THAT(
      Lines(),
      testing::ElementsAre(
          "2026-09-21T02:00:00.000000Z INFO  run.started run_id=run-1 command=run "
          "environment=dev test_mode=false tables=1",
          "2026-09-21T02:00:00.000000Z INFO  table.committed run_id=run-1 "
          "table=\"order items\" phase=extract rows=10 bytes=2048 files=1 version=3 "
          "nothing_new=false seconds=1.25",
          "2026-09-21T02:00:00.000000Z ERROR table.failed run_id=run-1 table=items "
          "phase=load kind=conflict error=\"locked\\nby pid 7\""));
  EXPECT_EQ(log->lost(), 0);
}

TEST_F(LogFileTest, WritesJsonLines) {
  auto log = Open({.path = {}, .json = true});
  log->On(kStart);
  log->On(kCommit);
  ASSERT_EQ(Lines().size(), 2U);
  EXPECT_EQ(Lines()[1],
            R"({"time":"2026-09-21T02:00:00.000000Z","level":"info",)"
            R"("event":"table.committed","run_id":"run-1","table":"order items",)"
            R"("phase":"extract","rows":10,"bytes":2048,"files":1,"version":3,)"
            R"("nothing_new":false,"seconds":1.25})");
}

TEST_F(LogFileTest, LeavesOutDetailUnlessAsked) {
  const TableProgress progress{"orders", Phase::kExtract, 5, 100};
  Open()->On(progress);
  EXPECT_TRUE(Lines().empty());
  Open({.path = {}, .verbose = true})->On(progress);
  ASSERT_EQ(Lines().size(), 1U);
  EXPECT_THAT(Lines()[0], HasSubstr("DEBUG table.progress table=orders phase=extract"));
}

TEST_F(LogFileTest, TakesSecretsOut) {
  auto redact = [](std::string_view text) {
    std::string safe(text);
    const size_t secret = safe.find("hunter2");
    if (secret != std::string::npos) safe.replace(secret, 7, "***");
    return safe;
  };
  auto log = Open({.path = {}, .redact = redact});
  log->On(Warned{"orders", "logging in with hunter2"});
  ASSERT_EQ(Lines().size(), 1U);
  EXPECT_THAT(Lines()[0], HasSubstr("logging in with ***"));
  EXPECT_THAT(Lines()[0], Not(HasSubstr("hunter2")));
}

TEST_F(LogFileTest, AppendsAndSetsFullFilesAside) {
  {
    Open()->On(kStart);
  }
  {
    Open()->On(kStart);
  }
  EXPECT_EQ(Lines().size(), 2U);
  auto log = Open({.path = {}, .rotate_bytes = 400});
  for (int i = 0; i < 10; ++i) log->On(kStart);
  EXPECT_TRUE(fs::exists(path_.parent_path() / "keelboat.1.log"));
  EXPECT_LE(fs::file_size(path_), 400U);
}

TEST_F(LogFileTest, MirrorsLines) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  auto log = Open({.path = {}, .mirror = ends[1]});
  log->On(kStart);
  std::array<char, 512> buffer{};
  ASSERT_GT(read(ends[0], buffer.data(), buffer.size() - 1), 0);
  EXPECT_EQ(std::string(buffer.data()), Lines()[0] + "\n");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(LogFileTest, FullDiskIsCountedNotFatal) {
  LogFile log({.path = "/dev/full"});
  log.On(kStart);
  EXPECT_EQ(log.lost(), 1);
  EXPECT_NE(log.problem(), "");
}

TEST_F(LogFileTest, FileThatCannotBeOpenedIsNamedNotFatal) {
  fs::create_directories(root_);
  std::ofstream(root_ / "logs") << "a file where the folder should be";
  LogFile log({.path = path_});
  EXPECT_THAT(log.problem(), HasSubstr(path_.string()));
  log.On(kStart);
  EXPECT_EQ(log.lost(), 1);
}

TEST_F(LogFileTest, ManyThreadsWriteWholeLines) {
  auto log = Open({.path = {}, .json = true});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) log->On(kCommit);
      });
    }
  }
  EXPECT_EQ(Lines().size(), 400U);
  for (const std::string& line : Lines()) {
    EXPECT_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded()) << line;
  }
}

}  // namespace
}  // namespace keelboat
