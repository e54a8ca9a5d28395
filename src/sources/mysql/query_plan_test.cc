#include "sources/mysql/query_plan.h"

#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

using Row = std::vector<std::optional<std::string>>;

Row Classic(const std::string& select_type, const std::string& type,
            std::optional<std::string> rows, const std::string& extra) {
  return {"1", select_type, "t", type, {}, "PRIMARY", "4", {}, std::move(rows), extra};
}

TEST(QueryPlan, ReadsBothForms) {
  auto classic = QueryPlan::Of({Classic("SIMPLE", "range", "25000", "Using where")});
  ASSERT_TRUE(classic.has_value());
  EXPECT_EQ(classic->rows, 25000);
  EXPECT_TRUE(classic->in_order);
  Row later = {"1",       "SIMPLE", "t", {},     "range",  "PRIMARY",
               "PRIMARY", "4",      {},  "1234", "100.00", "Using where"};
  EXPECT_EQ(QueryPlan::Of({later})->rows, 1234);
}

TEST(QueryPlan, KnowsAnswersWithoutAGuess) {
  EXPECT_EQ(QueryPlan::Of({Classic("SIMPLE", "", {}, "Impossible WHERE")})->rows, 0);
  EXPECT_EQ(
      QueryPlan::Of({Classic("SIMPLE", "", {}, "Select tables optimized away")})->rows,
      1);
}

TEST(QueryPlan, MultipliesWhatIsJoined) {
  auto plan = QueryPlan::Of(
      {Classic("SIMPLE", "index", "100", ""), Classic("SIMPLE", "ref", "7", "")});
  EXPECT_EQ(plan->rows, 700);
  EXPECT_TRUE(plan->in_order);
}

TEST(QueryPlan, SeesWhatIsSortedOrBuiltFirst) {
  EXPECT_FALSE(
      QueryPlan::Of({Classic("SIMPLE", "range", "9", "Using filesort")})->in_order);
  EXPECT_FALSE(QueryPlan::Of({Classic("SIMPLE", "ALL", "9", "")})->in_order);
  EXPECT_FALSE(QueryPlan::Of({Classic("DERIVED", "index", "9", "")})->in_order);
}

TEST(QueryPlan, LeavesOtherFormsAlone) {
  EXPECT_FALSE(QueryPlan::Of({{"Table(orders)"}}).has_value());
  EXPECT_FALSE(QueryPlan::Of({Classic("SIMPLE", "", {}, "")}).has_value());
  EXPECT_FALSE(QueryPlan::Of({Classic("SIMPLE", "NULL", "NULL", "")}).has_value());
}

}  // namespace
}  // namespace keelboat::mysql
