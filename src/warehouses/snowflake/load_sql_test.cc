// Every statement of a load, word for word: what a stand-in cannot judge is reviewed
// here.

#include "warehouses/snowflake/load_sql.h"

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/snowflake_fixture.h"
#include "warehouses/snowflake/copy.h"
#include "warehouses/snowflake/ledger.h"
#include "warehouses/snowflake/load_name.h"
#include "warehouses/snowflake/setup.h"

namespace keelboat::snowflake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Place kPlace = {"OLIST", "RAW"};

LoadRequest Request() {
  auto schema =
      arrow::schema({LakeField("id", arrow::int32()), LakeField("Kind of", arrow::utf8()),
                     LakeField("extra", arrow::utf8(), {{kLogicalTypeKey, "json"}})});
  LoadRequest request = RequestFor("Orders", schema, {{"/lake/a.parquet", 2, 1}}, 7);
  request.run_id = "it's a run";
  request.key = {"id", "Kind of"};
  return request;
}

LoadSql SqlOf(const LoadRequest& request) {
  return *LoadSql::Make(kPlace, request, request.files, "_KEELBOAT_LOAD_X");
}

TEST(LoadSqlTest, StagesAndCounts) {
  const LoadRequest request = Request();
  const LoadSql sql = SqlOf(request);
  EXPECT_EQ(sql.CreateStaging(),
            "CREATE TRANSIENT TABLE \"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\" (\"ID\" "
            "NUMBER(10,0), \"KIND OF\" VARCHAR, \"EXTRA\" VARCHAR) "
            "DATA_RETENTION_TIME_IN_DAYS = 0");
  EXPECT_EQ(sql.CountStaged(),
            "SELECT COUNT(*), COUNT_IF(\"ID\" IS NULL OR \"KIND OF\" IS NULL), "
            "COUNT_IF(\"EXTRA\" IS NOT NULL AND TRY_PARSE_JSON(\"EXTRA\") IS NULL) FROM "
            "\"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\"");
  EXPECT_EQ(sql.CountKeys(),
            "SELECT COUNT(*) FROM (SELECT \"ID\", \"KIND OF\" FROM "
            "\"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\" GROUP BY \"ID\", \"KIND OF\" HAVING "
            "COUNT(*) > 1)");
  EXPECT_EQ(sql.DropStaging(),
            "DROP TABLE IF EXISTS \"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\"");
}

TEST(LoadSqlTest, PublishesWhole) {
  const LoadRequest request = Request();
  const LoadSql sql = SqlOf(request);
  EXPECT_EQ(sql.CreateTarget(),
            "CREATE TABLE IF NOT EXISTS \"OLIST\".\"RAW\".\"ORDERS\" (\"ID\" "
            "NUMBER(10,0), \"KIND OF\" VARCHAR, \"EXTRA\" VARIANT, \"_KEELBOAT_RUN_ID\" "
            "VARCHAR, \"_KEELBOAT_LOADED_AT\" TIMESTAMP_TZ(6))");
  EXPECT_EQ(sql.DeleteAll(), "DELETE FROM \"OLIST\".\"RAW\".\"ORDERS\"");
  const std::string values =
      "SELECT \"ID\", \"KIND OF\", PARSE_JSON(\"EXTRA\") AS \"EXTRA\", 'it''s a run' AS "
      "\"_KEELBOAT_RUN_ID\", CAST('2026-11-21 02:00:00.123463' AS TIMESTAMP_TZ(6)) AS "
      "\"_KEELBOAT_LOADED_AT\" FROM \"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\"";
  EXPECT_EQ(sql.Insert(),
            "INSERT INTO \"OLIST\".\"RAW\".\"ORDERS\" (\"ID\", \"KIND OF\", \"EXTRA\", "
            "\"_KEELBOAT_RUN_ID\", \"_KEELBOAT_LOADED_AT\") " +
                values);
  EXPECT_EQ(sql.ReplaceTarget(),
            "CREATE OR REPLACE TABLE \"OLIST\".\"RAW\".\"ORDERS\" (\"ID\" NUMBER(10,0), "
            "\"KIND OF\" VARCHAR, \"EXTRA\" VARIANT, \"_KEELBOAT_RUN_ID\" VARCHAR, "
            "\"_KEELBOAT_LOADED_AT\" TIMESTAMP_TZ(6)) COPY GRANTS AS " +
                values);
}

TEST(LoadSqlTest, PublishesTheNewestOfEachKey) {
  LoadRequest request = Request();
  request.key = {"id"};
  request.files.push_back({"s3://b/lake/it's.parquet", 1, 5});
  const LoadSql sql = SqlOf(request);
  EXPECT_TRUE(sql.has_versions());
  EXPECT_THAT(sql.CreateStaging(), HasSubstr(", \"_KEELBOAT_FILE\" VARCHAR)"));
  EXPECT_EQ(sql.CountKeys(),
            "SELECT COUNT(*) FROM (SELECT DISTINCT \"ID\" FROM "
            "\"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\")");
  EXPECT_THAT(
      sql.Insert(),
      HasSubstr(" FROM (SELECT STAGED.\"ID\", STAGED.\"KIND OF\", STAGED.\"EXTRA\" FROM "
                "\"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\" AS STAGED JOIN (VALUES "
                "('a.parquet', 1), "
                "('it''s.parquet', 5)) AS VERSIONS (\"FILE_NAME\", \"ROWS_VERSION\") ON "
                "VERSIONS.\"FILE_NAME\" = SPLIT_PART(STAGED.\"_KEELBOAT_FILE\", '/', -1) "
                "QUALIFY "
                "RANK() OVER (PARTITION BY STAGED.\"ID\" ORDER BY "
                "VERSIONS.\"ROWS_VERSION\" DESC) "
                "= 1) AS NEWEST"));
}

TEST(LoadSqlTest, AppliesIncrements) {
  LoadRequest request = Request();
  request.increment = LoadIncrement{6, {}, "id", "12", false, request.files};
  const LoadSql sql = SqlOf(request);
  EXPECT_EQ(sql.DeleteOutdated("12"),
            "DELETE FROM \"OLIST\".\"RAW\".\"ORDERS\" WHERE \"ID\" >= 12");
  EXPECT_EQ(sql.DeleteArrived(),
            "DELETE FROM \"OLIST\".\"RAW\".\"ORDERS\" USING (SELECT DISTINCT \"ID\", "
            "\"KIND OF\" FROM \"OLIST\".\"RAW\".\"_KEELBOAT_LOAD_X\") AS ARRIVED WHERE "
            "\"ORDERS\".\"ID\" = ARRIVED.\"ID\" AND \"ORDERS\".\"KIND OF\" = "
            "ARRIVED.\"KIND OF\"");
  request.increment->or_null = true;
  EXPECT_EQ(
      SqlOf(request).DeleteOutdated("12"),
      "DELETE FROM \"OLIST\".\"RAW\".\"ORDERS\" WHERE \"ID\" >= 12 OR \"ID\" IS NULL");
}

TEST(LoadSqlTest, AltersAndComments) {
  const LoadRequest request = Request();
  const LoadSql sql = SqlOf(request);
  const Column column = {"NEW \"ONE\"", "new \"one\"", "NUMBER(19,0)", "what's new"};
  EXPECT_EQ(sql.AddColumn(column),
            "ALTER TABLE \"OLIST\".\"RAW\".\"ORDERS\" ADD COLUMN IF NOT EXISTS \"NEW "
            "\"\"ONE\"\"\" NUMBER(19,0)");
  EXPECT_EQ(
      sql.WidenColumn(column),
      "ALTER TABLE \"OLIST\".\"RAW\".\"ORDERS\" ALTER COLUMN \"NEW \"\"ONE\"\"\" SET "
      "DATA TYPE NUMBER(19,0)");
  EXPECT_EQ(sql.CommentOnTable(),
            "COMMENT ON TABLE \"OLIST\".\"RAW\".\"ORDERS\" IS 'The table''s Orders.'");
  EXPECT_EQ(
      sql.CommentOnColumn(column),
      "COMMENT ON COLUMN \"OLIST\".\"RAW\".\"ORDERS\".\"NEW \"\"ONE\"\"\" IS 'what''s "
      "new'");
}

TEST(LoadSqlTest, BoundsHaveTheTypeOfTheirCursor) {
  LoadRequest request = Request();
  request.increment.emplace();
  auto bound = [&](const std::string& type, const std::string& text) {
    request.increment->open_from = text;
    auto found = BoundOf(request, {"C", "c", type, ""});
    if (found.ok()) return *found;
    EXPECT_EQ(KindOf(found.status()), ErrorKind::kConflict);
    EXPECT_EQ(DetailOf(found.status(), kWholeLoad), "needed");
    return std::string("whole load");
  };
  EXPECT_EQ(bound("NUMBER(10,0)", "-5"), "-5");
  EXPECT_EQ(bound("NUMBER(10,2)", "5.25"), "5.25");
  EXPECT_EQ(bound("NUMBER(10,0)", "5; DROP"), "whole load");
  EXPECT_EQ(bound("FLOAT", "1.5e3"), "CAST('1.5e3' AS FLOAT)");
  EXPECT_EQ(bound("DATE", "2026-01-31"), "CAST('2026-01-31' AS DATE)");
  EXPECT_EQ(bound("DATE", "2026-01-31 10:00:00"), "whole load");
  EXPECT_EQ(bound("TIMESTAMP_NTZ(6)", "2026-01-31T10:00:00.000001"),
            "CAST('2026-01-31 10:00:00.000001' AS TIMESTAMP_NTZ(6))");
  EXPECT_EQ(bound("TIMESTAMP_TZ(6)", "2026-01-31T10:00:00Z"),
            "CAST('2026-01-31 10:00:00' AS TIMESTAMP_TZ(6))");
  EXPECT_EQ(bound("VARCHAR", "x"), "whole load");
}

TEST(CopyTest, PutsAndCopies) {
  const std::string folder = StageFolder(kPlace.Name("KEELBOAT_STAGE"), "loads/X/");
  EXPECT_EQ(*PutStatement("/data/my lake/a.parquet", folder),
            "PUT 'file:///data/my lake/a.parquet' "
            "@\"OLIST\".\"RAW\".\"KEELBOAT_STAGE\"/loads/X/ AUTO_COMPRESS = FALSE "
            "SOURCE_COMPRESSION = NONE OVERWRITE = FALSE");
  for (const char* path : {"/a*.parquet", "/a?", "/[a]", "/it's", "/a\\b", "relative"}) {
    EXPECT_EQ(KindOf(PutStatement(path, folder).status()), ErrorKind::kUnsupported)
        << path;
  }
  const std::vector<StagedFile> files = {{"a.parquet", {"/lake/a.parquet", 2}},
                                         {"b.parquet", {"/lake/b.parquet", 3}}};
  EXPECT_EQ(CopyStatement("\"T\"", folder, files, ""),
            "COPY INTO \"T\" FROM @\"OLIST\".\"RAW\".\"KEELBOAT_STAGE\"/loads/X/ FILES = "
            "('a.parquet', 'b.parquet') FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = "
            "TRUE BINARY_AS_TEXT = FALSE USE_VECTORIZED_SCANNER = TRUE) "
            "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = ABORT_STATEMENT FORCE = "
            "TRUE");
  EXPECT_THAT(CopyStatement("\"T\"", folder, files, "\"F\""),
              HasSubstr(" INCLUDE_METADATA = (\"F\" = METADATA$FILENAME) "));
}

TEST(CopyTest, CountsEachFile) {
  const std::vector<StagedFile> files = {{"a.parquet", {"/lake/a.parquet", 2}},
                                         {"b.parquet", {"/lake/b.parquet", 3}}};
  auto row = [](const char* file, const char* status, const char* rows) {
    return adbc::Row{file, status, rows, rows};
  };
  EXPECT_TRUE(CheckCopied({row("stage/loads/X/b.parquet", "LOADED", "3"),
                           row("stage/loads/X/a.parquet", "LOADED", "2")},
                          files)
                  .ok());
  auto fewer = CheckCopied(
      {row("x/a.parquet", "LOADED", "2"), row("x/b.parquet", "LOADED", "2")}, files);
  EXPECT_EQ(KindOf(fewer), ErrorKind::kData);
  EXPECT_THAT(fewer.message(),
              HasSubstr("'/lake/b.parquet' gave Snowflake 2 rows where"));
  auto skipped = CheckCopied(
      {row("x/a.parquet", "LOADED", "2"), row("x/b.parquet", "LOAD_SKIPPED", "3")},
      files);
  EXPECT_EQ(KindOf(skipped), ErrorKind::kData);
  auto missing = CheckCopied({row("x/a.parquet", "LOADED", "2")}, files);
  EXPECT_EQ(KindOf(missing), ErrorKind::kNotFound);
  EXPECT_EQ(DetailOf(missing, "file"), "/lake/b.parquet");
  EXPECT_EQ(KindOf(CheckCopied({{"Copy executed with 0 files processed."}}, files)),
            ErrorKind::kNotFound);
}

TEST(LoadNameTest, TellsWhenALoadBegan) {
  const SystemTime now = *ParseTime("2026-11-21T02:00:09Z");
  const LoadName name = LoadName::New(now);
  EXPECT_THAT(name.Table(),
              ::testing::MatchesRegex("_KEELBOAT_LOAD_20261121T020009Z_[0-9A-F]{8}"));
  EXPECT_EQ(LoadName::TimeOfTable(name.Table()), now);
  EXPECT_EQ(LoadName::TimeOfFolder(name.Folder()), now);
  EXPECT_EQ(LoadName::FolderOfFile("keelboat_stage/" + name.Folder() + "a.parquet"),
            name.Folder());
  EXPECT_EQ(LoadName::FolderOfFile("keelboat_stage/downloads/x/a.parquet"), "");
  EXPECT_EQ(LoadName::TimeOfTable("ORDERS"), std::nullopt);
  EXPECT_EQ(LoadName::TimeOfTable("_KEELBOAT_LOAD_MINE"), std::nullopt);
  EXPECT_EQ(LoadName::TimeOfTable("_KEELBOAT_LOAD_20261399T990000Z_X"), std::nullopt);
  EXPECT_NE(LoadName::New(now).Table(), name.Table());
}

TEST(LedgerTest, Statements) {
  const Ledger ledger(kPlace);
  LedgerEntry before{{"it's", 3, "/lake", 10, "run-3", SystemTime()}, "aa"};
  LedgerEntry next{{"it's", 4, "/lake", 12, "run-4", SystemTime()}, "bb"};
  EXPECT_EQ(ledger.CreateStatement(),
            "CREATE TABLE IF NOT EXISTS \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" "
            "(\"TABLE_NAME\" VARCHAR NOT NULL, \"LAKE_VERSION\" NUMBER(19,0) NOT NULL, "
            "\"LAKE_URI\" VARCHAR NOT NULL, \"FILES_SHA256\" VARCHAR NOT NULL, \"ROWS\" "
            "NUMBER(19,0) NOT NULL, \"RUN_ID\" VARCHAR NOT NULL, \"LOADED_AT\" "
            "TIMESTAMP_TZ(6) NOT NULL, \"FORMAT\" NUMBER(10,0) NOT NULL)");
  EXPECT_EQ(
      ledger.GateStatement(),
      "INSERT INTO \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" SELECT '', 0, '', '', 0, "
      "'', CAST('1970-01-01 00:00:00.000000' AS TIMESTAMP_TZ(6)), 1 WHERE NOT EXISTS "
      "(SELECT 1 FROM \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" WHERE \"TABLE_NAME\" = "
      "'')");
  EXPECT_EQ(ledger.LockStatement(next),
            "UPDATE \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" SET \"RUN_ID\" = 'run-4', "
            "\"LOADED_AT\" = CAST('1970-01-01 00:00:00.000000' AS TIMESTAMP_TZ(6)) WHERE "
            "\"TABLE_NAME\" = ''");
  EXPECT_EQ(ledger.InsertStatement(next),
            "INSERT INTO \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" SELECT 'it''s', 4, "
            "'/lake', 'bb', 12, 'run-4', CAST('1970-01-01 00:00:00.000000' AS "
            "TIMESTAMP_TZ(6)), 1 WHERE NOT EXISTS (SELECT 1 FROM "
            "\"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" WHERE \"TABLE_NAME\" = 'it''s')");
  EXPECT_EQ(
      ledger.AdvanceStatement(before, next),
      "UPDATE \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" SET \"LAKE_VERSION\" = 4, "
      "\"LAKE_URI\" = '/lake', \"FILES_SHA256\" = 'bb', \"ROWS\" = 12, \"RUN_ID\" = "
      "'run-4', \"LOADED_AT\" = CAST('1970-01-01 00:00:00.000000' AS "
      "TIMESTAMP_TZ(6)), \"FORMAT\" = 1 WHERE \"TABLE_NAME\" = 'it''s' AND "
      "\"LAKE_VERSION\" = 3 AND \"LAKE_URI\" = '/lake' AND \"FILES_SHA256\" = 'aa'");
  EXPECT_EQ(ledger.RowsStatement(next),
            "UPDATE \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\" SET \"ROWS\" = 12 WHERE "
            "\"TABLE_NAME\" = 'it''s'");
}

SnowflakeOptions StageOptions() {
  SnowflakeOptions options;
  options.database = "olist";
  options.load = SnowflakeLoadMode::kStage;
  options.stage_url = "s3://lake/olist";
  options.stage_access_key = "the key";
  options.stage_secret_key = "the secret";
  return options;
}

TEST(SetupTest, NamesEverythingInTheOrderOfMaking) {
  std::vector<std::string> kinds;
  std::vector<std::string> sql;
  SnowflakeOptions options;
  options.database = "\"Olist\"";
  for (const Needed& needed : NeededObjects(options, {})) {
    kinds.push_back(needed.kind);
    sql.push_back(needed.make);
  }
  EXPECT_THAT(kinds, ElementsAre("database", "schema", "ledger", "file format", "stage"));
  EXPECT_EQ(sql[0], "CREATE DATABASE IF NOT EXISTS \"Olist\"");
  EXPECT_EQ(sql[1], "CREATE SCHEMA IF NOT EXISTS \"Olist\".\"RAW\"");
  EXPECT_EQ(
      sql[3],
      "CREATE FILE FORMAT IF NOT EXISTS \"Olist\".\"RAW\".\"KEELBOAT_PARQUET\" TYPE = "
      "PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE");
  EXPECT_EQ(
      sql[4],
      "CREATE STAGE IF NOT EXISTS \"Olist\".\"RAW\".\"KEELBOAT_STAGE\" FILE_FORMAT = "
      "(FORMAT_NAME = '\"Olist\".\"RAW\".\"KEELBOAT_PARQUET\"')");
}

TEST(SetupTest, SecretsAreNotShown) {
  SnowflakeOptions options = StageOptions();
  const Needed keys = NeededObjects(options, {}).back();
  EXPECT_THAT(keys.make,
              HasSubstr(" URL = 's3://lake/olist/' CREDENTIALS = (AWS_KEY_ID = "
                        "'the key' AWS_SECRET_KEY = 'the secret')"));
  EXPECT_THAT(keys.shown, Not(HasSubstr("the secret")));
  EXPECT_THAT(keys.shown, Not(HasSubstr("the key")));
  options.stage_endpoint = "https://minio.example.com:9000/";
  options.stage_session_token = "the token";
  const Needed compatible = NeededObjects(options, {}).back();
  EXPECT_THAT(
      compatible.make,
      HasSubstr("URL = 's3compat://lake/olist/' ENDPOINT = 'minio.example.com:9000' "
                "CREDENTIALS = (AWS_KEY_ID = 'the key' AWS_SECRET_KEY = 'the "
                "secret' AWS_TOKEN = 'the token')"));
  EXPECT_THAT(compatible.shown, Not(HasSubstr("the token")));
  options.stage_endpoint = "https://s3.eu-central-1.amazonaws.com";
  EXPECT_THAT(NeededObjects(options, {}).back().make,
              HasSubstr("URL = 's3://lake/olist/' CREDENTIALS"));
  options = StageOptions();
  options.storage_integration = "lake_access";
  EXPECT_THAT(
      NeededObjects(options, {}).back().make,
      HasSubstr("URL = 's3://lake/olist/' STORAGE_INTEGRATION = \"LAKE_ACCESS\" "));
}

TEST(SqlTextTest, NamesAndText) {
  EXPECT_EQ(QuoteText("it's a \\ path"), "'it''s a \\\\ path'");
  EXPECT_EQ(ObjectName("raw"), "RAW");
  EXPECT_EQ(ObjectName("\"Raw \"\"x\"\"\""), "Raw \"x\"");
  EXPECT_EQ(UpperName("größe_x"), "GRößE_X");
  EXPECT_EQ(kPlace.Name("A \"B\""), "\"OLIST\".\"RAW\".\"A \"\"B\"\"\"");
}

}  // namespace
}  // namespace keelboat::snowflake
