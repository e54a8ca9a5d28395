#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "support/dialect_server.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {

/// Options that reach a server of another dialect, as its root.
inline MysqlOptions DialectOptions(const testing::DialectServer& server) {
  MysqlOptions options;
  options.name = "shop";
  options.port = server.port();
  options.user = "root";
  options.database = testing::DialectServer::kDatabase;
  options.tls = MysqlTlsMode::kDisabled;
  return options;
}

/// A test that runs on each of the dialects, on servers that all tests share.
class DialectTest : public ::testing::TestWithParam<testing::DialectServer::Kind> {
 protected:
  static bool IsGo() { return GetParam() == testing::DialectServer::Kind::kGoMysql; }
  static testing::DialectServer& Server() {
    return testing::DialectServer::Shared(GetParam());
  }
  static std::unique_ptr<Source> ShopSource() {
    return MakeMysqlSource(DialectOptions(Server())).ValueOrDie();
  }
  /// The first number that a query yields.
  static int64_t Number(const std::string& query) {
    return std::stoll(*Server().Run(query).at(0).at(0));
  }
  /// A derived table of the column `n`, from 0, of 10^digits rows.
  static std::string Numbers(int digits) {
    const std::string ten =
        "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION "
        "ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL "
        "SELECT 8 UNION ALL SELECT 9)";
    std::string sum;
    std::string from;
    int64_t factor = 1;
    for (int i = 0; i < digits; ++i, factor *= 10) {
      const std::string name = "t" + std::to_string(i);
      sum += (i == 0 ? "" : " + ") + name + ".d * " + std::to_string(factor);
      from += (i == 0 ? "" : " CROSS JOIN ") + ten + " AS " + name;
    }
    return "(SELECT " + sum + " AS n FROM " + from + ") AS numbers";
  }
};

/// The dialects, and their names in the names of tests.
inline auto EveryDialect() {
  return ::testing::Values(testing::DialectServer::Kind::kMysql56,
                           testing::DialectServer::Kind::kGoMysql);
}
inline std::string DialectName(
    const ::testing::TestParamInfo<testing::DialectServer::Kind>& info) {
  return info.param == testing::DialectServer::Kind::kMysql56 ? "Mysql56" : "GoMysql";
}

}  // namespace keelboat::mysql
