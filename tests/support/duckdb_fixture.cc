#include "support/duckdb_fixture.h"

#include <unistd.h>

#include <cstdlib>

#include "warehouses/duckdb/database_file.h"

namespace keelboat::duckdb {

DuckdbOptions OptionsFor(const std::string& path) {
  DuckdbOptions options;
  options.path = path;
  options.library = KEELBOAT_LIBDUCKDB;
  return options;
}

void WarehouseTest::SetUp() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "keelboat-warehouse-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
}

void WarehouseTest::TearDown() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<Warehouse> WarehouseTest::Make(StatementHook hook) const {
  return MakeDuckdbWarehouse(OptionsFor(DatabasePath()), std::move(hook)).ValueOrDie();
}

LoadRequest WarehouseTest::Numbers(const std::string& table, int64_t count,
                                   int64_t version) const {
  const std::string path = Path(table + "-" + std::to_string(version) + ".parquet");
  return RequestFor(table, NumbersSchema(), {WriteNumbers(path, 0, count)}, version);
}

std::vector<adbc::Row> WarehouseTest::Sql(const std::string& sql) const {
  auto file = DatabaseFile::Open(OptionsFor(DatabasePath()));
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return {};
  auto connection = (*file)->Connect();
  EXPECT_TRUE(connection.ok()) << connection.status();
  if (!connection.ok()) return {};
  auto rows = (*connection)->Fetch(sql);
  EXPECT_TRUE(rows.ok()) << sql << ": " << rows.status();
  return rows.ok() ? *rows : std::vector<adbc::Row>{};
}

std::string WarehouseTest::Value(const std::string& sql) const {
  auto rows = Sql(sql);
  if (rows.empty() || rows[0].empty()) return "(no row)";
  return rows[0][0].value_or("(null)");
}

}  // namespace keelboat::duckdb
