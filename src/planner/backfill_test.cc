#include "planner/backfill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "planner/increment.h"

namespace keelboat {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

std::shared_ptr<arrow::Field> Column(const std::string& name,
                                     std::shared_ptr<arrow::DataType> arrow_type,
                                     const std::string& type) {
  return arrow::field(name, std::move(arrow_type), /*nullable=*/false,
                      arrow::key_value_metadata({{kSourceTypeKey, type}}));
}

const auto kTime =
    Column("edited", arrow::timestamp(arrow::TimeUnit::MICRO), "datetime(6)");
const auto kDate = Column("day", arrow::date32(), "date");
const auto kNumber = Column("number", arrow::int64(), "bigint(20)");
const auto kPrice = Column("price", arrow::decimal128(10, 2), "decimal(10,2)");
const auto kReal = Column("real", arrow::float64(), "double");

// A table of orders that an incremental run read up to noon, its tail from 11:50 on.
class BackfillTest : public testing::Test {
 protected:
  BackfillTest() {
    facts_.spec.table = "orders";
    facts_.spec.source = "shop";
    facts_.spec.strategy = LoadStrategy::kHybrid;
    facts_.spec.incremental_column = "edited";
    facts_.relation.table = "orders";
    facts_.relation.schema =
        arrow::schema({Column("id", arrow::int64(), "bigint(20)"), kTime});
    facts_.relation.primary_key = {"id"};
    facts_.relation.indexes = {{"edited", {"edited"}, false}};
    facts_.cursor = CursorFacts{.max = "2024-03-01 12:00:00.000000", .indexed = true};
    auto first = PlanTable(options_, facts_).ValueOrDie();
    facts_.lake = LakeSnapshot{.version = 7,
                               .schema = facts_.relation.schema,
                               .configuration = first.slices.back().configuration};
    facts_.cursor.reset();  // Nobody measures it for a backfill.
  }

  arrow::Result<TablePlan> Plan(const std::string& from, const std::string& to) {
    options_.backfill = BackfillWindow{from, to};
    return PlanTable(options_, facts_);
  }
  std::string Refusal(const std::string& from = "2024-01-01",
                      const std::string& to = "2024-02-01") {
    auto plan = Plan(from, to);
    EXPECT_EQ(KindOf(plan.status()), ErrorKind::kConfig) << plan.status();
    return plan.status().message();
  }

  TableFacts facts_;
  PlanOptions options_;
};

TEST_F(BackfillTest, ReadsTheWindowAndLeavesProgressAsItIs) {
  auto plan = Plan("2024-01-01", "2024-02-01 10:30").ValueOrDie();
  EXPECT_EQ(plan.strategy, LoadStrategy::kBackfill);
  EXPECT_EQ(plan.lake_version, 7);
  EXPECT_FALSE(plan.check_keys);
  EXPECT_THAT(plan.warnings, IsEmpty());
  ASSERT_EQ(plan.slices.size(), 1u);
  const Slice& slice = plan.slices[0];
  EXPECT_FALSE(slice.replaces);
  ASSERT_EQ(slice.partitions.size(), 1u);
  EXPECT_FALSE(slice.partitions[0].open_tail);
  const Predicate& range = slice.partitions[0].predicates.at(0);
  EXPECT_EQ(range.columns, Texts{"edited"});
  EXPECT_EQ(range.lower, Texts{"2024-01-01 00:00:00.000000"});
  EXPECT_EQ(range.upper, Texts{"2024-02-01 10:30:00.000000"});
  EXPECT_FALSE(range.or_null);
  const std::map<std::string, std::string> kept = {
      {lake_key::kWatermark, "2024-03-01 12:00:00.000000"},
      {lake_key::kOpenFrom, "2024-03-01 11:50:00.000000"}};
  EXPECT_EQ(slice.configuration, kept);
}

TEST_F(BackfillTest, EndsWhereTheOpenTailBegins) {
  auto plan = Plan("2024-03-01", "2024-04-01").ValueOrDie();
  EXPECT_EQ(plan.cursor->until, "2024-03-01 11:50:00.000000");
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_THAT(plan.warnings[0], HasSubstr("open tail"));
  EXPECT_THAT(Refusal("2024-03-01 11:50", "2024-04-01"),
              HasSubstr("wholly in the open tail"));
}

TEST_F(BackfillTest, SaysWhatIsWrongWithTheWindow) {
  EXPECT_THAT(Refusal("2024-02-01", "2024-02-01"), HasSubstr("is empty"));
  EXPECT_THAT(Refusal("2024-02-02", "2024-02-01"), HasSubstr("is empty"));
  EXPECT_THAT(Refusal("yesterday", "2024-02-01"),
              AllOf(HasSubstr("--from"), HasSubstr("write 2024-01-31")));
  EXPECT_THAT(Refusal("2024-01-01", "2024-02-30"), HasSubstr("--to"));
}

TEST_F(BackfillTest, RefusesTablesWithoutAClosedPart) {
  auto lake = facts_.lake;
  facts_.lake.reset();
  EXPECT_THAT(Refusal(), HasSubstr("keelboat run orders"));
  facts_.lake = lake;
  facts_.lake->configuration.erase(lake_key::kOpenFrom);
  EXPECT_THAT(Refusal(), HasSubstr("no run has loaded it incrementally yet"));
  facts_.lake = lake;
  facts_.spec.strategy = LoadStrategy::kFull;
  EXPECT_THAT(Refusal(), HasSubstr("load_strategy full"));
}

TEST_F(BackfillTest, RefusesWhatTheNextRunReadsInFull) {
  facts_.spec.where = "id > 3";
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("where was"), HasSubstr("keelboat run orders")));
  facts_.spec.where.clear();
  facts_.masks = "id:hash";
  EXPECT_THAT(Refusal(), HasSubstr("masks were"));
}

TEST_F(BackfillTest, RefusesCursorsThatAreText) {
  facts_.relation.schema =
      arrow::schema({Column("id", arrow::int64(), "bigint(20)"),
                     Column("edited", arrow::utf8(), "varchar(20)")});
  facts_.lake->schema = facts_.relation.schema;
  EXPECT_THAT(Refusal("a", "b"), AllOf(HasSubstr("text"), HasSubstr("--full-refresh")));
}

TEST_F(BackfillTest, SaysWhatAScanCosts) {
  facts_.relation.indexes.clear();
  facts_.relation.estimated_rows = 1234;
  auto plan = Plan("2024-01-01", "2024-02-01").ValueOrDie();
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_THAT(plan.warnings[0], HasSubstr("1234 rows"));
}

TEST(ParseCursorValueTest, TakesTheFormsOfEachType) {
  EXPECT_EQ(ParseCursorValue(*kTime, "2024-01-31").ValueOrDie(),
            "2024-01-31 00:00:00.000000");
  EXPECT_EQ(ParseCursorValue(*kTime, "2024-01-31T10:00").ValueOrDie(),
            "2024-01-31 10:00:00.000000");
  EXPECT_EQ(ParseCursorValue(*kTime, "2024-01-31 10:00:05").ValueOrDie(),
            "2024-01-31 10:00:05.000000");
  EXPECT_EQ(ParseCursorValue(*kTime, "2024-01-31 10:00:05.12").ValueOrDie(),
            "2024-01-31 10:00:05.120000");
  EXPECT_EQ(ParseCursorValue(*kDate, "2024-01-31").ValueOrDie(), "2024-01-31");
  EXPECT_EQ(ParseCursorValue(*kNumber, "-17").ValueOrDie(), "-17");
  EXPECT_EQ(ParseCursorValue(*kPrice, "17.125").ValueOrDie(), "17.125");
  EXPECT_EQ(ParseCursorValue(*kReal, "-1e-3").ValueOrDie(), "-1e-3");
}

TEST(ParseCursorValueTest, RefusesAllOthers) {
  for (const char* text :
       {"", "now", "2024-1-31", "2024-02-30", "0000-00-00", "2024-01-31 ",
        "2024-01-31 10", "2024-01-31 24:00", "2024-01-31 10:60", "2024-01-31 10:00:60",
        "2024-01-31 10:00:05.", "2024-01-31 10:00:05.1234567", "2024-01-31x10:00",
        "20240131"}) {
    EXPECT_EQ(KindOf(ParseCursorValue(*kTime, text).status()), ErrorKind::kConfig)
        << text;
  }
  EXPECT_FALSE(ParseCursorValue(*kDate, "2024-01-31 10:00").ok());
  for (const char* text : {"", "-", "1.5", "1e3", "--1", "1-", " 1", "x"}) {
    EXPECT_FALSE(ParseCursorValue(*kNumber, text).ok()) << text;
  }
  for (const char* text : {"", ".", "1.2.3", "1e3", "1,5"}) {
    EXPECT_FALSE(ParseCursorValue(*kPrice, text).ok()) << text;
  }
  for (const char* text : {"", "inf", "nan", "1.5x"}) {
    EXPECT_FALSE(ParseCursorValue(*kReal, text).ok()) << text;
  }
}

}  // namespace
}  // namespace keelboat
