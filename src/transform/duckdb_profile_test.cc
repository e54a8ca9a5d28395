#include "transform/duckdb_profile.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(DuckdbProfile, WritesOneTarget) {
  EXPECT_EQ(DuckdbProfile({.target = "dev",
                           .path = "/data/warehouse.duckdb",
                           .schema = "main",
                           .threads = 4,
                           .settings = {{"memory_limit", "1GB"}, {"threads", "2"}}}),
            R"(keelboat:
  target: "dev"
  outputs:
    "dev":
      type: duckdb
      path: "/data/warehouse.duckdb"
      schema: "main"
      threads: 4
      settings:
        "memory_limit": "1GB"
        "threads": "2"
)");
}

TEST(DuckdbProfile, LeavesOutEmptySettings) {
  EXPECT_EQ(DuckdbProfile({.target = "dev", .path = "/w.duckdb", .schema = "main"})
                .find("settings"),
            std::string::npos);
}

TEST(DuckdbProfile, QuotesWhatYamlAndJinjaWouldRead) {
  std::string text = DuckdbProfile(
      {.target = "dev", .path = "/a \"b\": #c/{{ d }}.duckdb", .schema = "on"});
  EXPECT_NE(text.find(R"(path: "/a \"b\": #c/{{ '{' }}{{ '{' }} d }}.duckdb")"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(schema: "on")"), std::string::npos);
}

}  // namespace
}  // namespace keelboat
