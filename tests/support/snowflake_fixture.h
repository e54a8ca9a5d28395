#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>
#include <gtest/gtest.h>

#include "support/snowflake_standin.h"
#include "warehouses/snowflake/snowflake_warehouse.h"

namespace keelboat::snowflake {

/// A field as the lake hands it over: nullable, with metadata.
std::shared_ptr<arrow::Field> LakeField(
    const std::string& name, const std::shared_ptr<arrow::DataType>& type,
    const std::vector<std::pair<std::string, std::string>>& metadata = {});

/// Writes a Parquet file as the lake does; `columns` holds one JSON array per field.
LoadFile WriteParquet(const std::string& path,
                      const std::shared_ptr<arrow::Schema>& schema,
                      const std::vector<std::string>& columns);

/// Rows (n, 'name n') for n in [first, first + count), fields "id" and "name".
LoadFile WriteNumbers(const std::string& path, int64_t first, int64_t count,
                      const std::string& name = "name ");
std::shared_ptr<arrow::Schema> NumbersSchema();

/// A request for version `version` of table `table` whose files hold all its rows.
LoadRequest RequestFor(const std::string& table,
                       const std::shared_ptr<arrow::Schema>& schema,
                       std::vector<LoadFile> files, int64_t version);

/// One row of an answer, NULL as "(null)".
using TextRow = std::vector<std::string>;

/// A folder of its own for each test, and a service without any table.
class WarehouseTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  testing::SnowflakeStandin& service() const;
  SnowflakeOptions Options() const;
  std::unique_ptr<Warehouse> Make(StatementHook hook = nullptr) const;

  /// Runs SQL past all locks and rights; fails the test on an error.
  std::vector<TextRow> Sql(const std::string& sql) const;
  /// The first value of the first row.
  std::string Value(const std::string& sql) const;
  /// Tables that loads of their own left behind, and files on the stage.
  std::vector<std::string> Leftovers() const;

  std::filesystem::path folder_;
};

}  // namespace keelboat::snowflake
