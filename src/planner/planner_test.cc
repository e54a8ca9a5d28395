#include "planner/planner.h"

#include <algorithm>

#include <gtest/gtest.h>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::shared_ptr<arrow::Field> Column(const std::string& name, const std::string& type,
                                     bool nullable = false) {
  return arrow::field(name, arrow::utf8(), nullable,
                      arrow::key_value_metadata({{kSourceTypeKey, type}}));
}

TableFacts Orders() {
  TableFacts facts;
  facts.spec.table = "orders";
  facts.spec.source = "shop";
  facts.relation.table = "orders";
  facts.relation.schema =
      arrow::schema({Column("id", "char(32)"), Column("day", "date", true),
                     Column("price", "decimal(10,2)")});
  facts.relation.primary_key = {"id"};
  facts.relation.indexes = {{"PRIMARY", {"id"}, true}};
  return facts;
}

LakeSnapshot LakeWith(arrow::FieldVector fields) {
  LakeSnapshot lake;
  lake.version = 4;
  lake.schema = arrow::schema(std::move(fields));
  return lake;
}

TEST(Planner, AFullTableIsOnePartitionOfAllColumns) {
  auto plan = PlanTable({}, Orders()).ValueOrDie();
  EXPECT_EQ(plan.strategy, LoadStrategy::kFull);
  EXPECT_EQ(plan.reason, "");
  ASSERT_EQ(plan.slices[0].partitions.size(), 1u);
  EXPECT_EQ(plan.slices[0].partitions[0].columns,
            (std::vector<std::string>{"id", "day", "price"}));
  EXPECT_EQ(plan.slices[0].partitions[0].limit, std::nullopt);
  EXPECT_EQ(plan.key, std::vector<std::string>{"id"});
}

TEST(Planner, NamesTheNearestColumn) {
  auto facts = Orders();
  facts.spec.strategy = LoadStrategy::kIncremental;
  facts.spec.incremental_column = "dya";
  auto plan = PlanTable({}, facts);
  EXPECT_EQ(KindOf(plan.status()), ErrorKind::kConfig);
  EXPECT_NE(plan.status().message().find("did you mean 'day'"), std::string::npos);
}

TEST(Planner, ColumnsAndExcludeChoose) {
  auto facts = Orders();
  facts.spec.columns = {"price", "id"};
  facts.spec.exclude = {"price"};
  EXPECT_EQ(PlanTable({}, facts).ValueOrDie().slices[0].partitions[0].columns,
            std::vector<std::string>{"id"});
  facts.spec.exclude = {"price", "id"};
  EXPECT_EQ(KindOf(PlanTable({}, facts).status()), ErrorKind::kConfig);
}

TEST(Planner, TestModeLimitsRows) {
  auto plan = PlanTable({.row_limit = 1000}, Orders()).ValueOrDie();
  EXPECT_EQ(plan.slices[0].partitions[0].limit, 1000);
}

TEST(Planner, ADeclaredKeyThatIsNotUniqueIsWarnedAboutAndNotUsed) {
  auto facts = Orders();
  facts.spec.primary_key = {"day"};
  facts.key_duplicates = 12;
  auto plan = PlanTable({}, facts).ValueOrDie();
  EXPECT_TRUE(plan.key.empty());
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_NE(plan.warnings[0].find("12 rows"), std::string::npos);
}

TEST(Planner, KnowsWhichKeysAnIndexProves) {
  auto relation = Orders().relation;
  EXPECT_TRUE(IsProvenKey(relation, {"id"}));
  EXPECT_TRUE(IsProvenKey(relation, {"price", "id"}));
  EXPECT_FALSE(IsProvenKey(relation, {"price"}));
  relation.indexes.push_back({"u", {"day"}, true});
  EXPECT_FALSE(IsProvenKey(relation, {"day"})) << "a unique index over nullable columns";
}

TEST(Planner, EvolveTakesEveryChangeOfAFullLoad) {
  auto facts = Orders();
  facts.lake = LakeWith({Column("id", "int(11)"), Column("old", "text")});
  auto plan = PlanTable({}, facts).ValueOrDie();
  EXPECT_EQ(plan.schema_change.added, (std::vector<std::string>{"day", "price"}));
  EXPECT_EQ(plan.schema_change.dropped, std::vector<std::string>{"old"});
  EXPECT_EQ(plan.schema_change.retyped,
            std::vector<std::string>{"id: int(11) -> char(32)"});
  EXPECT_EQ(plan.lake_version, 4);
}

TEST(Planner, FailRefusesAnyChange) {
  auto facts = Orders();
  facts.spec.schema_change = SchemaChange::kFail;
  facts.lake = LakeWith({Column("id", "char(32)"), Column("day", "date")});
  auto plan = PlanTable({}, facts);
  EXPECT_EQ(KindOf(plan.status()), ErrorKind::kContract);
  EXPECT_NE(plan.status().message().find("added price"), std::string::npos);
  EXPECT_TRUE(PlanTable({.full_refresh = true}, facts).ok());
}

TEST(Planner, FreezeLeavesNewColumnsOutAndRefusesTheRest) {
  auto facts = Orders();
  facts.spec.schema_change = SchemaChange::kFreeze;
  facts.lake = LakeWith({Column("id", "char(32)"), Column("day", "date")});
  auto plan = PlanTable({}, facts).ValueOrDie();
  EXPECT_EQ(plan.slices[0].partitions[0].columns,
            (std::vector<std::string>{"id", "day"}));
  EXPECT_EQ(plan.warnings.size(), 1u);
  facts.lake = LakeWith({Column("id", "char(32)"), Column("gone", "date")});
  EXPECT_EQ(KindOf(PlanTable({}, facts).status()), ErrorKind::kContract);
}

TEST(Planner, OrdersByPipelineOrderThenSmallTablesThenTheLargest) {
  auto named = [](const char* name, std::optional<int> order, int64_t bytes) {
    TablePlan plan;
    plan.spec.table = name;
    plan.spec.pipeline_order = order;
    plan.relation.estimated_bytes = bytes;
    return plan;
  };
  std::vector<TablePlan> tables = {named("large", {}, int64_t{1} << 30),
                                   named("small", {}, 2),
                                   named("largest", {}, int64_t{1} << 40),
                                   named("second", 2, 1),
                                   named("smallest", {}, 1),
                                   named("first", 1, 1)};
  std::stable_sort(tables.begin(), tables.end(), BeginsBefore);
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.spec.table);
  EXPECT_EQ(names, (std::vector<std::string>{"first", "second", "smallest", "small",
                                             "largest", "large"}));
}

TEST(Planner, AHashBucketIsPrintedWhole) {
  auto facts = Orders();
  Plan plan{{PlanTable({}, facts).ValueOrDie()}};
  Predicate bucket;
  bucket.kind = PredicateKind::kHash;
  bucket.columns = {"id"};
  bucket.bucket = 2;
  bucket.buckets = 4;
  plan.tables[0].slices[0].partitions[0].predicates = {bucket};
  EXPECT_NE(PlanToJson(plan).find(R"("kind": "hash",
              "columns": [
                "id"
              ],
              "bucket": 2,
              "buckets": 4)"),
            std::string::npos)
      << PlanToJson(plan);
}

TEST(Planner, ThePlanPrintsAsStableJson) {
  auto facts = Orders();
  facts.spec.columns = {"id"};
  facts.spec.where = "price > 0";
  Plan plan{{PlanTable({}, facts).ValueOrDie()}};
  EXPECT_EQ(PlanToJson(plan), R"({
  "tables": [
    {
      "table": "orders",
      "source": "shop",
      "asked": "full",
      "strategy": "full",
      "reason": "",
      "key": [
        "id"
      ],
      "estimated_rows": null,
      "estimated_bytes": null,
      "lake_version": null,
      "snapshot": {
        "id": "",
        "consistency": "statement",
        "position": "",
        "taken_at": "",
        "note": ""
      },
      "cursor": null,
      "watermark": null,
      "schema_change": {
        "added": [],
        "dropped": [],
        "retyped": []
      },
      "warnings": [],
      "partitions": [
        {
          "source": "shop",
          "table": "orders",
          "sql": "",
          "columns": [
            "id"
          ],
          "where": "price > 0",
          "predicates": [],
          "ordinal": 0,
          "open_tail": false,
          "estimated_rows": null,
          "limit": null,
          "snapshot": "",
          "slice": 0
        }
      ]
    }
  ]
})");
}

}  // namespace
}  // namespace keelboat
