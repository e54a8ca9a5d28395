#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type_fwd.h>
#include <gtest/gtest.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/duckdb_warehouse.h"

namespace keelboat::duckdb {

/// A lake field with metadata, e.g. LakeField("n", arrow::utf8(), {{kLogicalTypeKey,
/// "json"}}).
std::shared_ptr<arrow::Field> LakeField(
    const std::string& name, const std::shared_ptr<arrow::DataType>& type,
    const std::vector<std::pair<std::string, std::string>>& metadata = {});

/// Writes a Parquet file as the lake does; `columns` holds one JSON array per field.
LoadFile WriteParquet(const std::string& path,
                      const std::shared_ptr<arrow::Schema>& schema,
                      const std::vector<std::string>& columns);

/// Rows (n, 'name n') for n in [first, first + count), fields "id" and "name".
LoadFile WriteNumbers(const std::string& path, int64_t first, int64_t count);
std::shared_ptr<arrow::Schema> NumbersSchema();

/// A request for version `version` of table `table` whose files hold all its rows.
LoadRequest RequestFor(const std::string& table,
                       const std::shared_ptr<arrow::Schema>& schema,
                       std::vector<LoadFile> files, int64_t version);

/// Options for a file with the library of this build.
DuckdbOptions OptionsFor(const std::string& path);

/// A folder of its own for each test, removed afterwards.
class WarehouseTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::string DatabasePath() const { return Path("warehouse.duckdb"); }
  std::unique_ptr<Warehouse> Make(StatementHook hook = nullptr) const;
  /// Version `version` of a table of that many numbers; writes its file.
  LoadRequest Numbers(const std::string& table, int64_t count, int64_t version) const;

  /// Runs SQL on the file through a lease of its own; fails the test on an error.
  std::vector<adbc::Row> Sql(const std::string& sql) const;
  /// The first value of the first row.
  std::string Value(const std::string& sql) const;

  std::filesystem::path folder_;
};

}  // namespace keelboat::duckdb
