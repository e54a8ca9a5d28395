// Catalogue and errors, against a live server.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/array.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MariadbServer;
using ::testing::Not;

MariadbServer& Server() { return MariadbServer::Shared(); }

std::unique_ptr<Source> ShopSource() {
  return MakeMysqlSource(ServerOptions()).ValueOrDie();
}

std::unique_ptr<Source> SourceOfUser(const std::string& user) {
  MysqlOptions options = ServerOptions();
  options.user = user;
  return MakeMysqlSource(options).ValueOrDie();
}

TEST(MysqlSource, RefusesOptionsThatCannotBeMeant) {
  MysqlOptions options = ServerOptions();
  options.database.clear();
  auto source = MakeMysqlSource(options);
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(KindOf(source.status()), ErrorKind::kConfig);
  EXPECT_EQ(source.status().message(), "source shop needs a database");
}

TEST(MysqlSource, SaysWhoAndWhereItIs) {
  SourceInfo info = ShopSource()->Check({}).ValueOrDie();
  ASSERT_TRUE(info.clock_ahead.has_value());
  EXPECT_LE(std::chrono::abs(*info.clock_ahead), std::chrono::seconds(2));
  EXPECT_EQ(info.product, "MariaDB");
  EXPECT_THAT(info.version, HasSubstr("MariaDB"));
  EXPECT_EQ(info.endpoint, "127.0.0.1:" + std::to_string(Server().port()) + "/shop");
  EXPECT_EQ(info.user, "shop@127.0.0.1");
  EXPECT_FALSE(info.tls);
}

TEST(MysqlSource, ReadsThroughAUnixSocket) {
  MysqlOptions options = ServerOptions();
  options.socket = Server().socket();
  options.port = 1;
  auto source = MakeMysqlSource(options).ValueOrDie();
  EXPECT_EQ(source->Check({}).ValueOrDie().endpoint, Server().socket() + "/shop");
}

TEST(MysqlSource, CannotWrite) {
  Server().Run(
      "CREATE OR REPLACE TABLE untouched (a INT); CREATE OR REPLACE FUNCTION "
      "sneaky() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO untouched VALUES "
      "(1); RETURN 1; END");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("untouched", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  Server().Run("INSERT INTO untouched VALUES (7)");
  partition.where = "sneaky() = 1";
  auto result = ReadAll(source.get(), relation, partition);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.status().message(), HasSubstr("READ ONLY"));
  EXPECT_EQ(Server().Run("SELECT COUNT(*) FROM untouched")[0][0], "1");
}

TEST(MysqlCatalog, ListsBaseTablesByName) {
  Server().Run(
      "CREATE OR REPLACE TABLE zebra (a INT); CREATE OR REPLACE TABLE aardvark "
      "(a INT); CREATE OR REPLACE VIEW a_view AS SELECT * FROM zebra");
  auto tables = ShopSource()->ListTables({}).ValueOrDie();
  EXPECT_TRUE(std::is_sorted(tables.begin(), tables.end()));
  EXPECT_THAT(tables, Contains("aardvark"));
  EXPECT_THAT(tables, Contains("zebra"));
  EXPECT_THAT(tables, Not(Contains("a_view")));
}

TEST(MysqlCatalog, DescribesKeysIndexesAndComments) {
  Server().Run(
      "DROP TABLE IF EXISTS parts; CREATE OR REPLACE TABLE heads (id INT PRIMARY KEY);"
      "CREATE TABLE parts (line INT NOT NULL, head INT NOT NULL COMMENT 'the order', "
      "code "
      "VARCHAR(20), INDEX by_code (code, line), UNIQUE only_one (code), PRIMARY KEY "
      "(head, "
      "line), CONSTRAINT of_head FOREIGN KEY (head) REFERENCES heads (id)) COMMENT "
      "'items "
      "of orders'; INSERT INTO heads VALUES (1); INSERT INTO parts VALUES (1, 1, 'x');"
      "ANALYZE TABLE parts");
  Relation parts = ShopSource()->DescribeTable("parts", {}).ValueOrDie();
  EXPECT_EQ(parts.table, "parts");
  EXPECT_EQ(parts.comment, "items of orders");
  EXPECT_THAT(parts.primary_key, ElementsAre("head", "line"));
  ASSERT_EQ(parts.indexes.size(), 3u);
  EXPECT_EQ(parts.indexes[0].name, "by_code");
  EXPECT_THAT(parts.indexes[0].columns, ElementsAre("code", "line"));
  EXPECT_FALSE(parts.indexes[0].unique);
  EXPECT_EQ(parts.indexes[1].name, "only_one");
  EXPECT_TRUE(parts.indexes[1].unique);
  ASSERT_EQ(parts.foreign_keys.size(), 1u);
  EXPECT_THAT(parts.foreign_keys[0].columns, ElementsAre("head"));
  EXPECT_EQ(parts.foreign_keys[0].references_table, "heads");
  EXPECT_THAT(parts.foreign_keys[0].references_columns, ElementsAre("id"));
  EXPECT_EQ(parts.estimated_rows, 1);
  EXPECT_GT(parts.estimated_bytes.value_or(0), 0);
  EXPECT_THAT(parts.schema->field_names(), ElementsAre("line", "head", "code"));
  EXPECT_FALSE(parts.schema->field(1)->nullable());
  EXPECT_TRUE(parts.schema->field(2)->nullable());
  EXPECT_EQ(parts.schema->field(1)->metadata()->Get("keelboat.comment").ValueOr(""),
            "the order");
}

TEST(MysqlCatalog, IncludesGeneratedAndInvisibleColumnsAndViews) {
  Server().Run(
      "CREATE OR REPLACE TABLE hidden (a INT, b INT INVISIBLE, c INT AS (a + 1) "
      "STORED, d INT AS (a + 2) VIRTUAL); INSERT INTO hidden (a, b) VALUES (1, "
      "9); CREATE OR REPLACE VIEW hidden_view AS SELECT a, c FROM hidden");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "hidden").ValueOrDie();
  EXPECT_THAT(result.schema->field_names(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(
      result.batches[0]->ToString(),
      "a:   [\n    1\n  ]\nb:   [\n    9\n  ]\nc:   [\n    2\n  ]\nd:   [\n    3\n  "
      "]\n");
  auto view = ReadTable(source.get(), "hidden_view").ValueOrDie();
  EXPECT_EQ(view.rows(), 1);
}

TEST(MysqlCatalog, ReadsAwkwardNames) {
  const std::vector<std::string> names = {"with space",    "quo'te",
                                          "double\"quote", "back`tick",
                                          "semi;colon",    "Preço (R$)",
                                          "CamelCase",     "select",
                                          "日本",          "per%cent_under",
                                          "back\\slash",   "dot.ted",
                                          "-- dashes",     std::string(64, 'x')};
  auto quoted = [](const std::string& name) {
    std::string text = "`";
    for (char c : name) text += c == '`' ? "``" : std::string(1, c);
    return text + "`";
  };
  auto source = ShopSource();
  for (const std::string& name : names) {
    Server().Run("CREATE OR REPLACE TABLE " + quoted(name) + " (" + quoted(name) +
                 " INT PRIMARY KEY); INSERT INTO " + quoted(name) + " VALUES (42)");
    auto relation = source->DescribeTable(name, {});
    ASSERT_TRUE(relation.ok()) << relation.status().ToString();
    Partition partition = WholeOf(*relation);
    partition.limit = 5;
    auto result = ReadAll(source.get(), *relation, partition);
    ASSERT_TRUE(result.ok()) << name << ": " << result.status().ToString();
    EXPECT_EQ(result->schema->field(0)->name(), name);
    EXPECT_EQ(result->rows(), 1);
    EXPECT_EQ(source->CountDuplicates(name, {name}, {}).ValueOrDie(), 0);
    Server().Run("DROP TABLE " + quoted(name));
  }
}

TEST(MysqlCatalog, TellsTablesApartThatDifferOnlyByCase) {
  Server().Run(
      "CREATE OR REPLACE TABLE Twin (a INT); CREATE OR REPLACE TABLE twin (b INT, "
      "c INT)");
  auto source = ShopSource();
  EXPECT_THAT(source->DescribeTable("Twin", {}).ValueOrDie().schema->field_names(),
              ElementsAre("a"));
  EXPECT_THAT(source->DescribeTable("twin", {}).ValueOrDie().schema->field_names(),
              ElementsAre("b", "c"));
  auto other = source->DescribeTable("TWIN", {});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(KindOf(other.status()), ErrorKind::kNotFound);
}

TEST(MysqlCatalog, NamesTheNearestTable) {
  Server().Run("CREATE OR REPLACE TABLE order_items (a INT)");
  auto relation = ShopSource()->DescribeTable("order_itmes", {});
  ASSERT_FALSE(relation.ok());
  EXPECT_EQ(KindOf(relation.status()), ErrorKind::kNotFound);
  EXPECT_THAT(relation.status().message(),
              HasSubstr("table order_itmes does not exist in database shop (did you mean "
                        "'order_items'"));
  EXPECT_EQ(DetailOf(relation.status(), "table"), "order_itmes");
}

TEST(MysqlCatalog, NamesTheNearestDatabase) {
  MysqlOptions options = ServerOptions();
  options.database = "shpo";
  Server().Run("GRANT ALL ON shpo.* TO shop");
  auto tables = MakeMysqlSource(options).ValueOrDie()->ListTables({});
  ASSERT_FALSE(tables.ok());
  EXPECT_EQ(KindOf(tables.status()), ErrorKind::kNotFound);
  EXPECT_THAT(tables.status().message(),
              HasSubstr("database shpo does not exist on MySQL"));
  EXPECT_THAT(tables.status().message(), HasSubstr("did you mean 'shop'?"));
  EXPECT_EQ(DetailOf(tables.status(), "errno"), "1049");
}

TEST(MysqlCatalog, CountsRowsThatShareAKey) {
  Server().Run(
      "CREATE OR REPLACE TABLE shared (a INT, t VARCHAR(10), long_text TEXT);"
      "INSERT INTO shared VALUES (1, 'x', 'p'), (1, 'x', 'q'), (2, 'X', 'r'), "
      "(NULL, 'y', 's'), (NULL, 'y ', 't'), (3, 'z', CONCAT(REPEAT('m', 5000), "
      "'1')), (4, 'z', CONCAT(REPEAT('m', 5000), '2'))");
  auto source = ShopSource();
  EXPECT_EQ(source->CountDuplicates("shared", {"a"}, {}).ValueOrDie(), 4);
  // 'x' and 'X', 'y' and 'y ' are equal to the collation, but not in a lake.
  EXPECT_EQ(source->CountDuplicates("shared", {"t"}, {}).ValueOrDie(), 4);
  EXPECT_EQ(source->CountDuplicates("shared", {"a", "t"}, {}).ValueOrDie(), 2);
  EXPECT_EQ(source->CountDuplicates("shared", {"long_text"}, {}).ValueOrDie(), 0);
  auto missing = source->CountDuplicates("shared", {"tt"}, {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
}

TEST(MysqlCatalog, StopsCountingOnRequest) {
  Server().Run(
      "CREATE OR REPLACE TABLE endless (a INT, b INT); INSERT INTO endless SELECT "
      "1, 1 FROM seq_1_to_1000; CREATE OR REPLACE VIEW endless_view AS SELECT x.a "
      "FROM endless x, endless y, endless z, endless u WHERE x.b + y.b + z.b + u.b "
      "> 0");
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  auto source = ShopSource();
  auto begin = std::chrono::steady_clock::now();
  auto count = source->CountDuplicates("endless_view", {"a"}, stop.get_token());
  ASSERT_FALSE(count.ok());
  EXPECT_EQ(KindOf(count.status()), ErrorKind::kCancelled);
  auto running = Server().Run(
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE "
      "'%`endless_view`%' AND ID <> CONNECTION_ID() AND COMMAND <> 'Killed'");
  EXPECT_EQ(running[0][0], "0");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(MysqlErrors, WrongPassword) {
  MysqlOptions options = ServerOptions();
  options.password = "sesame-7781";
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kAuth);
  EXPECT_THAT(info.status().message(), HasSubstr("refused user 'shop'"));
  EXPECT_THAT(info.status().message(), HasSubstr("MYSQL_USER, MYSQL_PASSWORD"));
  EXPECT_THAT(info.status().ToString(), Not(HasSubstr("sesame-7781")));
  EXPECT_EQ(DetailOf(info.status(), "errno"), "1045");
  EXPECT_EQ(DetailOf(info.status(), "sqlstate"), "28000");
  EXPECT_EQ(DetailOf(info.status(), "host"), "127.0.0.1");
}

TEST(MysqlErrors, NobodyListens) {
  MysqlOptions options = ServerOptions();
  options.port = 1;
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(info.status().message(), HasSubstr("127.0.0.1:1/shop"));
  EXPECT_THAT(info.status().message(), HasSubstr("MYSQL_HOST, MYSQL_PORT"));
}

// Takes connections and never says a word.
class SilentListener {
 public:
  SilentListener() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_, 5) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("listening on loopback");
    }
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { close(socket_); }
  uint16_t port() const { return port_; }

 private:
  int socket_;
  uint16_t port_ = 0;
};

TEST(MysqlErrors, AServerThatNeverGreets) {
  SilentListener listener;
  MysqlOptions options = ServerOptions();
  options.port = listener.port();
  options.connect_timeout = std::chrono::seconds(1);
  auto begin = std::chrono::steady_clock::now();
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kUnavailable) << info.status().ToString();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST(MysqlErrors, StopsWhileItConnects) {
  SilentListener listener;
  MysqlOptions options = ServerOptions();
  options.port = listener.port();
  options.connect_timeout = std::chrono::seconds(300);
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  auto begin = std::chrono::steady_clock::now();
  auto info = MakeMysqlSource(options).ValueOrDie()->Check(stop.get_token());
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kCancelled) << info.status().ToString();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(MysqlErrors, UnknownHost) {
  MysqlOptions options = ServerOptions();
  options.host = "no-such-host.invalid";
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(info.status().message(), HasSubstr("no-such-host.invalid"));
}

TEST(MysqlErrors, NoRightOnTheDatabase) {
  Server().Run("CREATE OR REPLACE USER outsider@'%' IDENTIFIED BY 'secret'");
  auto tables = SourceOfUser("outsider")->ListTables({});
  ASSERT_FALSE(tables.ok());
  EXPECT_EQ(KindOf(tables.status()), ErrorKind::kNotFound);
  EXPECT_THAT(tables.status().message(), HasSubstr("or user outsider may not use it"));
  EXPECT_THAT(DetailOf(tables.status(), "grant"),
              HasSubstr("GRANT SELECT ON `shop`.* TO 'outsider'@'"));
}

TEST(MysqlErrors, NoRightOnTheTableNamesTheGrant) {
  Server().Run(
      "CREATE OR REPLACE USER guest@'%' IDENTIFIED BY 'secret'; CREATE OR REPLACE "
      "TABLE open_one (a INT); CREATE OR REPLACE TABLE closed (a INT); CREATE OR "
      "REPLACE TABLE write_only (a INT); GRANT SELECT ON shop.open_one TO guest; "
      "GRANT INSERT ON shop.write_only TO guest");
  auto source = SourceOfUser("guest");
  EXPECT_TRUE(source->DescribeTable("open_one", {}).ok());
  for (const char* table : {"closed", "write_only"}) {
    auto relation = source->DescribeTable(table, {});
    ASSERT_FALSE(relation.ok());
    EXPECT_EQ(KindOf(relation.status()), ErrorKind::kDenied);
    std::string grant =
        std::string("GRANT SELECT ON `shop`.`") + table + "` TO 'guest'@'%'";
    EXPECT_THAT(relation.status().message(), HasSubstr(grant));
    // The statement that is offered must really help.
    Server().Run(DetailOf(relation.status(), "grant"));
    EXPECT_TRUE(source->DescribeTable(table, {}).ok());
  }
}

TEST(MysqlErrors, RightRevokedBetweenPlanAndRead) {
  Server().Run(
      "CREATE OR REPLACE USER fallen@'%' IDENTIFIED BY 'secret'; CREATE OR REPLACE "
      "TABLE dear (a INT); GRANT SELECT ON shop.dear TO fallen");
  auto source = SourceOfUser("fallen");
  Relation relation = source->DescribeTable("dear", {}).ValueOrDie();
  Server().Run(
      "REVOKE SELECT ON shop.dear FROM fallen; GRANT INSERT ON shop.dear TO fallen");
  auto result = ReadAll(source.get(), relation, WholeOf(relation));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kDenied);
  EXPECT_EQ(DetailOf(result.status(), "grant"),
            "GRANT SELECT ON `shop`.`dear` TO 'fallen'@'%'");
}

TEST(MysqlCatalog, ShowsOnlyColumnsThatMayBeRead) {
  Server().Run(
      "CREATE OR REPLACE USER clerk@'%' IDENTIFIED BY 'secret'; CREATE OR REPLACE "
      "TABLE staff (id INT, pay INT, note INT); GRANT SELECT (id, note), INSERT "
      "(pay) ON shop.staff TO clerk");
  auto relation = SourceOfUser("clerk")->DescribeTable("staff", {});
  ASSERT_TRUE(relation.ok()) << relation.status().ToString();
  EXPECT_THAT(relation->schema->field_names(), ElementsAre("id", "note"));
}

TEST(MysqlErrors, TooManyConnections) {
  Server().Run(
      "CREATE OR REPLACE USER busy@'%' IDENTIFIED BY 'secret' WITH "
      "MAX_USER_CONNECTIONS 1; GRANT ALL ON shop.* TO busy; CREATE OR REPLACE "
      "TABLE held (a INT); INSERT INTO held SELECT seq FROM seq_1_to_10000");
  auto source = SourceOfUser("busy");
  Relation relation = source->DescribeTable("held", {}).ValueOrDie();
  // The server takes a moment to notice that the first connection is closed.
  auto reader = source->Read(relation, WholeOf(relation), {});
  for (int i = 0; !reader.ok() && i < 1200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    reader = source->Read(relation, WholeOf(relation), {});
  }
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  auto second = source->ListTables({});
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(IsRetryable(KindOf(second.status()))) << second.status().ToString();
}

}  // namespace
}  // namespace keelboat::mysql
