#include "app/database_url.h"

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

TEST(DatabaseUrl, ReadsEveryPart) {
  const auto mysql = ParseDatabaseUrl(
      "mysql://us%40er:p%3A%2F%25@db.example.org:3307/my%20shop?tls=required");
  ASSERT_TRUE(mysql.ok()) << mysql.status().message();
  EXPECT_EQ(mysql->host, "db.example.org");
  EXPECT_EQ(mysql->port, 3307);
  EXPECT_EQ(mysql->user, "us@er");
  EXPECT_EQ(mysql->password.Reveal(), "p:/%");
  EXPECT_EQ(mysql->database, "my shop");
  EXPECT_EQ(mysql->tls, TlsMode::kRequired);
}

TEST(DatabaseUrl, FillsInDefaults) {
  const auto mysql = ParseDatabaseUrl("mariadb://u@/shop?socket=/run/my.sock");
  ASSERT_TRUE(mysql.ok()) << mysql.status().message();
  EXPECT_EQ(mysql->host, "127.0.0.1");
  EXPECT_EQ(mysql->port, 3306);
  EXPECT_EQ(mysql->socket, "/run/my.sock");
  EXPECT_TRUE(mysql->password.empty());
  EXPECT_EQ(mysql->tls, std::nullopt);
  EXPECT_EQ(ParseDatabaseUrl("mysql://u:p@[::1]:3307/d")->host, "::1");
  EXPECT_EQ(ParseDatabaseUrl("mysql://u:p@[::1]/d")->port, 3306);
  EXPECT_EQ(ParseDatabaseUrl("mysql://u:a@b@h/d")->password.Reveal(), "a@b");
}

TEST(DatabaseUrl, RefusesWithoutShowingThePassword) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "does not begin with mysql://"},
      {"postgres://u:hunter2@h/d", "does not begin with mysql://"},
      {"hunter2", "does not begin with mysql://"},
      {"mysql://:hunter2@h/d", "names no user"},
      {"mysql://h/d", "names no user"},
      {"mysql://u:hunter2@h", "names no database"},
      {"mysql://u:hunter2@h/", "names no database"},
      {"mysql://u:hunter2@h:0/d", "no port"},
      {"mysql://u:hunter2@h:99999/d", "no port"},
      {"mysql://u:hunter2@h:x/d", "no port"},
      {"mysql://u:hunter2@::1/d", "IPv6"},
      {"mysql://u:hunter2@[::1/d", "does not close"},
      {"mysql://u:hunter2@[::1]x/d", "after ]"},
      {"mysql://u:hunter2%4@h/d", "hexadecimal"},
      {"mysql://u:hunter2%zz@h/d", "hexadecimal"},
      {"mysql://u:hunter2%00@h/d", "NUL"},
      {"mysql://u:hunter2@h/d?tls=of", "tls mode"},
      {"mysql://u:hunter2@h/d?tsl=required", "did you mean 'tls'?"},
      // The password was not encoded: what is left looks like a port.
      {"mysql://u:hunter2/x@h/d", "no port"},
  };
  for (const auto& [url, message] : cases) {
    const auto mysql = ParseDatabaseUrl(url);
    ASSERT_FALSE(mysql.ok()) << url;
    EXPECT_EQ(KindOf(mysql.status()), ErrorKind::kConfig);
    EXPECT_NE(mysql.status().message().find(message), std::string::npos)
        << mysql.status().message();
    EXPECT_EQ(mysql.status().message().find("hunter2"), std::string::npos)
        << mysql.status().message();
  }
}

TEST(DatabaseUrl, TakesWhatIsMissingFromTheDefaults) {
  MysqlSettings defaults;
  defaults.user = "reader";
  defaults.password = Secret("s3cret");
  const auto mysql = ParseDatabaseUrl("mysql://h/d", defaults);
  ASSERT_TRUE(mysql.ok()) << mysql.status().message();
  EXPECT_EQ(mysql->user, "reader");
  EXPECT_EQ(mysql->password.Reveal(), "s3cret");
  EXPECT_EQ(ParseDatabaseUrl("mysql://u:p@h/d", defaults)->password.Reveal(), "p");
}

TEST(MetabaseUrl, ReadsPlaceDatabaseAndLogin) {
  MetabaseSettings defaults;
  defaults.api_key = Secret("mb_key");
  auto metabase = ParseMetabaseUrl(
      "https://bi.example.org/metabase/?database=Growth%20Team", defaults);
  ASSERT_TRUE(metabase.ok()) << metabase.status().message();
  EXPECT_EQ(metabase->url, "https://bi.example.org/metabase");
  EXPECT_EQ(metabase->database, "Growth Team");
  EXPECT_EQ(metabase->api_key.Reveal(), "mb_key");
  metabase = ParseMetabaseUrl("http://a%40b.c:p%2Fw@127.0.0.1:3000", defaults);
  ASSERT_TRUE(metabase.ok()) << metabase.status().message();
  EXPECT_EQ(metabase->url, "http://127.0.0.1:3000");
  EXPECT_EQ(metabase->username, "a@b.c");
  EXPECT_EQ(metabase->password.Reveal(), "p/w");
  EXPECT_TRUE(metabase->api_key.empty());
}

TEST(MetabaseUrl, RefusesWithoutShowingThePassword) {
  for (const char* url :
       {"ftp://u:hunter2@h", "https://u:hunter2@", "https://u:hunter2@/x",
        "https://u:hunter2@h?team=x", "https://u:hunter2%@h"}) {
    const auto metabase = ParseMetabaseUrl(url, {});
    ASSERT_FALSE(metabase.ok()) << url;
    EXPECT_EQ(KindOf(metabase.status()), ErrorKind::kConfig);
    EXPECT_EQ(metabase.status().message().find("hunter2"), std::string::npos);
  }
  EXPECT_NE(ParseMetabaseUrl("https://h", {}).status().message().find("METABASE_API_KEY"),
            std::string::npos);
}

}  // namespace
}  // namespace keelboat
