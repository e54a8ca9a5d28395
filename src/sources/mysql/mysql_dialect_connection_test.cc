// Ways to log in to and to limit other servers than MariaDB.

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/connection.h"
#include "support/dialect_fixture.h"

namespace keelboat::mysql {
namespace {

using testing::DialectServer;
using ::testing::HasSubstr;
using Kind = DialectServer::Kind;

// An account that logs in as accounts of MySQL 8 do unless told otherwise.
MysqlOptions Sha2Options() {
  const DialectServer& server = DialectServer::Shared(Kind::kGoMysql);
  server.Run("DROP USER IF EXISTS sha");
  server.Run("CREATE USER sha IDENTIFIED WITH caching_sha2_password BY 'secret'");
  server.Run("GRANT SELECT ON shop.* TO sha");
  MysqlOptions options = DialectOptions(server);
  options.user = "sha";
  options.password = "secret";
  options.tls = MysqlTlsMode::kVerifyCa;
  options.tls_ca = server.authority();
  return options;
}

TEST(DialectConnection, ACachingSha2AccountLogsInOverTls) {
  MysqlOptions options = Sha2Options();
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_THAT(info->user, HasSubstr("sha@"));
  EXPECT_TRUE(info->tls);
  options.password = "wrong";
  auto refused = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kAuth) << refused.status().ToString();
}

TEST(DialectConnection, AnAuthorityThatIsNotTheServersIsRefused) {
  MysqlOptions options = Sha2Options();
  options.tls_ca.clear();
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_FALSE(info.ok());
  EXPECT_THAT(info.status().message(), HasSubstr("TLS"));
}

TEST(DialectConnection, Mysql8TakesItsLimitInMilliseconds) {
  MysqlOptions options = DialectOptions(DialectServer::Shared(Kind::kGoMysql));
  options.statement_timeout = std::chrono::seconds(7);
  auto connection = Connection::Open(options, {}).ValueOrDie();
  auto rows = connection->Query("SELECT @@session.max_execution_time").ValueOrDie();
  EXPECT_EQ(rows.at(0).at(0), "7000");
}

TEST(DialectConnection, AServerThatCannotLimitStatementsSaysSo) {
  MysqlOptions options = DialectOptions(DialectServer::Shared(Kind::kMysql56));
  options.statement_timeout = std::chrono::seconds(7);
  auto connection = Connection::Open(options, {});
  ASSERT_FALSE(connection.ok());
  EXPECT_EQ(KindOf(connection.status()), ErrorKind::kConfig);
  EXPECT_THAT(connection.status().message(), HasSubstr("remove statement_timeout"));
}

TEST(DialectConnection, ANativePasswordOfMysql56IsTaken) {
  const DialectServer& server = DialectServer::Shared(Kind::kMysql56);
  server.Run("GRANT SELECT ON shop.* TO plain@'127.0.0.1' IDENTIFIED BY 'secret'");
  MysqlOptions options = DialectOptions(server);
  options.user = "plain";
  options.password = "secret";
  options.compress = true;
  EXPECT_TRUE(MakeMysqlSource(options).ValueOrDie()->Check({}).ok());
  options.password = "wrong";
  auto refused = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kAuth) << refused.status().ToString();
}

}  // namespace
}  // namespace keelboat::mysql
