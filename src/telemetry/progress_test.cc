#include "telemetry/progress.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// Collects what is written to one end of a pipe or a terminal.
class Reader {
 public:
  explicit Reader(int descriptor) : descriptor_(descriptor), thread_([this] { Run(); }) {}
  /// Waits until `text` was written.
  bool Await(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(60),
                             [&] { return text_.find(text) != std::string::npos; });
  }
  std::string TextAtEnd() {
    thread_.join();
    return text_;
  }

 private:
  void Run() {
    std::array<char, 4096> buffer;
    ssize_t got = 0;
    while ((got = read(descriptor_, buffer.data(), buffer.size())) > 0) {
      std::lock_guard lock(mutex_);
      text_.append(buffer.data(), static_cast<size_t>(got));
      changed_.notify_all();
    }
    close(descriptor_);
  }

  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::jthread thread_;
};

struct Ends {
  int read_end = -1;
  std::FILE* out = nullptr;
};

Ends MakePipeEnds() {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  return {ends[0], fdopen(ends[1], "w")};
}

Ends MakeTerminal(unsigned short width, unsigned short height) {
  winsize size{height, width, 0, 0};
  Ends ends;
  int terminal = -1;
  EXPECT_EQ(openpty(&ends.read_end, &terminal, nullptr, nullptr, &size), 0);
  ends.out = fdopen(terminal, "w");
  return ends;
}

const RunStarted kStart{"run-1", "extract", "dev", false, {"orders"}};
const TableStarted kBegin{"orders", Phase::kExtract, "full", "", 100};
const TableCommitted kDone{"orders", Phase::kExtract, 100, 4000, 1, 0, false, seconds(1)};

TEST(Progress, WritesPlainLinesToAFile) {
  Ends ends = MakePipeEnds();
  Reader reader(ends.read_end);
  {
    Progress progress(ends.out, {.period = milliseconds(50)});
    progress.On(kStart);
    progress.On(kBegin);
    progress.On(TableProgress{"orders", Phase::kExtract, 40, 2000});
    EXPECT_TRUE(reader.Await("reading orders (40 rows)")) << "a line every period";
    progress.On(kDone);
    progress.On(
        NodeFinished{"model.a", "a", "model", "success", "", 0, seconds(1), 1, 1});
  }
  std::fclose(ends.out);
  const std::string text = reader.TextAtEnd();
  EXPECT_THAT(text, testing::StartsWith("keelboat extract · dev · run-1\n"));
  EXPECT_THAT(text, HasSubstr("✓ orders               100 rows"));
  EXPECT_THAT(text, EndsWith("✓ model a  1.00 s\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Progress, WritesNoPeriodicLinesWhenNotWanted) {
  Ends ends = MakePipeEnds();
  Reader reader(ends.read_end);
  {
    Progress progress(
        ends.out, {.live = false, .frame = milliseconds(1), .period = milliseconds(1)});
    progress.On(kStart);
    progress.On(kBegin);
    std::this_thread::sleep_for(milliseconds(30));
    progress.On(kDone);
  }
  std::fclose(ends.out);
  const std::string text = reader.TextAtEnd();
  EXPECT_THAT(text, Not(HasSubstr("reading")));
  EXPECT_THAT(text, HasSubstr("✓ orders"));
}

TEST(Progress, QuietTellsFailuresOnly) {
  Ends ends = MakePipeEnds();
  Reader reader(ends.read_end);
  {
    Progress progress(ends.out, {.quiet = true, .period = milliseconds(1)});
    progress.On(kStart);
    progress.On(kBegin);
    progress.On(Warned{"orders", "hm"});
    progress.On(
        TableFailed{"orders", Phase::kExtract, MakeError(ErrorKind::kData, "bad")});
  }
  std::fclose(ends.out);
  EXPECT_EQ(reader.TextAtEnd(), "✗ orders       extract failed: bad\n");
}

TEST(Progress, DrawsOnATerminalAndCleansUp) {
  Ends ends = MakeTerminal(80, 24);
  Reader reader(ends.read_end);
  {
    Progress progress(ends.out, {.frame = milliseconds(10)});
    progress.On(kStart);
    progress.On(kBegin);
    progress.On(TableProgress{"orders", Phase::kExtract, 40, 2000});
    EXPECT_TRUE(reader.Await("40"));
    progress.On(kDone);
    progress.On(TransformStarted{"dbt 1.11.16", 3});
    EXPECT_TRUE(reader.Await("0 of 3"));
    progress.Finish();
    progress.Finish();
    progress.On(kDone);  // too late to be shown, and harmless
  }
  std::fclose(ends.out);
  const std::string text = reader.TextAtEnd();
  EXPECT_THAT(text, HasSubstr("\x1b[32m✓\x1b[0m orders"));
  EXPECT_THAT(text, HasSubstr("F\x1b[2K")) << "frames are drawn over each other";
  EXPECT_THAT(text, EndsWith("\x1b[2F\x1b[J")) << "the last one is taken away";
}

TEST(Progress, NoColorIsRespected) {
  Ends ends = MakeTerminal(80, 24);
  Reader reader(ends.read_end);
  {
    Progress progress(ends.out, {.color = false});
    progress.On(kStart);
    progress.On(kDone);
  }
  std::fclose(ends.out);
  EXPECT_THAT(reader.TextAtEnd(), Not(HasSubstr("\x1b[3")));
}

TEST(Progress, SurvivesAReaderThatWentAway) {
  Ends ends = MakePipeEnds();
  close(ends.read_end);
  signal(SIGPIPE, SIG_IGN);
  {
    Progress progress(ends.out, {});
    progress.On(kStart);
    progress.On(kDone);
  }
  std::fclose(ends.out);
}

TEST(Progress, TakesEventsFromManyThreads) {
  Ends ends = MakePipeEnds();
  Reader reader(ends.read_end);
  {
    Progress progress(ends.out, {.frame = milliseconds(1), .period = milliseconds(1)});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&progress, i] {
        const std::string table = "table" + std::to_string(i);
        progress.On(TableStarted{table, Phase::kLoad, "full", "", 500});
        for (int64_t n = 0; n < 500; ++n) {
          progress.On(TableProgress{table, Phase::kLoad, n, n});
        }
        progress.On(TableCommitted{table, Phase::kLoad, 500, 1, 1, 0, false, seconds(1)});
      });
    }
  }
  std::fclose(ends.out);
  const std::string text = reader.TextAtEnd();
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(text, HasSubstr("✓ table" + std::to_string(i)));
  }
}

}  // namespace
}  // namespace keelboat
