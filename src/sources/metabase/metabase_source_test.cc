#include "sources/metabase/metabase_source.h"

#include <chrono>
#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/metabase_standin.h"

namespace keelboat {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MetabaseStandin;
using namespace std::chrono_literals;

class MetabaseSourceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    standin_ = std::make_unique<MetabaseStandin>("v63", 3000);
  }
  static void TearDownTestSuite() { standin_.reset(); }

  MetabaseSourceTest() {
    standin_->Reset();
    MetabaseOptions options;
    options.url = standin_->url();
    options.api_key = MetabaseStandin::kApiKey;
    options.database = "2";
    options.retries = 2;
    source_ = *MakeMetabaseSource("bi", options, {.delay = 5ms, .max_delay = 20ms});
  }

  arrow::Result<CursorFacts> Measure(const Relation& relation, const std::string& column,
                                     const std::string& where = "") {
    SnapshotRequest request;
    ARROW_ASSIGN_OR_RAISE(auto view, source_->OpenSnapshot(request, {}));
    return view->MeasureCursor(relation, column, where, {});
  }
  int64_t RowsOf(const Relation& relation) {
    Partition whole;
    whole.table = relation.table;
    whole.sql = relation.sql;
    whole.columns = relation.schema->field_names();
    auto reader = source_->Read(relation, whole, {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    auto table = (*reader)->ToTable();
    EXPECT_TRUE(table.ok()) << table.status();
    return (*table)->num_rows();
  }

  static std::unique_ptr<MetabaseStandin> standin_;
  std::unique_ptr<Source> source_;
};

std::unique_ptr<MetabaseStandin> MetabaseSourceTest::standin_;

TEST_F(MetabaseSourceTest, SaysWhatIsThere) {
  const auto info = source_->Check({});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_THAT(info->product, HasSubstr("Metabase over ClickHouse"));
  EXPECT_THAT(info->endpoint, HasSubstr("/Growth Team Clickhouse Connection"));
  EXPECT_FALSE(info->tls);
  EXPECT_FALSE(source_->HasSnapshots());
}

TEST_F(MetabaseSourceTest, ListsAndDescribesTables) {
  EXPECT_THAT(*source_->ListTables({}),
              ElementsAre("events", "orders", "skewed", "types", "vdom", "vendors"));
  const auto relation = source_->DescribeTable("vdom", {});
  ASSERT_TRUE(relation.ok()) << relation.status();
  EXPECT_EQ(relation->table, "vdom");
  EXPECT_EQ(relation->sql, "");
  EXPECT_EQ(relation->schema->field(0)->name(), "vendor_id");
  // A sorting key proves nothing.
  EXPECT_TRUE(relation->primary_key.empty());
  ASSERT_EQ(relation->indexes.size(), 1U);
  EXPECT_FALSE(relation->indexes[0].unique);
  EXPECT_THAT(relation->indexes[0].columns, ElementsAre("vendor_id", "day"));
  const auto missing = source_->DescribeTable("vendor", {}).status();
  EXPECT_EQ(KindOf(missing), ErrorKind::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("did you mean 'vendors'"));
}

TEST_F(MetabaseSourceTest, ReadsATableAndACard) {
  EXPECT_EQ(RowsOf(*source_->DescribeTable("orders", {})), 3000);
  const auto card = source_->DescribeCard("Q3vendorsAllOfThemX003", {}, {});
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->card, "3");
  EXPECT_EQ(RowsOf(*card), 150);
}

TEST_F(MetabaseSourceTest, CountsDuplicates) {
  EXPECT_EQ(*source_->CountDuplicates("orders", {"order_id"}, {}), 0);
  EXPECT_EQ(*source_->CountDuplicates("vdom", {"vendor_id", "day"}, {}), 0);
  // Ninety-nine of a hundred rows share one id.
  EXPECT_GE(*source_->CountDuplicates("skewed", {"id"}, {}), 2970);
  EXPECT_EQ(KindOf(source_->CountDuplicates("orders", {"order"}, {}).status()),
            ErrorKind::kNotFound);
}

TEST_F(MetabaseSourceTest, MeasuresCursorsOfEveryKind) {
  const Relation orders = *source_->DescribeTable("orders", {});
  const auto number = Measure(orders, "order_id");
  ASSERT_TRUE(number.ok()) << number.status();
  EXPECT_EQ(number->max, "8998");
  EXPECT_EQ(number->nulls, 0);
  EXPECT_TRUE(number->indexed);
  EXPECT_FALSE(number->has_future);
  const auto moment = *Measure(orders, "created_at");
  ASSERT_TRUE(moment.max.has_value());
  EXPECT_EQ(moment.max->size(), 26U) << *moment.max;
  EXPECT_FALSE(moment.indexed);
  EXPECT_EQ(moment.scan_rows, 3000);
  const auto day = *Measure(orders, "order_date");
  EXPECT_EQ(*day.max, moment.max->substr(0, 10));
  EXPECT_EQ(*Measure(orders, "order_id", "order_id < 100")->max, "97");
  EXPECT_EQ(Measure(orders, "order_id", "order_id < 0")->max, std::nullopt);
  EXPECT_GT(Measure(orders, "delivered_at")->nulls, 0);
  EXPECT_THAT(*Measure(orders, "city")->max, HasSubstr("Åre"));
  EXPECT_EQ(KindOf(Measure(orders, "nonsense").status()), ErrorKind::kNotFound);
}

TEST_F(MetabaseSourceTest, ACursorNeverPassesTheDatabasesOwnTime) {
  const auto query = source_->DescribeQuery(
      "SELECT toDateTime64('2024-01-02 03:04:05.678901', 6, 'UTC') AS at, "
      "toDate('2024-01-02') AS day UNION ALL "
      "SELECT toDateTime64('2200-01-01 00:00:00', 6, 'UTC'), toDate('2149-01-01')",
      {});
  ASSERT_TRUE(query.ok()) << query.status();
  const auto moment = Measure(*query, "at");
  ASSERT_TRUE(moment.ok()) << moment.status();
  EXPECT_EQ(moment->max, "2024-01-02 03:04:05.678901");
  EXPECT_TRUE(moment->has_future);
  const auto day = *Measure(*query, "day");
  EXPECT_EQ(day.max, "2024-01-02");
  EXPECT_TRUE(day.has_future);
}

TEST_F(MetabaseSourceTest, ASnapshotSaysThatItIsNone) {
  SnapshotRequest request;
  request.connections = 2;
  const auto view = source_->OpenSnapshot(request, {});
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ((*view)->info().consistency, Consistency::kStatement);
  EXPECT_EQ((*view)->info().taken_at.size(), 26U);
  EXPECT_THAT((*view)->info().note, HasSubstr("counts before and after"));
  EXPECT_NE((*view)->info().id, (*source_->OpenSnapshot(request, {}))->info().id);
}

TEST_F(MetabaseSourceTest, ARefusedLoginIsRememberedByTheSource) {
  MetabaseOptions options;
  options.url = standin_->url();
  options.username = MetabaseStandin::kUsername;
  options.password = "wrong";
  options.database = "2";
  auto source = *MakeMetabaseSource("bi", options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(KindOf(source->ListTables({}).status()), ErrorKind::kAuth);
  }
  EXPECT_EQ(standin_->Count("login"), 1);
}

TEST_F(MetabaseSourceTest, OptionsThatCannotBeMeantAreRefusedAtOnce) {
  MetabaseOptions options;
  options.url = standin_->url();
  const auto status = MakeMetabaseSource("bi", options).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("source bi"));
  options.api_key = MetabaseStandin::kApiKey;
  options.retries = -1;
  EXPECT_THAT(MakeMetabaseSource("bi", options).status().message(),
              HasSubstr("`retries`"));
}

}  // namespace
}  // namespace keelboat
