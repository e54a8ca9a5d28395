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

}  // namespace
}  // namespace keelboat
