#include "telemetry/terminal_text.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

using Lines = std::vector<std::string>;

TEST(TerminalText, MeasuresCells) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("orders"), 6);
  EXPECT_EQ(DisplayWidth("São Paulo"), 9);
  EXPECT_EQ(DisplayWidth("a\xcc\x83"), 1);  // combining tilde
  EXPECT_EQ(DisplayWidth("注文"), 4);
  EXPECT_EQ(DisplayWidth("🚢"), 2);
  EXPECT_EQ(DisplayWidth("\x1b[32mok\x1b[0m"), 2);
  EXPECT_EQ(DisplayWidth("\xff"), 1);
}

TEST(TerminalText, CutsAtCells) {
  EXPECT_EQ(Truncated("orders", 6), "orders");
  EXPECT_EQ(Truncated("orders", 4), "ord…");
  EXPECT_EQ(Truncated("注文表", 4), "注…");
  EXPECT_EQ(Truncated("orders", 1), "…");
  EXPECT_EQ(Truncated("orders", 0), "");
  EXPECT_EQ(Truncated("\x1b[32morders\x1b[0m", 4), "\x1b[32mord…\x1b[0m");
}

TEST(TerminalText, PadsToCells) {
  EXPECT_EQ(PadRight("注", 4), "注  ");
  EXPECT_EQ(PadLeft("São", 5), "  São");
  EXPECT_EQ(PadRight("orders", 3), "orders");
}

TEST(TerminalText, TakesTheTeethOutOfForeignText) {
  EXPECT_EQ(Printable("a\x1b[2Jb"), "a\xef\xbf\xbd[2Jb");
  EXPECT_EQ(Printable("a\x1b[31mb"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(Printable("two\nlines\tand\x07"), "two lines and\xef\xbf\xbd");
  EXPECT_EQ(Printable("caf\xc3\xa9 \xff"), "café \xef\xbf\xbd");
  EXPECT_EQ(Printable("\xe2\x80\xae"), "\xef\xbf\xbd");  // right-to-left override
  EXPECT_EQ(Printable("\xed\xa0\x80").size(), 9U);       // a surrogate: three bad bytes
  EXPECT_EQ(Printable("\xc3"), "\xef\xbf\xbd");          // cut short
}

TEST(TerminalText, WrapsAtSpaces) {
  EXPECT_EQ(Wrapped("", 10), Lines{""});
  EXPECT_EQ(Wrapped("the quick brown fox", 10), (Lines{"the quick", "brown fox"}));
  EXPECT_EQ(Wrapped("the quick", 3), (Lines{"the", "qui", "ck"}));
  EXPECT_EQ(Wrapped("one\n  two", 10), (Lines{"one", "  two"}));
  EXPECT_EQ(Wrapped("注文注文", 4), (Lines{"注文", "注文"}));
  EXPECT_EQ(Wrapped("ab", 0), (Lines{"a", "b"}));
}

}  // namespace
}  // namespace keelboat
