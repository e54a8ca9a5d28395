#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/load_requests.h"
#include "warehouses/adbc.h"
#include "warehouses/duckdb/duckdb_warehouse.h"

namespace keelboat::duckdb {

using testing::CommentedNumbersSchema;
using testing::LakeField;
using testing::Missing;
using testing::NumbersSchema;
using testing::RequestFor;
using testing::SetupOfNumbers;
using testing::WriteNumbers;
using testing::WriteParquet;

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
