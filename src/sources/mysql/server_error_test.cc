#include "sources/mysql/server_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MysqlOptions Options() {
  MysqlOptions options;
  options.name = "shop";
  options.host = "db.example";
  options.port = 3307;
  options.user = "ann";
  options.password = "hunter2-secret";
  options.database = "olist";
  return options;
}

arrow::Status StatusOfNumber(unsigned int number, const std::string& message = "words",
                             const std::string& sqlstate = "HY000") {
  return StatusOf({number, sqlstate, message}, Options(), "orders", "");
}

struct Expected {
  unsigned int number;
  ErrorKind kind;
};

class ServerErrorKinds : public ::testing::TestWithParam<Expected> {};

TEST_P(ServerErrorKinds, DecidesTheKind) {
  arrow::Status status = StatusOfNumber(GetParam().number);
  EXPECT_EQ(ErrorKindName(KindOf(status)), ErrorKindName(GetParam().kind));
  EXPECT_EQ(DetailOf(status, "errno"), std::to_string(GetParam().number));
  EXPECT_EQ(DetailOf(status, "host"), "db.example");
  EXPECT_EQ(DetailOf(status, "port"), "3307");
  EXPECT_EQ(DetailOf(status, "database"), "olist");
  EXPECT_EQ(DetailOf(status, "table"), "orders");
  EXPECT_THAT(status.ToString(), HasSubstr("words"));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("hunter2-secret")));
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, ServerErrorKinds,
    ::testing::Values(
        Expected{1045, ErrorKind::kAuth}, Expected{1698, ErrorKind::kAuth},
        Expected{1130, ErrorKind::kAuth}, Expected{1820, ErrorKind::kAuth},
        Expected{1862, ErrorKind::kAuth}, Expected{3118, ErrorKind::kAuth},
        Expected{4151, ErrorKind::kAuth}, Expected{2059, ErrorKind::kAuth},
        Expected{2026, ErrorKind::kAuth}, Expected{1044, ErrorKind::kDenied},
        Expected{1142, ErrorKind::kDenied}, Expected{1143, ErrorKind::kDenied},
        Expected{2002, ErrorKind::kUnavailable}, Expected{2003, ErrorKind::kUnavailable},
        Expected{2005, ErrorKind::kUnavailable}, Expected{2006, ErrorKind::kUnavailable},
        Expected{2013, ErrorKind::kUnavailable}, Expected{1040, ErrorKind::kUnavailable},
        Expected{1203, ErrorKind::kUnavailable}, Expected{1205, ErrorKind::kUnavailable},
        Expected{1213, ErrorKind::kUnavailable}, Expected{1317, ErrorKind::kUnavailable},
        Expected{1053, ErrorKind::kUnavailable}, Expected{1129, ErrorKind::kUnavailable},
        Expected{1461, ErrorKind::kUnavailable}, Expected{1927, ErrorKind::kUnavailable},
        Expected{1226, ErrorKind::kThrottled}, Expected{1969, ErrorKind::kTimeout},
        Expected{3024, ErrorKind::kTimeout}, Expected{1049, ErrorKind::kNotFound},
        Expected{1146, ErrorKind::kNotFound}, Expected{1064, ErrorKind::kConfig},
        Expected{9999, ErrorKind::kUnsupported}),
    [](const auto& info) { return "Error" + std::to_string(info.param.number); });

TEST(ServerError, ConnectionClassIsWorthARetryWhateverTheNumber) {
  EXPECT_EQ(KindOf(StatusOfNumber(9999, "words", "08S01")), ErrorKind::kUnavailable);
}

TEST(ServerError, TellsWhatToDo) {
  EXPECT_THAT(StatusOfNumber(1045).message(),
              HasSubstr("MySQL at db.example:3307/olist refused user 'ann'"));
  EXPECT_THAT(StatusOfNumber(2003).message(), HasSubstr("MYSQL_HOST, MYSQL_PORT"));
  EXPECT_THAT(StatusOfNumber(1040).message(), HasSubstr("max_connections"));
  EXPECT_THAT(StatusOfNumber(2026).message(), HasSubstr("tls_ca"));
}

TEST(ServerError, NamesTheGrantForTheAccount) {
  const std::string message =
      "SELECT command denied to user 'ann'@'10.0.0.7' for table `olist`.`orders`";
  auto known = StatusOf({1142, "42000", message}, Options(), "orders", "'ann'@'%'");
  EXPECT_EQ(DetailOf(known, "grant"), "GRANT SELECT ON `olist`.`orders` TO 'ann'@'%'");
  auto guessed = StatusOf({1142, "42000", message}, Options(), "orders", "");
  EXPECT_EQ(DetailOf(guessed, "grant"),
            "GRANT SELECT ON `olist`.`orders` TO 'ann'@'10.0.0.7'");
  // How a view is read is shown to those who may see how it is made.
  auto view = StatusOf({1345, "HY000", "EXPLAIN can not be issued"}, Options(), "orders",
                       "'ann'@'%'");
  EXPECT_EQ(KindOf(view), ErrorKind::kDenied);
  EXPECT_EQ(DetailOf(view, "grant"),
            "GRANT SELECT, SHOW VIEW ON `olist`.`orders` TO 'ann'@'%'");
  auto server = StatusOf({1227, "42000",
                          "Access denied; you need (at least one of) the RELOAD, SUPER "
                          "privilege(s) for this operation"},
                         Options(), "", "'ann'@'%'");
  EXPECT_EQ(DetailOf(server, "grant"), "GRANT RELOAD ON *.* TO 'ann'@'%'");
  auto silent = StatusOf({1142, "42000", "denied"}, Options(), "orders", "");
  EXPECT_EQ(DetailOf(silent, "grant"), "GRANT SELECT ON `olist`.`orders` TO 'ann'");
}

TEST(ServerError, OneConnectionIsNoQuotaThatIsUsedUp) {
  auto status =
      StatusOf({1226, "42000",
                "User 'ann' has exceeded the 'max_user_connections' resource (current "
                "value: 1)"},
               Options(), "", "");
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("takes two connections at least"));
}

TEST(ServerError, NamesTheSocketWhereThereIsOne) {
  MysqlOptions options = Options();
  options.socket = "/run/db.sock";
  auto status = StatusOf({2002, "HY000", "words"}, options, "", "");
  EXPECT_THAT(status.message(), HasSubstr("/run/db.sock/olist"));
  EXPECT_THAT(status.message(), HasSubstr("Check socket of source shop"));
  EXPECT_EQ(DetailOf(status, "socket"), "/run/db.sock");
  EXPECT_EQ(DetailOf(status, "host"), "");
}

TEST(MysqlOptions, TrustsLoopbackAndNobodyElse) {
  MysqlOptions options = Options();
  EXPECT_EQ(EffectiveTls(options), MysqlTlsMode::kVerifyIdentity);
  for (const char* host : {"127.0.0.1", "127.0.0.53", "localhost", "::1"}) {
    options.host = host;
    EXPECT_EQ(EffectiveTls(options), MysqlTlsMode::kPreferred) << host;
  }
  options.host = "1270.example";
  EXPECT_EQ(EffectiveTls(options), MysqlTlsMode::kVerifyIdentity);
  options.socket = "/run/db.sock";
  EXPECT_EQ(EffectiveTls(options), MysqlTlsMode::kPreferred);
  options.tls = MysqlTlsMode::kDisabled;
  EXPECT_EQ(EffectiveTls(options), MysqlTlsMode::kDisabled);
}

}  // namespace
}  // namespace keelboat::mysql
