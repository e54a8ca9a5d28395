#include "app/runtime_paths.h"

#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

namespace fs = std::filesystem;

class RuntimePathsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "keelboat-paths-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = fs::canonical(pattern);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Touch(const fs::path& path) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << "x";
    return folder_ / path;
  }

  fs::path folder_;
};

TEST_F(RuntimePathsTest, PartsOfACheckoutStandBesideTheBuild) {
  const fs::path program = Touch("build/release/keelboat");
  const fs::path library = Touch("build/deps/duckdb/libduckdb.so");
  const fs::path python = Touch(".venv/bin/python");
  const fs::path driver = Touch(
      ".venv/lib/python3.11/site-packages/adbc_driver_snowflake/"
      "libadbc_driver_snowflake.so");
  const RuntimePaths paths = FindRuntimePaths(program, {});
  EXPECT_EQ(paths.duckdb_library, library);
  EXPECT_EQ(paths.python, python);
  EXPECT_EQ(paths.snowflake_driver, driver);
}

TEST_F(RuntimePathsTest, ThePackagesDriverStandsBesideThePackage) {
  const fs::path program = Touch("lib/python3.12/site-packages/keelboat/bin/keelboat");
  const fs::path driver = Touch(
      "lib/python3.12/site-packages/adbc_driver_snowflake/libadbc_driver_snowflake.so");
  EXPECT_EQ(FindRuntimePaths(program, {}).snowflake_driver, driver);
}

TEST_F(RuntimePathsTest, VariablesWinAndNeedNotExist) {
  const fs::path program = Touch("build/release/keelboat");
  const RuntimePaths paths =
      FindRuntimePaths(program, {{"KEELBOAT_SNOWFLAKE_DRIVER", "/nowhere/driver.so"},
                                 {"KEELBOAT_PYTHON", "/nowhere/python"},
                                 {"KEELBOAT_DUCKDB_LIBRARY", "/nowhere/libduckdb.so"}});
  EXPECT_EQ(paths.snowflake_driver, "/nowhere/driver.so");
  EXPECT_EQ(paths.python, "/nowhere/python");
  EXPECT_EQ(paths.duckdb_library, "/nowhere/libduckdb.so");
}

TEST_F(RuntimePathsTest, TheDriverIsLookedForInTheChosenEnvironment) {
  const fs::path program = Touch("build/release/keelboat");
  const fs::path python = Touch("other/bin/python");
  const fs::path driver = Touch(
      "other/lib/python3.13/site-packages/adbc_driver_snowflake/"
      "libadbc_driver_snowflake.so");
  EXPECT_EQ(
      FindRuntimePaths(program, {{"KEELBOAT_PYTHON", python.string()}}).snowflake_driver,
      driver);
}

}  // namespace
}  // namespace keelboat
