#include "app/metadata.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

std::vector<TableSpec> Parse(const std::string& json) {
  auto specs = ParseTableMetadata(json, "metadata.json", "shop");
  EXPECT_TRUE(specs.ok()) << specs.status().message();
  return specs.ok() ? *specs : std::vector<TableSpec>();
}

std::vector<std::string> Names(const std::vector<TableSpec>& specs) {
  std::vector<std::string> names;
  for (const TableSpec& spec : specs) names.push_back(spec.table);
  return names;
}

TEST(Metadata, ReadsTheDictionaryInItsOwnOrder) {
  const auto specs = Parse(R"({
    "orders": {"load_strategy": "incremental", "incremental_column": "updated_at",
               "description": "Orders"},
    "customers": {"load_strategy": "full", "incremental_column": null, "description": ""},
    "geolocation": {}
  })");
  ASSERT_EQ(Names(specs),
            (std::vector<std::string>{"orders", "customers", "geolocation"}));
  EXPECT_EQ(specs[0].strategy, LoadStrategy::kIncremental);
  EXPECT_EQ(specs[0].incremental_column, "updated_at");
  EXPECT_EQ(specs[0].description, "Orders");
  EXPECT_EQ(specs[0].source, "shop");
  EXPECT_EQ(specs[1].strategy, LoadStrategy::kFull);
  EXPECT_EQ(specs[1].incremental_column, "");
  EXPECT_EQ(specs[2].strategy, LoadStrategy::kFull);
  EXPECT_EQ(specs[2].schema_change, SchemaChange::kEvolve);
  EXPECT_EQ(specs[2].null_cursor, NullCursor::kFail);
  EXPECT_EQ(specs[2].contract_file, "");
  EXPECT_TRUE(Parse("{}").empty());
}

TEST(Metadata, ReadsEveryKey) {
  const auto specs = Parse(R"({"orders": {
    "load_strategy": "hybrid", "incremental_column": "id", "description": "d",
    "primary_key": ["id", "line"], "lookback": 500, "null_cursor": "include",
    "columns": ["id", "line", "price"], "exclude": ["secret"], "where": "price > 0",
    "partition_on": "id", "partitions": 4, "schema_change": "freeze",
    "full_refresh_every": "7d", "source": "bi"}})");
  ASSERT_EQ(specs.size(), 1U);
  const TableSpec& spec = specs[0];
  EXPECT_EQ(spec.strategy, LoadStrategy::kHybrid);
  EXPECT_EQ(spec.primary_key, (std::vector<std::string>{"id", "line"}));
  EXPECT_EQ(spec.lookback, "500");
  EXPECT_EQ(spec.null_cursor, NullCursor::kInclude);
  EXPECT_EQ(spec.columns, (std::vector<std::string>{"id", "line", "price"}));
  EXPECT_EQ(spec.exclude, std::vector<std::string>{"secret"});
  EXPECT_EQ(spec.where, "price > 0");
  EXPECT_EQ(spec.partition_on, "id");
  EXPECT_EQ(spec.partitions, 4);
  EXPECT_EQ(spec.schema_change, SchemaChange::kFreeze);
  EXPECT_EQ(spec.full_refresh_every, std::chrono::seconds(hours(7 * 24)));
  EXPECT_EQ(spec.source, "bi");
}

TEST(Metadata, TakesLookbacksOfTimeAndNumber) {
  for (const char* text :
       {"\"0\"", "0", "\"10m\"", "\"1d\"", "10000", "\"10000\"", "0.5"}) {
    const auto specs = Parse(R"({"t": {"load_strategy": "incremental",
        "incremental_column": "c", "lookback": )" +
                             std::string(text) + "}}");
    ASSERT_EQ(specs.size(), 1U) << text;
    EXPECT_FALSE(specs[0].lookback.empty());
  }
}

constexpr const char* kList = R"({
  "metadata_version": "1.0.0",
  "created_date": "2025-10-01",
  "description": "shop",
  "source_system": "mysql",
  "target_systems": ["minio_data_lake", "snowflake_data_warehouse"],
  "tables": [
    {"source_table": "orders", "strategy": "incremental_by_watermark",
     "targets": {"minio": {"target_table": "orders", "target_path": "raw/orders",
                           "format": "parquet", "compression": "snappy"},
                 "snowflake": {"target_table": "ORDERS"}},
     "description": "Orders", "primary_key": ["order_id"], "load_frequency": "hourly",
     "partition_column": "bought", "watermark_column": "updated",
     "data_classification": "transactional", "estimated_row_count": 99000,
     "schema_file": "orders.json", "pipeline_order": 4},
    {"source_table": "extra", "strategy": "full_load"},
    {"source_table": "items", "strategy": "incremental_by_partition", "primary_key": [],
     "partition_column": "shipped", "watermark_column": null, "pipeline_order": 5},
    {"source_table": "customers", "strategy": "full_load", "watermark_column": null,
     "pipeline_order": 1},
    {"source_table": "sellers", "strategy": "full_load", "pipeline_order": 4}
  ],
  "load_strategies": {"full_load": {"description": "all"}},
  "data_quality_checks": {
    "primary_key_uniqueness": {"enabled": true, "threshold": 1.0, "description": "d"},
    "null_check_primary_keys": {"enabled": false, "threshold": 1.0},
    "row_count_validation": 0.95},
  "data_source_config": {"source_database": {"password": "${MYSQL_PASSWORD}"},
                         "retry_policy": {"max_retries": 3, "retry_delay_seconds": 60,
                                          "exponential_backoff": false}}
})";

TEST(Metadata, ReadsTheOlderListInPipelineOrder) {
  const auto specs = Parse(kList);
  ASSERT_EQ(Names(specs), (std::vector<std::string>{"customers", "orders", "sellers",
                                                    "items", "extra"}));
  const TableSpec& orders = specs[1];
  EXPECT_EQ(orders.strategy, LoadStrategy::kIncremental);
  EXPECT_EQ(orders.incremental_column, "updated");
  EXPECT_EQ(orders.primary_key, std::vector<std::string>{"order_id"});
  EXPECT_EQ(orders.description, "Orders");
  EXPECT_EQ(orders.contract_file, "orders.json");
  EXPECT_EQ(orders.pipeline_order, 4);
  EXPECT_EQ(orders.source, "shop");
  EXPECT_EQ(specs[3].strategy, LoadStrategy::kHybrid);
  EXPECT_EQ(specs[3].incremental_column, "shipped");
  EXPECT_FALSE(specs[4].pipeline_order.has_value());
  for (const TableSpec& spec : specs) {
    EXPECT_EQ(spec.retry.max_retries, 3);
    EXPECT_EQ(spec.retry.delay, seconds(60));
    EXPECT_FALSE(spec.retry.exponential_backoff);
    EXPECT_EQ(spec.quality.primary_key_uniqueness, 1.0);
    EXPECT_EQ(spec.quality.null_check_primary_keys, std::nullopt);
    EXPECT_EQ(spec.quality.row_count_validation, 0.95);
  }
}

TEST(Metadata, PrefersTheRetryPolicyAtTheTop) {
  const auto specs = Parse(R"({"tables": [{"source_table": "t", "strategy": "full"}],
    "retry_policy": {"max_retries": 7, "retry_delay": 600},
    "data_source_config": {"retry_policy": {"max_retries": 1}}})");
  ASSERT_EQ(specs.size(), 1U);
  EXPECT_EQ(specs[0].retry.max_retries, 7);
  EXPECT_EQ(specs[0].retry.delay, seconds(600));
  EXPECT_GE(specs[0].retry.max_delay, specs[0].retry.delay);
  EXPECT_TRUE(specs[0].retry.exponential_backoff);
}

TEST(Metadata, TakesATableNamedTables) {
  EXPECT_EQ(Names(Parse(R"({"tables": {"load_strategy": "full"}})")),
            std::vector<std::string>{"tables"});
}

TEST(Metadata, ReadsTheExampleProject) {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  ASSERT_NE(root, nullptr) << "run by ctest";
  const std::string path =
      std::string(root) + "/examples/olist/metadata/table_metadata.json";
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << path;
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(Parse(json).size(), 9U);
}

struct BadFile {
  std::string json;
  std::string message;
};

void ExpectErrors(const std::vector<BadFile>& cases) {
  for (const BadFile& bad : cases) {
    auto specs = ParseTableMetadata(bad.json, "metadata.json", "shop");
    ASSERT_FALSE(specs.ok()) << bad.json;
    EXPECT_EQ(specs.status().message(), "metadata.json:" + bad.message) << bad.json;
    EXPECT_EQ(KindOf(specs.status()), ErrorKind::kConfig) << bad.json;
  }
}

TEST(Metadata, RefusesBrokenFiles) {
  ExpectErrors({
      {"", "1: the file is empty"},
      {" \n\t", "1: the file is empty"},
      {"[1]", "1: expected an object by table name, found a list"},
      {"{\n  \"orders\": {\n    \"load_strategy\": \"full\",\n  }\n}",
       "4:3: not JSON: syntax error while parsing object key - unexpected '}'; expected "
       "string literal"},
      {"{\"a\": {}",
       "1:9: not JSON: syntax error while parsing object - unexpected end of "
       "input; expected '}'"},
      {"{\n\"a\": {},\n\"b\": {},\n\"a\": {}}", "4: 'a' is given twice, first on line 2"},
      {R"({"": {}})", "1: a table's name is empty"},
      {R"({"a": "full"})", "1: a: expected an object, found a string"},
  });
}

TEST(Metadata, RefusesBadTables) {
  ExpectErrors({
      {"{\n  \"orders\": {\n    \"load_stratgy\": \"full\"\n  }\n}",
       "3: orders: 'load_stratgy' is not a known key (did you mean 'load_strategy'?)"},
      {R"({"a": {"load_strategy": "ful"}})",
       "1: a.load_strategy: 'ful' is not one of full, incremental, hybrid (did you mean "
       "'full'?)"},
      {R"({"a": {"load_strategy": true}})",
       "1: a.load_strategy: expected a string, found true or false"},
      {R"({"a": {"load_strategy": "incremental"}})",
       "1: a.load_strategy: 'incremental' needs an incremental_column"},
      {R"({"a": {"load_strategy": "hybrid", "incremental_column": ""}})",
       "1: a.load_strategy: 'hybrid' needs an incremental_column"},
      {R"({"a": {"incremental_column": "id"}})",
       "1: a.incremental_column: says nothing without a load_strategy (incremental or "
       "hybrid)"},
      {R"({"a": {"primary_key": "id"}})",
       "1: a.primary_key: expected a list, found a string"},
      {R"({"a": {"primary_key": ["id", "id"]}})",
       "1: a.primary_key: 'id' is listed twice"},
      {R"({"a": {"primary_key": [""]}})",
       "1: a.primary_key: expected a list of names, found an empty string"},
      {R"({"a": {"columns": ["x"], "exclude": ["x"]}})",
       "1: a.exclude: 'x' is among columns as well"},
      {R"({"a": {"primary_key": ["x"], "exclude": ["x"]}})",
       "1: a.primary_key: 'x' is excluded from the columns read"},
      {R"({"a": {"load_strategy": "hybrid", "incremental_column": "y", "columns": ["x"]}})",
       "1: a.incremental_column: 'y' is not among columns"},
      {R"({"a": {"lookback": "10 parsecs"}})",
       "1: a.lookback: '10 parsecs' is neither a length of time (30s, 10m, 12h, 1d, 2w) "
       "nor "
       "a number of 0 or more"},
      {R"({"a": {"lookback": -1}})",
       "1: a.lookback: '-1' is neither a length of time (30s, 10m, 12h, 1d, 2w) nor a "
       "number of 0 or more"},
      {R"({"a": {"lookback": []}})",
       "1: a.lookback: expected a length of time or a number, found a list"},
      {R"({"a": {"null_cursor": "includ"}})",
       "1: a.null_cursor: 'includ' is not one of fail, include (did you mean "
       "'include'?)"},
      {R"({"a": {"schema_change": "x"}})",
       "1: a.schema_change: 'x' is not one of evolve, freeze, fail"},
      {R"({"a": {"partitions": 0}})",
       "1: a.partitions: 0 is not a whole number from 1 to 10000"},
      {R"({"a": {"partitions": 2.5}})",
       "1: a.partitions: 2.5 is not a whole number from 1 to 10000"},
      {R"({"a": {"partitions": 99999999999999999999}})",
       "1: a.partitions: 99999999999999999999 is not a whole number from 1 to 10000"},
      {R"({"a": {"full_refresh_every": "0"}})",
       "1: a.full_refresh_every: must be longer than 0"},
  });
  auto refresh = ParseTableMetadata(R"({"a": {"full_refresh_every": "weekly"}})",
                                    "metadata.json", "s");
  ASSERT_FALSE(refresh.ok());
  EXPECT_EQ(
      refresh.status().message().rfind("metadata.json:1: a.full_refresh_every: ", 0), 0U)
      << refresh.status().message();
}

TEST(Metadata, RefusesBadLists) {
  ExpectErrors({
      {R"({"metadata_version": "1"})", "1: 'tables' is missing"},
      {R"({"metadata_version": "1", "tables": {}})",
       "1: tables: expected a list, found an object"},
      {R"({"tables": [], "retry_polcy": {}})",
       "1: 'retry_polcy' is not a known key (did you mean 'retry_policy'?)"},
      {R"({"tables": [3]})", "1: tables: expected an object, found a number"},
      {"{\"tables\": [\n{\"strategy\": \"full_load\"}]}",
       "2: tables: 'source_table' is missing"},
      {R"({"tables": [{"source_table": "t"}]})", "1: t: 'strategy' is missing"},
      {R"({"tables": [{"source_table": "t", "strategy": "full_lod"}]})",
       "1: t.strategy: 'full_lod' is not one of full_load, incremental_by_watermark, "
       "incremental_by_partition (did you mean 'full_load'?)"},
      {R"({"tables": [{"source_table": "t", "strategy": "incremental_by_watermark",
           "watermark_column": null}]})",
       "1: t.strategy: 'incremental_by_watermark' needs a watermark_column"},
      {"{\"tables\": [{\"source_table\": \"t\", \"strategy\": \"full_load\"},\n"
       "{\"source_table\": \"t\", \"strategy\": \"full_load\"}]}",
       "2: tables: 't' is listed twice, first on line 1"},
      {R"({"tables": [{"source_table": "t", "strategy": "full_load", "watermark": "x"}]})",
       "1: t: 'watermark' is not a known key (did you mean 'watermark_column'?)"},
      {R"({"tables": [{"source_table": "t", "strategy": "full_load",
           "targets": {"snowflake": {"target_table": "RAW_T"}}}]})",
       "2: t.targets.snowflake.target_table: 'RAW_T' differs from the source table 't': "
       "tables keep the source's name; rename in a dbt model"},
      {R"({"tables": [{"source_table": "t", "strategy": "full_load",
           "targets": {"minio": {"format": "csv"}}}]})",
       "2: t.targets.minio.format: 'csv': the lake holds parquet"},
      {R"({"tables": [{"source_table": "t", "strategy": "full_load",
           "pipeline_order": "first"}]})",
       "2: t.pipeline_order: expected a number, found a string"},
      {R"({"tables": [], "retry_policy": {"max_retries": -1}})",
       "1: retry_policy.max_retries: -1 is not a whole number from 0 to 100"},
      {R"({"tables": [], "data_quality_checks": {"row_count_validation": 95}})",
       "1: data_quality_checks.row_count_validation: the threshold is a share from 0 to "
       "1"},
      {R"({"tables": [], "data_quality_checks": {"row_count": 1}})",
       "1: data_quality_checks: 'row_count' is not a known key (did you mean "
       "'row_count_validation'?)"},
      {R"({"tables": [], "target_systems": "minio"})",
       "1: target_systems: expected a list, found a string"},
  });
}

}  // namespace
}  // namespace keelboat
