#include "telemetry/text_table.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(TextTable, AlignsByCodePointsAndTrimsLineEnds) {
  TextTable table({{"table"}, {"rows", TextTable::Align::kRight}, {"error"}});
  table.AddRow({"orders", "99,441"});
  table.AddRow({"preço", "7", "no"});
  EXPECT_EQ(table.ToString(),
            "table     rows  error\n"
            "orders  99,441\n"
            "preço        7  no\n");
}

TEST(TextTable, HeadingsStandAlone) {
  TextTable table({{"run"}, {"status"}});
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.ToString(), "run  status\n");
}

}  // namespace
}  // namespace keelboat
