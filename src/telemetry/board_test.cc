#include "telemetry/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "telemetry/terminal_text.h"

namespace keelboat {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kWide = 120;

class BoardTest : public testing::Test {
 protected:
  explicit BoardTest(BoardOptions options = {}) : board_(std::move(options)) {}

  void At(milliseconds time, const Event& event) { board_.Apply(event, Time(time)); }
  static Board::Time Time(milliseconds time) { return Board::Time(time); }
  void Begin(const std::string& command = "run") {
    At(seconds(0), RunStarted{"20260921T020000Z-7f3a9c",
                              command,
                              "dev",
                              false,
                              {"order_items", "orders", "sellers"}});
    board_.TakeFinished(kWide);
  }
  void Extract(const std::string& table, int64_t rows, milliseconds took) {
    At(seconds(1), TableStarted{table, Phase::kExtract, "full", "", std::nullopt});
    At(seconds(2),
       TableCommitted{table, Phase::kExtract, rows, rows * 40, 1, 0, false, took});
  }
  void Load(const std::string& table, int64_t rows, milliseconds took,
            bool nothing_new = false) {
    At(seconds(2), TableStarted{table, Phase::kLoad, "full", "", rows});
    At(seconds(3),
       TableCommitted{table, Phase::kLoad, rows, rows * 40, 1, 0, nothing_new, took});
  }
  void Node(const std::string& name, const std::string& type, const std::string& status,
            const std::string& message = "") {
    const std::string id = type + ".shop." + name;
    At(seconds(4), NodeStarted{id, name, type, 1, 211});
    At(seconds(5),
       NodeFinished{id, name, type, status, message, 0, milliseconds(120), 1, 211});
  }

  Board board_;
};

TEST_F(BoardTest, SaysWhatRuns) {
  At(seconds(0), RunStarted{"20260921T020000Z-7f3a9c", "run", "prod", true, {}});
  EXPECT_THAT(board_.TakeFinished(kWide),
              ElementsAre("keelboat run · prod · 20260921T020000Z-7f3a9c · test mode"));
}

TEST_F(BoardTest, DrawsWhatGoesOn) {
  Begin();
  EXPECT_THAT(board_.Frame(Time(seconds(0)), kWide, 24), IsEmpty());
  At(seconds(1), TableStarted{"orders", Phase::kExtract, "full", "", 99441});
  At(seconds(1), TableStarted{"order_items", Phase::kExtract, "full", "", std::nullopt});
  At(seconds(2), TableProgress{"orders", Phase::kExtract, 64213, 12345678});
  At(seconds(2), TableProgress{"order_items", Phase::kExtract, 1000, 5000});
  EXPECT_THAT(board_.Frame(Time(milliseconds(3000)), kWide, 24),
              ElementsAre("⠋ orders       reading  ━━━━━━━━━━━━╸───────  64,213 of about "
                          "99,441 rows  12.3 MB  32,106 rows/s",
                          "⠋ order_items  reading  1,000 rows  5.0 KB  500 rows/s",
                          "  00:03 · 0 of 3 tables · 65,213 rows · 12.4 MB"));
  EXPECT_EQ(
      board_.Line(Time(seconds(3))),
      "00:03 · 0 of 3 tables · 65,213 rows · 12.4 MB: reading orders (64,213 rows), "
      "reading order_items (1,000 rows)");
}

TEST_F(BoardTest, NeverExceedsTheScreen) {
  Begin();
  for (const char* table : {"注文の明細テーブル", "orders", "sellers", "d", "e"}) {
    At(seconds(1), TableStarted{table, Phase::kExtract, "full", "", 10});
  }
  for (int width : {0, 1, 10, 33, 80}) {
    for (int height : {0, 1, 3, 5, 24}) {
      auto frame = board_.Frame(Time(seconds(2)), width, height);
      EXPECT_LE(frame.size(), static_cast<size_t>(std::max(height, 3)));
      for (const std::string& line : frame) EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
  EXPECT_THAT(board_.Frame(Time(seconds(2)), 80, 4),
              ElementsAre(HasSubstr("注文の明細テーブル"), HasSubstr("orders"),
                          "  and 3 more", HasSubstr("00:02")));
}

TEST_F(BoardTest, LeavesALineForEachTable) {
  Begin();
  Extract("orders", 99441, milliseconds(400));
  EXPECT_THAT(board_.TakeFinished(kWide), IsEmpty()) << "its rows are not loaded yet";
  Load("orders", 99441, milliseconds(100));
  Extract("sellers", 1, milliseconds(20));
  Load("sellers", 1, milliseconds(1));
  EXPECT_THAT(
      board_.TakeFinished(kWide),
      ElementsAre(
          "✓ orders            99,441 rows    4.0 MB     248,602 rows/s   0.50 s",
          "✓ sellers                1 row       40 B          50 rows/s   0.02 s"));
  EXPECT_THAT(board_.TakeFinished(kWide), IsEmpty());
}

TEST_F(BoardTest, ExtractAloneIsDoneWithTheLake) {
  Begin("extract");
  Extract("orders", 10, milliseconds(400));
  EXPECT_THAT(board_.TakeFinished(kWide), ElementsAre(HasSubstr("✓ orders")));
}

TEST_F(BoardTest, LoadAloneCountsItsOwnTime) {
  Begin("load");
  Load("orders", 1000, milliseconds(500));
  Load("sellers", 7, milliseconds(0), /*nothing_new=*/true);
  EXPECT_THAT(
      board_.TakeFinished(kWide),
      ElementsAre("✓ orders             1,000 rows   40.0 KB       2,000 rows/s   0.50 s",
                  "✓ sellers      nothing new · 7 rows"));
}

TEST_F(BoardTest, SaysWhyAStrategyIsNotTheOneAskedFor) {
  Begin("extract");
  At(seconds(1),
     TableStarted{"orders", Phase::kExtract, "full", "no watermark yet", std::nullopt});
  At(seconds(2),
     TableCommitted{"orders", Phase::kExtract, 10, 10, 1, 0, false, seconds(1)});
  EXPECT_THAT(board_.TakeFinished(kWide)[0], testing::EndsWith("  no watermark yet"));
}

TEST_F(BoardTest, CutsReasonsAndNamesOnANarrowScreen) {
  At(seconds(0), RunStarted{"id", "extract", "dev", false, {}});
  board_.TakeFinished(kWide);
  const std::string table = "product_category_name_translation";
  for (int width : {110, 80}) {
    At(seconds(1), TableStarted{table, Phase::kExtract, "full",
                                "this version loads hybrid tables in full", 71});
    EXPECT_THAT(board_.Frame(Time(seconds(1)), width, 24).back(),
                "  00:01 · 0 tables done · 0 rows");
    At(seconds(2),
       TableCommitted{table, Phase::kExtract, 71, 2100, 1, 0, false, milliseconds(100)});
    EXPECT_THAT(
        board_.TakeFinished(width),
        ElementsAre(
            width == 110
                ? "✓ product_category_name_translation           71 rows    2.1 "
                  "KB         710 rows/s   0.10 s  this version loa…"
                : "✓ product_category_na…           71 rows    2.1 KB         710 "
                  "rows/s   0.10 s"));
  }
}

TEST_F(BoardTest, TellsFailuresOnce) {
  Begin();
  At(seconds(1), TableFailed{"orders", Phase::kExtract,
                             MakeError(ErrorKind::kData, "reading table orders: bad")});
  At(seconds(1), TableSkipped{"orders", Phase::kLoad, "its extract failed"});
  At(seconds(1), TableSkipped{"sellers", Phase::kExtract, "stopped"});
  At(seconds(1), TableRetried{"order_items", Phase::kExtract, 1, milliseconds(2000),
                              MakeError(ErrorKind::kUnavailable, "gone away")});
  At(seconds(1), Warned{"sellers", "future-dated cursor"});
  EXPECT_THAT(board_.TakeFinished(kWide),
              ElementsAre("✗ orders       extract failed: reading table orders: bad",
                          "- sellers      not extracted: stopped",
                          "! order_items  trying again in 2.00 s: gone away",
                          "! sellers      future-dated cursor"));
}

TEST_F(BoardTest, WrapsLongMessages) {
  Begin();
  At(seconds(1), TableFailed{"orders", Phase::kLoad,
                             MakeError(ErrorKind::kConflict,
                                       "the warehouse file is open in another process\n"
                                       "close it and run again")});
  EXPECT_THAT(
      board_.TakeFinished(40),
      ElementsAre("✗ orders       load failed", "    the warehouse file is open in",
                  "    another process", "    close it and run again"));
}

TEST_F(BoardTest, ForeignTextCannotMoveTheCursor) {
  Begin();
  At(seconds(1), TableStarted{"a\x1b[2Jb\n", Phase::kExtract, "full", "", 10});
  At(seconds(1), TableFailed{"orders", Phase::kLoad,
                             MakeError(ErrorKind::kData, "value \x1b[2J\x07")});
  for (const std::string& line : board_.TakeFinished(kWide)) {
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  }
  for (const std::string& line : board_.Frame(Time(seconds(2)), kWide, 24)) {
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\n")));
  }
}

TEST_F(BoardTest, ShowsModelsAndTests) {
  At(seconds(0), RunStarted{"id", "transform", "dev", false, {}});
  At(seconds(3), TransformStarted{"dbt 1.11.16", 211});
  Node("stg_orders", "model", "success");
  Node("not_null_id", "test", "pass");
  At(seconds(5), NodeStarted{"model.shop.fact", "fact_orders", "model", 3, 211});
  board_.TakeFinished(kWide);
  EXPECT_THAT(board_.Frame(Time(seconds(6)), kWide, 24),
              ElementsAre("⠋ dbt 1.11.16  ────────────────────  2 of 211 · 1 model · 1 "
                          "test",
                          "  running fact_orders", "  00:06"));
  EXPECT_EQ(board_.Line(Time(seconds(6))), "00:06: dbt 1.11.16 2 of 211, fact_orders");
  At(seconds(9), TransformFinished{"ok", 35, 170, 0, "", milliseconds(18200)});
  At(seconds(9), TransformFinished{"ok", 35, 170, 0, "", milliseconds(18200)});
  EXPECT_THAT(board_.TakeFinished(kWide),
              ElementsAre("✓ dbt 1.11.16  35 models built · 170 tests passed  18.2 s"));
  EXPECT_THAT(board_.Frame(Time(seconds(9)), kWide, 24), IsEmpty());
}

TEST_F(BoardTest, TellsEachFailedNode) {
  Begin("transform");
  At(seconds(3), TransformStarted{"dbt 1.11.16", 3});
  Node("unique_id", "test", "fail", "Got 1 result, configured to fail if != 0");
  Node("late", "test", "warn", "Got 2 results");
  At(seconds(9),
     TransformFinished{"failed", 2, 1, 1, "test unique_id: Got 1 result", seconds(2)});
  EXPECT_THAT(
      board_.TakeFinished(kWide),
      ElementsAre("✗ test unique_id: Got 1 result, configured to fail if != 0",
                  "! test late: Got 2 results",
                  "✗ dbt 1.11.16  1 failed · 2 models built · 1 test passed  2.00 s"));
}

TEST_F(BoardTest, TellsWhyNothingWasTransformed) {
  Begin();
  At(seconds(9), TransformFinished{"skipped", 0, 0, 0, "orders was not loaded", {}});
  EXPECT_THAT(board_.TakeFinished(kWide),
              ElementsAre("- dbt          skipped: orders was not loaded"));
}

TEST_F(BoardTest, TellsAProjectThatDoesNotCompile) {
  Begin();
  At(seconds(9),
     TransformFinished{"failed", 0, 0, 0, "Compilation Error\n  no such model", {}});
  EXPECT_THAT(board_.TakeFailures(kWide),
              ElementsAre("✗ dbt          failed", "    Compilation Error",
                          "      no such model"));
}

class QuietBoardTest : public BoardTest {};

TEST_F(QuietBoardTest, KeepsOnlyFailures) {
  Begin("extract");
  Extract("orders", 10, milliseconds(400));
  At(seconds(1),
     TableFailed{"sellers", Phase::kExtract, MakeError(ErrorKind::kData, "bad")});
  EXPECT_THAT(board_.TakeFailures(kWide),
              ElementsAre("✗ sellers      extract failed: bad"));
}

class VerboseBoardTest : public BoardTest {
 protected:
  VerboseBoardTest() : BoardTest({.nodes = NodeLines::kAll}) {}
};

TEST_F(VerboseBoardTest, GivesEveryNodeALine) {
  Node("stg_orders", "model", "success");
  Node("not_null_id", "test", "pass");
  Node("fact_orders", "model", "skipped");
  EXPECT_THAT(board_.TakeFinished(kWide),
              ElementsAre("✓ model stg_orders  0.12 s", "✓ test not_null_id  0.12 s",
                          "- model fact_orders  skipped"));
}

class ModelsBoardTest : public BoardTest {
 protected:
  ModelsBoardTest() : BoardTest({.nodes = NodeLines::kModels}) {}
};

TEST_F(ModelsBoardTest, GivesWhatIsBuiltALine) {
  Node("stg_orders", "model", "success");
  Node("not_null_id", "test", "pass");
  Node("chart", "exposure", "no-op");
  Node("snap_orders", "snapshot", "success");
  EXPECT_THAT(board_.TakeFinished(kWide), ElementsAre("✓ model stg_orders  0.12 s",
                                                      "✓ snapshot snap_orders  0.12 s"));
}

class StyledBoardTest : public BoardTest {
 protected:
  StyledBoardTest()
      : BoardTest({.style = {.colour = true, .unicode = false},
                   .redact = [](auto) { return std::string("***"); }}) {}
};

TEST_F(StyledBoardTest, PaintsInAsciiAndHidesSecrets) {
  Begin();
  At(seconds(1),
     TableFailed{"orders", Phase::kExtract, MakeError(ErrorKind::kAuth, "hunter2")});
  EXPECT_THAT(board_.TakeFinished(kWide),
              ElementsAre("\x1b[1m\x1b[31mx\x1b[0m orders       extract failed: ***"));
}

}  // namespace
}  // namespace keelboat
