#include "sources/metabase/server_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kDatabases =
    R"([{"id":2,"name":"Growth","engine":"clickhouse","native_permissions":"write",)"
    R"("dbms_version":{"flavor":"ClickHouse","version":"24.3"}},)"
    R"({"id":3,"name":"7","engine":"postgres","native_permissions":"none"},)"
    R"({"id":-1337,"name":"Saved Questions","is_saved_questions":true}])";

TEST(ServerCatalogTest, ReadsDatabasesOfOldAndNewServers) {
  for (const std::string& body :
       {std::string(kDatabases),
        R"({"data":)" + std::string(kDatabases) + R"(,"total":3})"}) {
    const auto databases = ReadDatabases(body);
    ASSERT_TRUE(databases.ok());
    ASSERT_EQ(databases->size(), 2U);
    EXPECT_EQ(databases->front().engine, "clickhouse");
    EXPECT_EQ(databases->front().version, "24.3");
    EXPECT_TRUE(databases->front().native);
    EXPECT_FALSE(databases->back().native);
  }
  EXPECT_THAT(ReadDatabases("<html>hello</html>").status().message(),
              HasSubstr("a web page"));
}

TEST(ServerCatalogTest, FindsADatabaseByNameThenById) {
  const auto databases = *ReadDatabases(kDatabases);
  EXPECT_EQ(FindDatabase(databases, "Growth")->id, 2);
  EXPECT_EQ(FindDatabase(databases, "growth")->id, 2);
  EXPECT_EQ(FindDatabase(databases, "2")->id, 2);
  EXPECT_EQ(FindDatabase(databases, "7")->id, 3);
  const auto unknown = FindDatabase(databases, "Grwoth").status();
  EXPECT_EQ(KindOf(unknown), ErrorKind::kNotFound);
  EXPECT_THAT(unknown.message(), HasSubstr("did you mean 'Growth'?"));
  EXPECT_THAT(unknown.message(), HasSubstr("sees 'Growth', '7'"));
  EXPECT_EQ(KindOf(FindDatabase(databases, "-1337").status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(FindDatabase(databases, "").status()), ErrorKind::kConfig);
  EXPECT_EQ(KindOf(FindDatabase({}, "Growth").status()), ErrorKind::kDenied);
  EXPECT_EQ(FindDatabase({databases.front()}, "")->id, 2);
}

TEST(ServerCatalogTest, NamesTablesByTheirSchemaOnlyWhereThatIsNeeded) {
  const auto tables = ReadTables(
      R"({"id":2,"tables":[{"id":1,"schema":"b","name":"orders"},{"id":2,"schema":"a",)"
      R"("name":"orders"},{"id":3,"schema":"","name":"items"},{"id":4,"schema":"a",)"
      R"("name":"old","active":false}]})");
  ASSERT_TRUE(tables.ok());
  EXPECT_THAT(TableNames(*tables), ElementsAre("items", "a.orders", "b.orders"));
  EXPECT_EQ(FindTable(*tables, "b.orders")->id, 1);
  EXPECT_EQ(FindTable(*tables, "items")->id, 3);
  const auto unknown = FindTable(*tables, "item").status();
  EXPECT_EQ(KindOf(unknown), ErrorKind::kNotFound);
  EXPECT_THAT(unknown.message(), HasSubstr("did you mean 'items'?"));
}

TEST(ServerCatalogTest, ReadsRealColumnsInOrder) {
  const auto fields = ReadFields(
      R"({"id":1,"fields":[{"name":"b","database_position":1,"nfc_path":null},)"
      R"({"name":"a","database_position":0,"semantic_type":"type/PK","active":true},)"
      R"({"name":"c.d","database_position":2,"nfc_path":["c","d"]},)"
      R"({"name":"gone","database_position":3,"active":false}]})");
  ASSERT_TRUE(fields.ok());
  ASSERT_EQ(fields->size(), 2U);
  EXPECT_EQ(fields->at(0).name, "a");
  EXPECT_EQ(fields->at(0).semantic_type, "type/PK");
}

TEST(ServerCatalogTest, ReadsParametersOfCardsOrTheirTags) {
  const auto card = ReadCard(
      R"({"id":5,"name":"Since","database_id":2,"parameters":[{"id":"x","slug":"since",)"
      R"("type":"date/single","target":["variable",["template-tag","since"]]}]})");
  ASSERT_TRUE(card.ok());
  ASSERT_EQ(card->parameters.size(), 1U);
  EXPECT_EQ(card->parameters[0].name, "since");
  EXPECT_EQ(card->parameters[0].target_json, R"(["variable",["template-tag","since"]])");
  const auto old =
      ReadCard(R"({"id":5,"name":"Since","database_id":2,"dataset_query":{"native":)"
               R"({"template-tags":{"since":{"type":"date"},"city":{"type":"dimension",)"
               R"("widget-type":"string/="}}}}})");
  ASSERT_TRUE(old.ok());
  ASSERT_EQ(old->parameters.size(), 2U);
  EXPECT_EQ(old->parameters[0].target_json, R"(["dimension",["template-tag","city"]])");
  EXPECT_EQ(old->parameters[0].type, "string/=");
  EXPECT_EQ(old->parameters[1].type, "date/single");
}

TEST(ServerCatalogTest, TellsThatAServerIsNoMetabase) {
  EXPECT_EQ(
      ReadProperties(R"({"version":{"tag":"v0.55.1"},"report-timezone-long":"UTC"})")
          ->version,
      "v0.55.1");
  EXPECT_EQ(KindOf(ReadProperties(R"({"hello":"world"})").status()), ErrorKind::kConfig);
}

}  // namespace
}  // namespace keelboat::metabase
