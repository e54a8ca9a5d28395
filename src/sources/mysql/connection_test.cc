// Ways to connect: socket, plugins, compression, limits, keep-alive.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/connection.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::MariadbServer;

TEST(MysqlConnection, AUnixSocketNeedsNeitherHostNorTls) {
  MysqlOptions options = ServerOptions();
  options.host = "no-such-host.invalid";
  options.socket = MariadbServer::Shared().socket();
  options.tls = MysqlTlsMode::kVerifyIdentity;
  MariadbServer::Shared().Run(
      "CREATE OR REPLACE TABLE few (id INT PRIMARY KEY); INSERT "
      "INTO few VALUES (1), (2)");
  auto source = MakeMysqlSource(options).ValueOrDie();
  auto info = source->Check({});
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_THAT(info->endpoint, EndsWith("server.sock/shop"));
  auto read = ReadTable(source.get(), "few");
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->rows(), 2);
  options.socket += ".gone";
  auto gone = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_EQ(KindOf(gone.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(gone.status().message(), HasSubstr("server.sock.gone"));
}

TEST(MysqlConnection, AnEd25519AccountLogsIn) {
  static MariadbServer server({"--plugin-load-add=auth_ed25519"});
  server.Run(
      "CREATE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('secret'); GRANT "
      "SELECT ON shop.* TO ed");
  MysqlOptions options = ServerOptions(server);
  options.user = "ed";
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_THAT(info->user, HasSubstr("ed@"));
  options.password = "wrong";
  auto refused = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kAuth) << refused.status().ToString();
}

TEST(MysqlConnection, CompressionChangesNothingButTheWay) {
  MariadbServer::Shared().Run(
      "CREATE OR REPLACE TABLE packed (id INT PRIMARY KEY, pad LONGTEXT); INSERT INTO "
      "packed SELECT seq, REPEAT(CHAR(97 + seq % 26), 300) FROM seq_1_to_50000; INSERT "
      "INTO packed VALUES (0, REPEAT('large', 4000000))");
  for (bool compress : {true, false}) {
    MysqlOptions options = ServerOptions();
    options.compress = compress;
    auto connection = Connection::Open(options, {}).ValueOrDie();
    auto rows = connection->Query("SHOW STATUS LIKE 'Compression'").ValueOrDie();
    EXPECT_EQ(rows.at(0).at(1), compress ? "ON" : "OFF");
    auto source = MakeMysqlSource(options).ValueOrDie();
    auto read = ReadTable(source.get(), "packed");
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_EQ(read->rows(), 50001);
    // A connection whose rows were taken raw goes on: a second statement, in a snapshot.
    Relation relation = source->DescribeTable("packed", {}).ValueOrDie();
    auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
    for (int i = 0; i < 3; ++i) {
      auto reader = snapshot->Read(relation, WholeOf(relation), {}).ValueOrDie();
      std::shared_ptr<arrow::RecordBatch> batch;
      int64_t count = 0;
      do {
        ASSERT_TRUE(reader->ReadNext(&batch).ok());
        count += batch == nullptr ? 0 : batch->num_rows();
      } while (batch != nullptr && i != 1);
      if (i != 1) {
        EXPECT_EQ(count, 50001);
      }
    }
  }
}

TEST(MysqlConnection, CompressesWhereTheServerIsFar) {
  MysqlOptions options;
  for (const char* local : {"127.0.0.1", "localhost", "::1"}) {
    options.host = local;
    EXPECT_FALSE(EffectiveCompress(options)) << local;
  }
  options.host = "db.example.org";
  EXPECT_TRUE(EffectiveCompress(options));
  options.compress = false;
  EXPECT_FALSE(EffectiveCompress(options));
  options.compress.reset();
  options.socket = "/run/mysqld.sock";
  EXPECT_FALSE(EffectiveCompress(options));
}

TEST(MysqlConnection, AStatementThatTakesTooLongIsEnded) {
  MysqlOptions options = ServerOptions();
  options.statement_timeout = std::chrono::seconds(1);
  auto connection = Connection::Open(options, {}).ValueOrDie();
  auto slow = connection->Query("SELECT SLEEP(20)");
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(KindOf(slow.status()), ErrorKind::kTimeout) << slow.status().ToString();
  EXPECT_THAT(slow.status().message(), HasSubstr("statement_timeout of source shop"));
  EXPECT_FALSE(connection->lost());
  EXPECT_TRUE(connection->Query("SELECT 1").ok());
}

TEST(MysqlConnection, TcpConnectionsAreKeptAlive) {
  auto connection = Connection::Open(ServerOptions(), {}).ValueOrDie();
  const int socket = mysql_get_socket(connection->handle());
  int on = 0;
  int idle = 0;
  socklen_t size = sizeof(int);
  ASSERT_EQ(getsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
  ASSERT_EQ(getsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &size), 0);
  EXPECT_EQ(on, 1);
  EXPECT_EQ(idle, 60);
}

TEST(MysqlConnection, ACertificateWithoutItsKeyIsRefused) {
  MysqlOptions options = ServerOptions();
  options.tls_cert = "client.pem";
  auto source = MakeMysqlSource(options);
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(KindOf(source.status()), ErrorKind::kConfig);
  EXPECT_THAT(source.status().message(), HasSubstr("tls_key"));
}

}  // namespace
}  // namespace keelboat::mysql
