#include "support/snowflake_fixture.h"

#include <unistd.h>

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace keelboat::snowflake {

testing::SnowflakeStandin& WarehouseTest::service() const {
  return testing::SnowflakeStandin::Shared();
}

SnowflakeOptions WarehouseTest::Options() const {
  SnowflakeOptions options;
  options.driver = KEELBOAT_SNOWFLAKE_DRIVER;
  options.account = testing::SnowflakeStandin::kAccount;
  options.user = testing::SnowflakeStandin::kUser;
  options.password = testing::SnowflakeStandin::kPassword;
  options.role = testing::SnowflakeStandin::kRole;
  options.warehouse = testing::SnowflakeStandin::kWarehouse;
  options.database = testing::SnowflakeStandin::kDatabase;
  options.host = service().host();
  options.port = service().port();
  options.protocol = "http";
  options.login_timeout = std::chrono::seconds(5);
  options.request_timeout = std::chrono::seconds(20);
  return options;
}

void WarehouseTest::SetUp() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "keelboat-snowflake-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  service().Reset();
  service().Sql("DROP SCHEMA IF EXISTS OLIST.RAW CASCADE");
}

void WarehouseTest::TearDown() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<Warehouse> WarehouseTest::Make(StatementHook hook) const {
  return MakeSnowflakeWarehouse(Options(), std::move(hook)).ValueOrDie();
}

std::vector<TextRow> WarehouseTest::Sql(const std::string& sql) const {
  std::vector<TextRow> rows;
  try {
    const auto answer = nlohmann::json::parse(service().Sql(sql));
    for (const auto& row : answer.at("rows")) {
      TextRow texts;
      for (const auto& cell : row) {
        if (cell.is_null()) {
          texts.emplace_back("(null)");
        } else {
          texts.push_back(cell.is_string() ? cell.get<std::string>() : cell.dump());
        }
      }
      rows.push_back(std::move(texts));
    }
  } catch (const std::exception& error) {
    ADD_FAILURE() << sql << ": " << error.what();
  }
  return rows;
}

std::string WarehouseTest::Value(const std::string& sql) const {
  auto rows = Sql(sql);
  if (rows.empty() || rows[0].empty()) return "(no row)";
  return rows[0][0];
}

std::vector<std::string> WarehouseTest::Leftovers() const {
  std::vector<std::string> found;
  for (const TextRow& row :
       Sql("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' "
           "AND STARTSWITH(TABLE_NAME, '_KEELBOAT_LOAD')")) {
    found.push_back(row.at(0));
  }
  for (const TextRow& row : Sql("LIST @OLIST.RAW.KEELBOAT_STAGE")) {
    found.push_back(row.at(0));
  }
  return found;
}

}  // namespace keelboat::snowflake
