#include "planner/increment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "planner/slice.h"

namespace keelboat {
namespace {

using testing::HasSubstr;
using Texts = std::vector<std::string>;

std::shared_ptr<arrow::Field> Column(const std::string& name,
                                     std::shared_ptr<arrow::DataType> arrow_type,
                                     const std::string& type, bool nullable = false) {
  return arrow::field(name, std::move(arrow_type), nullable,
                      arrow::key_value_metadata({{kSourceTypeKey, type}}));
}

SystemTime At(int64_t seconds) { return SystemTime(std::chrono::seconds(seconds)); }

// A table of orders that follows `edited`, and a lake that was read up to some moment.
class IncrementTest : public testing::Test {
 protected:
  IncrementTest() {
    facts_.spec.table = "orders";
    facts_.spec.source = "shop";
    facts_.spec.strategy = LoadStrategy::kHybrid;
    facts_.spec.incremental_column = "edited";
    facts_.relation.table = "orders";
    facts_.relation.schema = arrow::schema(
        {Column("id", arrow::int64(), "bigint(20)"),
         Column("edited", arrow::timestamp(arrow::TimeUnit::MICRO), "datetime(6)")});
    facts_.relation.primary_key = {"id"};
    facts_.relation.indexes = {{"PRIMARY", {"id"}, true}};
    facts_.cursor = CursorFacts{.max = "2024-03-01 12:00:00.000001", .indexed = true};
    options_.now = At(1'700'000'000);
  }

  // What a first run leaves in the lake.
  void ReadBefore() {
    auto first = Plan();
    facts_.lake = LakeSnapshot{.version = 7,
                               .schema = facts_.relation.schema,
                               .configuration = first.slices.back().configuration};
    facts_.cursor->max = "2024-03-02 00:00:00.000000";
  }

  TablePlan Plan() { return PlanTable(options_, facts_).ValueOrDie(); }
  arrow::Status Error() { return PlanTable(options_, facts_).status(); }

  TableFacts facts_;
  PlanOptions options_;
};

TEST_F(IncrementTest, TheFirstLoadIsFullAndLeavesAWatermark) {
  auto plan = Plan();
  EXPECT_EQ(plan.strategy, LoadStrategy::kFull);
  EXPECT_EQ(plan.reason, "no watermark yet");
  ASSERT_EQ(plan.slices.size(), 1u);
  const Slice& slice = plan.slices[0];
  EXPECT_TRUE(slice.replaces);
  ASSERT_EQ(slice.partitions.size(), 2u);
  const auto& closed = slice.partitions[0];
  const auto& tail = slice.partitions[1];
  EXPECT_FALSE(closed.open_tail);
  EXPECT_EQ(closed.predicates[0].lower, Texts());
  EXPECT_EQ(closed.predicates[0].upper, Texts{"2024-03-01 11:50:00.000001"});
  EXPECT_TRUE(tail.open_tail);
  EXPECT_EQ(tail.predicates[0].lower, Texts{"2024-03-01 11:50:00.000001"});
  EXPECT_EQ(tail.predicates[0].upper, Texts());
  EXPECT_EQ(slice.configuration.at(lake_key::kWatermark), "2024-03-01 12:00:00.000001");
  EXPECT_EQ(slice.configuration.at(lake_key::kOpenFrom), "2024-03-01 11:50:00.000001");
  EXPECT_EQ(slice.configuration.at(lake_key::kKey), R"(["id"])");
}

TEST_F(IncrementTest, TheNextOneReadsFromTheOpenTailOn) {
  ReadBefore();
  auto plan = Plan();
  EXPECT_EQ(plan.strategy, LoadStrategy::kIncremental);
  EXPECT_EQ(plan.reason, "");
  EXPECT_TRUE(plan.check_keys);
  const Slice& slice = plan.slices[0];
  EXPECT_FALSE(slice.replaces);
  ASSERT_EQ(slice.partitions.size(), 2u);
  EXPECT_EQ(slice.partitions[0].predicates[0].lower, Texts{"2024-03-01 11:50:00.000001"});
  EXPECT_EQ(slice.partitions[0].predicates[0].upper, Texts{"2024-03-01 23:50:00.000000"});
  EXPECT_EQ(slice.partitions[1].predicates[0].lower, Texts{"2024-03-01 23:50:00.000000"});
  EXPECT_EQ(slice.configuration.at(lake_key::kWatermark), "2024-03-02 00:00:00.000000");
}

TEST_F(IncrementTest, AnOlderViewDoesNotOverwriteALaterOne) {
  facts_.snapshot.taken_at = "2024-03-02 10:00:00.000002";
  ReadBefore();
  EXPECT_EQ(Plan().strategy, LoadStrategy::kIncremental);
  facts_.snapshot.taken_at = "2024-03-02 10:00:00.000001";
  EXPECT_EQ(KindOf(Error()), ErrorKind::kConflict);
  EXPECT_NE(Error().message().find("someone else"), std::string::npos);
  options_.full_refresh = true;
  EXPECT_EQ(Plan().strategy, LoadStrategy::kFull);
}

TEST_F(IncrementTest, AMaskedColumnIsATextInTheLake) {
  facts_.relation.schema =
      arrow::schema({facts_.relation.schema->field(0), facts_.relation.schema->field(1),
                     Column("note", arrow::int64(), "bigint(20)")});
  facts_.masks = "note:hash";
  facts_.masked = {"note"};
  ReadBefore();
  facts_.lake->schema =
      arrow::schema({facts_.relation.schema->field(0), facts_.relation.schema->field(1),
                     arrow::field("note", arrow::utf8())});
  auto plan = Plan();
  EXPECT_EQ(plan.reason, "");
  EXPECT_TRUE(plan.schema_change.empty());
}

TEST_F(IncrementTest, NothingNewReadsTheTailAgain) {
  ReadBefore();
  facts_.cursor->max = "2024-03-01 12:00:00.000001";
  auto plan = Plan();
  ASSERT_EQ(plan.slices[0].partitions.size(), 1u);
  EXPECT_TRUE(plan.slices[0].partitions[0].open_tail);
  EXPECT_EQ(plan.slices[0].partitions[0].predicates[0].lower,
            Texts{"2024-03-01 11:50:00.000001"});
}

TEST_F(IncrementTest, NeitherWatermarkNorTailGoBack) {
  ReadBefore();
  for (const std::optional<std::string>& max :
       {std::optional<std::string>("2024-01-01 00:00:00.000000"),
        std::optional<std::string>()}) {
    facts_.cursor->max = max;
    auto plan = Plan();
    EXPECT_EQ(plan.cursor->watermark, "2024-03-01 12:00:00.000001");
    EXPECT_EQ(plan.cursor->open_from, "2024-03-01 11:50:00.000001");
    ASSERT_EQ(plan.warnings.size(), 1u);
    EXPECT_THAT(plan.warnings[0], HasSubstr("deleted or set back"));
  }
  // A longer lookback must not reach below what lies in closed files.
  facts_.cursor->max = "2024-03-01 12:00:01.000000";
  facts_.spec.lookback = "2w";
  EXPECT_EQ(Plan().cursor->open_from, "2024-03-01 11:50:00.000001");
}

TEST_F(IncrementTest, TheSourceSaysWhichOfTwoTextsIsLater) {
  facts_.relation.schema = arrow::schema(
      {facts_.relation.schema->field(0), Column("edited", arrow::utf8(), "varchar(20)")});
  facts_.cursor->max = "E1";
  ReadBefore();
  // Its bytes are later, to the source it is not.
  facts_.cursor->max = "c9";
  facts_.cursor_is_back = true;
  auto plan = Plan();
  EXPECT_EQ(plan.cursor->watermark, "E1");
  EXPECT_EQ(plan.cursor->open_from, "E1");
  EXPECT_THAT(plan.warnings, testing::Contains(HasSubstr("deleted or set back")));
  // Its bytes are earlier, to the source it is not.
  facts_.cursor->max = "F1";
  facts_.lake->configuration[lake_key::kWatermark] = "e1";
  facts_.lake->configuration[lake_key::kOpenFrom] = "e1";
  facts_.cursor_is_back = false;
  plan = Plan();
  EXPECT_EQ(plan.cursor->watermark, "F1");
  EXPECT_EQ(plan.cursor->from, "e1");
  EXPECT_EQ(plan.cursor->open_from, "F1");
  EXPECT_THAT(plan.warnings, testing::Not(testing::Contains(HasSubstr("set back"))));
}

TEST_F(IncrementTest, SaysWhyItStartsAnew) {
  ReadBefore();
  auto test = [&](const std::string& why, auto change) {
    const auto facts = facts_;
    const auto options = options_;
    change();
    auto plan = Plan();
    EXPECT_EQ(plan.strategy, LoadStrategy::kFull) << why;
    EXPECT_THAT(plan.reason, HasSubstr(why));
    EXPECT_TRUE(plan.slices[0].replaces);
    EXPECT_EQ(plan.cursor->from, std::nullopt);
    facts_ = facts;
    options_ = options;
  };
  auto& configuration = facts_.lake->configuration;
  auto schema = [&](arrow::FieldVector more) {
    more.insert(more.begin(), facts_.relation.schema->fields().begin(),
                facts_.relation.schema->fields().end());
    facts_.relation.schema = arrow::schema(more);
  };
  test("full refresh was asked for", [&] { options_.full_refresh = true; });
  test("keys differ", [&] { options_.full_because = "keys differ"; });
  test("the cursor was created before",
       [&] { configuration[lake_key::kCursor] = "created"; });
  test("the cursor edited was date before and is datetime(6) now",
       [&] { configuration[lake_key::kCursorType] = "date"; });
  test(R"(the key was ["a","b"] before and is ["id"] now)",
       [&] { configuration[lake_key::kKey] = R"(["a","b"])"; });
  test("where was nothing before and is 'id > 3' now",
       [&] { facts_.spec.where = "id > 3"; });
  test("masks were nothing before and are 'name:hash' now",
       [&] { facts_.masks = "name:hash"; });
  test("null_cursor was changed",
       [&] { facts_.spec.null_cursor = NullCursor::kInclude; });
  test("another program put rows of several commits into one file", [&] {
    facts_.lake->files.push_back({.path = "a.parquet", .rows_version = kMixedVersions});
  });
  test("columns changed: added note",
       [&] { schema({Column("note", arrow::utf8(), "text", true)}); });
  test("columns changed: dropped gone", [&] {
    facts_.lake->schema = arrow::schema(
        {Column("id", arrow::int64(), "bigint(20)"),
         Column("edited", arrow::timestamp(arrow::TimeUnit::MICRO), "datetime(6)"),
         Column("gone", arrow::utf8(), "text")});
  });
  test("columns changed: id: int(11) -> bigint(20)", [&] {
    facts_.lake->schema = arrow::schema(
        {Column("id", arrow::int32(), "int(11)"),
         Column("edited", arrow::timestamp(arrow::TimeUnit::MICRO), "datetime(6)")});
  });
  test("full_refresh_every is due", [&] {
    facts_.spec.full_refresh_every = std::chrono::hours(24);
    options_.now = At(1'700'000'000 + 86'400);
  });
  test("deleted rows could not be seen", [&] {
    facts_.relation.primary_key.clear();
    configuration[lake_key::kKey] = "[]";
  });
}

TEST_F(IncrementTest, AnIncrementalTableTakesNewColumnsAndSaysWhatTheyLack) {
  ReadBefore();
  facts_.spec.strategy = LoadStrategy::kIncremental;
  auto fields = facts_.relation.schema->fields();
  fields.push_back(Column("note", arrow::utf8(), "text", true));
  facts_.relation.schema = arrow::schema(fields);
  auto plan = Plan();
  EXPECT_EQ(plan.strategy, LoadStrategy::kIncremental);
  EXPECT_FALSE(plan.check_keys);
  EXPECT_EQ(plan.slices[0].partitions[0].columns, (Texts{"id", "edited", "note"}));
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_THAT(plan.warnings[0], HasSubstr("added note"));
}

TEST_F(IncrementTest, WarnsOfVersionsThatStayBesideEachOther) {
  facts_.relation.primary_key.clear();
  EXPECT_TRUE(Plan().warnings.empty());
  facts_.spec.strategy = LoadStrategy::kIncremental;
  auto plan = Plan();
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_THAT(plan.warnings[0],
              HasSubstr("no key, so an updated row comes beside its older version"));
}

TEST_F(IncrementTest, FullRefreshEveryWaitsForItsTime) {
  ReadBefore();
  facts_.spec.full_refresh_every = std::chrono::hours(24);
  options_.now += std::chrono::hours(23);
  EXPECT_EQ(Plan().strategy, LoadStrategy::kIncremental);
}

TEST_F(IncrementTest, AKeyThatCannotBeReadIsNoTableWithoutAKey) {
  ReadBefore();
  EXPECT_EQ(KeyOf(*facts_.lake).ValueOrDie(), Texts{"id"});
  EXPECT_EQ(KeyOf(LakeSnapshot{}).ValueOrDie(), Texts{});
  for (const char* text : {"id", "[1]", R"({"id": 1})", R"(["id", "gone"])"}) {
    facts_.lake->configuration[lake_key::kKey] = text;
    const auto key = KeyOf(*facts_.lake);
    EXPECT_EQ(KindOf(key.status()), ErrorKind::kData) << text;
    EXPECT_THAT(key.status().message(), HasSubstr(text));
  }
}

TEST_F(IncrementTest, RowsWithoutAValueAreAnErrorUnlessIncluded) {
  facts_.relation.schema = arrow::schema(
      {Column("id", arrow::int64(), "bigint(20)"),
       Column("edited", arrow::timestamp(arrow::TimeUnit::MICRO), "datetime(6)", true)});
  facts_.cursor->nulls = 12;
  EXPECT_EQ(KindOf(Error()), ErrorKind::kData);
  EXPECT_THAT(Error().message(), HasSubstr("12 rows have no value in the cursor edited"));
  facts_.spec.null_cursor = NullCursor::kInclude;
  auto plan = Plan();
  EXPECT_TRUE(plan.slices[0].partitions[1].predicates[0].or_null);
  EXPECT_FALSE(plan.slices[0].partitions[0].predicates[0].or_null);
}

TEST_F(IncrementTest, WarnsOfWhatAnIncrementCannotSee) {
  facts_.cursor->has_future = true;
  facts_.cursor->indexed = false;
  facts_.cursor->scan_rows = 99441;
  facts_.spec.lookback = "0";
  std::string all;
  for (const auto& warning : Plan().warnings) all += warning + "\n";
  EXPECT_THAT(all, HasSubstr("beyond the server's clock"));
  EXPECT_THAT(all, HasSubstr("scans about 99441 rows"));
  EXPECT_THAT(all, HasSubstr("lookback is 0"));
}

TEST_F(IncrementTest, ALookbackMustFitTheCursor) {
  facts_.spec.lookback = "10000";
  EXPECT_EQ(KindOf(Error()), ErrorKind::kConfig);
  EXPECT_THAT(Error().message(), HasSubstr("such as 10m or 1d"));
}

TEST_F(IncrementTest, ALongFirstLoadIsASeriesOfIncrements) {
  auto plan = Plan();
  ASSERT_TRUE(SliceAt({"2024-01-01 00:00:00.000000", "2024-02-01 00:00:00.000000",
                       "2025-01-01 00:00:00.000000"},
                      plan)
                  .ok());
  ASSERT_EQ(plan.slices.size(), 3u) << "what lies beyond the watermark is no bound";
  std::optional<std::string> from;
  for (std::size_t i = 0; i < plan.slices.size(); ++i) {
    const Slice& slice = plan.slices[i];
    EXPECT_EQ(slice.replaces, i == 0);
    ASSERT_EQ(slice.partitions.size(), 2u);
    const auto& closed = slice.partitions[0].predicates[0];
    const auto& tail = slice.partitions[1].predicates[0];
    EXPECT_EQ(closed.lower, from.has_value() ? Texts{*from} : Texts());
    EXPECT_EQ(closed.upper, tail.lower);
    EXPECT_EQ(tail.lower, Texts{slice.configuration.at(lake_key::kOpenFrom)});
    from = slice.configuration.at(lake_key::kOpenFrom);
  }
  EXPECT_EQ(plan.slices[0].configuration.at(lake_key::kWatermark),
            "2024-01-01 00:00:00.000000");
  EXPECT_EQ(plan.slices[0].partitions[1].predicates[0].upper,
            Texts{"2024-01-01 00:00:00.000000"});
  EXPECT_EQ(plan.slices[2].partitions[1].predicates[0].upper, Texts());
}

TEST_F(IncrementTest, WhatACrashLeftOfALongLoadIsASeriesOfIncrementsToo) {
  ReadBefore();
  facts_.cursor->max = "2024-06-01 00:00:00.000000";
  auto plan = Plan();
  ASSERT_EQ(plan.strategy, LoadStrategy::kIncremental);
  ASSERT_TRUE(
      SliceAt({"2024-01-01 00:00:00.000000", "2024-04-01 00:00:00.000000"}, plan).ok());
  ASSERT_EQ(plan.slices.size(), 2u) << "what was read before is no bound";
  std::string from = "2024-03-01 11:50:00.000001";
  for (const Slice& slice : plan.slices) {
    EXPECT_FALSE(slice.replaces);
    EXPECT_EQ(slice.partitions.front().predicates[0].lower, Texts{from});
    from = slice.configuration.at(lake_key::kOpenFrom);
  }
  EXPECT_EQ(plan.slices[0].configuration.at(lake_key::kWatermark),
            "2024-04-01 00:00:00.000000");
}

TEST_F(IncrementTest, PartitionsAreCutAndNumbered) {
  auto plan = Plan();
  auto split = [](const Partition& partition) -> arrow::Result<Split> {
    Split split;
    if (partition.open_tail) {
      split.pieces = {{std::nullopt, 10}};
      return split;
    }
    for (const char* bound : {"1", "2"}) {
      split.pieces.push_back({Predicate{.columns = {"id"}, .lower = {bound}}, 50});
    }
    return split;
  };
  ASSERT_TRUE(CutPartitions(split, plan).ok());
  const auto& partitions = plan.slices[0].partitions;
  ASSERT_EQ(partitions.size(), 3u);
  EXPECT_EQ(partitions[0].predicates.size(), 2u);
  EXPECT_EQ(partitions[2].predicates.size(), 1u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(partitions[static_cast<size_t>(i)].ordinal, i);
}

TEST(Cursor, LooksBackWithinItsType) {
  auto back = [](std::shared_ptr<arrow::DataType> type, const std::string& value,
                 const std::string& lookback) {
    return LookBack(*arrow::field("c", std::move(type)), value, lookback).ValueOrDie();
  };
  EXPECT_EQ(back(arrow::int64(), "10001", ""), "1");
  EXPECT_EQ(back(arrow::uint64(), "18446744073709551615", "1"), "18446744073709551614");
  EXPECT_EQ(back(arrow::uint32(), "5", ""), "0");
  EXPECT_EQ(back(arrow::int8(), "5", ""), "-128");
  EXPECT_EQ(back(arrow::decimal128(10, 2), "5.25", "0.5"), "4.75");
  EXPECT_EQ(back(arrow::decimal128(4, 2), "5.25", "1000"), "-99.99");
  EXPECT_EQ(back(arrow::float64(), "1.5", "1"), "0.5");
  EXPECT_EQ(back(arrow::date32(), "2024-03-01", ""), "2024-02-29");
  EXPECT_EQ(back(arrow::date32(), "2024-03-01", "12h"), "2024-02-29");
  EXPECT_EQ(
      back(arrow::timestamp(arrow::TimeUnit::MICRO), "2024-01-01 00:00:00.000001", ""),
      "2023-12-31 23:50:00.000001");
  EXPECT_EQ(back(arrow::utf8(), "x7", ""), "x7");
}

TEST(Cursor, ComparesNumbersAsNumbers) {
  auto compare = [](const char* left, const char* right) {
    return CompareCursors(CursorKind::kNumber, left, right).ValueOrDie();
  };
  EXPECT_LT(compare("9", "10"), 0);
  EXPECT_GT(compare("-9", "-10"), 0);
  EXPECT_EQ(compare("1.50", "1.5"), 0);
  EXPECT_GT(compare("1e3", "999.5"), 0);
  EXPECT_GT(compare("18446744073709551615", "9223372036854775807"), 0);
}

TEST(Cursor, RefusesTypesWithoutOrder) {
  EXPECT_EQ(KindOf(CursorKindOf(*arrow::field("b", arrow::boolean())).status()),
            ErrorKind::kConfig);
  EXPECT_EQ(KindOf(CursorKindOf(*arrow::field("b", arrow::binary())).status()),
            ErrorKind::kConfig);
}

}  // namespace
}  // namespace keelboat
