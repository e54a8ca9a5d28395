#include "telemetry/progress_lines.h"

#include <array>
#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class ManualClock final : public Clock {
 public:
  SystemTime Now() const override { return SystemTime(seconds(1789956000)); }
  std::chrono::steady_clock::time_point Steady() const override { return now_; }
  void SleepFor(std::chrono::milliseconds, const std::stop_token&) const override {}
  void Advance(seconds passed) { now_ += passed; }

 private:
  std::chrono::steady_clock::time_point now_{seconds(1000)};
};

class ProgressLinesTest : public testing::Test {
 protected:
  ProgressLinesTest() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~ProgressLinesTest() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  ProgressLines Make(ProgressLinesOptions options = {}) {
    options.clock = &clock_;
    return ProgressLines(ends_[1], std::move(options));
  }
  /// What was written, one object a line; ends the writing.
  std::vector<nlohmann::json> Lines() {
    close(std::exchange(ends_[1], -1));
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t got; (got = read(ends_[0], piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<size_t>(got));
    }
    std::istringstream stream(text);
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(stream, line);) {
      lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& line : Lines()) names.push_back(line["event"]);
    return names;
  }

  ManualClock clock_;
  std::array<int, 2> ends_{};
};

const RunStarted kRun{"run-1", "run", "dev", false, {"orders"}};
const TableStarted kOrders{"orders", Phase::kExtract, "full", "", 10};
const NodeFinished kModel{"model.a", "a", "model", "success", "", 0, {}, 1, 1};

TableProgress At(int64_t rows) { return {"orders", Phase::kExtract, rows, rows * 8}; }

TEST_F(ProgressLinesTest, TellsHowFarATableIsOnceAPeriod) {
  auto lines = Make();
  lines.On(kRun);
  lines.On(kOrders);
  lines.On(At(1));
  clock_.Advance(seconds(5));
  lines.On(At(2));
  lines.On(At(3));
  clock_.Advance(seconds(5));
  lines.On(At(4));
  const auto written = Lines();
  ASSERT_EQ(written.size(), 4U);
  EXPECT_EQ(written[2]["event"], "table.progress");
  EXPECT_EQ(written[2]["rows"], 2);
  EXPECT_EQ(written[2]["run_id"], "run-1");
  EXPECT_EQ(written[3]["rows"], 4);
}

TEST_F(ProgressLinesTest, TellsWhichModelsAreDone) {
  auto lines = Make();
  lines.On(NodeStarted{"model.a", "a", "model", 1, 1});
  lines.On(kModel);
  EXPECT_THAT(Names(), ElementsAre("node.finished"));
}

TEST_F(ProgressLinesTest, TellsTheirBeginningsWhenVerbose) {
  auto lines = Make({.verbose = true});
  lines.On(NodeStarted{"model.a", "a", "model", 1, 1});
  EXPECT_THAT(Names(), ElementsAre("node.started"));
}

TEST_F(ProgressLinesTest, TellsOnlyWhatIsFinishedUnlessLive) {
  auto lines = Make({.live = false});
  clock_.Advance(seconds(60));
  lines.On(At(1));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ProgressLinesTest, TellsOnlyErrorsWhenQuietAndWhichRunTheyAreOf) {
  auto lines = Make({.quiet = true, .redact = [](std::string_view text) {
                       return text == "hunter2" ? "***" : std::string(text);
                     }});
  lines.On(kRun);
  lines.On(kModel);
  lines.On(Warned{"", "late"});
  lines.On(TableFailed{"orders", Phase::kLoad, MakeError(ErrorKind::kData, "hunter2")});
  const auto written = Lines();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0]["event"], "table.failed");
  EXPECT_EQ(written[0]["run_id"], "run-1");
  EXPECT_EQ(written[0]["error"], "***");
}

}  // namespace
}  // namespace keelboat
