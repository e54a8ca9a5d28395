#include "transform/manifest.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::transform {
namespace {

using testing::ElementsAre;

class ManifestTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  void Write(const std::string& text) { std::ofstream(path_) << text; }

  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() /
      ("keelboat-manifest-" + std::to_string(getpid()) + ".json");
};

TEST_F(ManifestTest, NamesTheSchemasOfWhatBecomesARelation) {
  Write(R"({"nodes": {
    "m.a": {"resource_type": "model", "schema": "marts",
            "config": {"materialized": "table"}},
    "m.b": {"resource_type": "model", "schema": "marts",
            "config": {"materialized": "view", "database": null}},
    "m.c": {"resource_type": "model", "schema": "hidden",
            "config": {"materialized": "ephemeral"}},
    "m.d": {"resource_type": "model", "schema": "theirs",
            "config": {"materialized": "view", "database": "OTHER"}},
    "s.a": {"resource_type": "seed", "schema": "seeds", "config": {}},
    "h.a": {"resource_type": "snapshot", "schema": "history", "config": {}},
    "t.a": {"resource_type": "test", "schema": "audit",
            "config": {"store_failures": true}},
    "t.b": {"resource_type": "test", "schema": "tests",
            "config": {"store_failures": null}},
    "o.a": {"resource_type": "operation", "schema": "hooks", "config": {}}}})");
  auto schemas = ReadSchemas(path_, "snowflake");
  ASSERT_TRUE(schemas.ok()) << schemas.status();
  EXPECT_THAT(*schemas, ElementsAre("audit", "history", "marts", "seeds"));
}

TEST_F(ManifestTest, SnowflakesQuotedNamesStayQuoted) {
  Write(R"({"nodes": {
    "m.a": {"resource_type": "model", "schema": "Marts", "config": {},
            "relation_name": "OLIST.\"Marts\".orders"},
    "m.b": {"resource_type": "model", "schema": "staging", "config": {},
            "relation_name": "OLIST.staging.orders"}}})");
  EXPECT_THAT(*ReadSchemas(path_, "snowflake"), ElementsAre("\"Marts\"", "staging"));
  EXPECT_THAT(*ReadSchemas(path_, "duckdb"), ElementsAre("Marts", "staging"));
}

TEST_F(ManifestTest, OtherFilesAreNoManifest) {
  for (const char* text : {"", "[]", R"({"nodes": []})", R"({"nodes": {)"}) {
    Write(text);
    EXPECT_EQ(KindOf(ReadSchemas(path_, "duckdb").status()), ErrorKind::kData) << text;
  }
  std::filesystem::remove(path_);
  EXPECT_EQ(KindOf(ReadSchemas(path_, "duckdb").status()), ErrorKind::kData);
}

}  // namespace
}  // namespace keelboat::transform
