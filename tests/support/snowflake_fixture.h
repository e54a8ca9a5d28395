#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/load_requests.h"
#include "support/snowflake_standin.h"
#include "warehouses/snowflake/snowflake_warehouse.h"

namespace keelboat::snowflake {

using testing::CommentedNumbersSchema;
using testing::LakeField;
using testing::Missing;
using testing::NumbersSchema;
using testing::RequestFor;
using testing::SetupOfNumbers;
using testing::WriteNumbers;
using testing::WriteParquet;

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
