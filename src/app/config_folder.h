#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "app/config.h"
#include "keelboat/error.h"

#define EXPECT_HAS(text, part) \
  EXPECT_NE(std::string(text).find(part), std::string::npos) << (text)

namespace keelboat {

/// A project's folder, for tests of what is read there. It goes with the test.
class ConfigFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "keelboat-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = std::filesystem::canonical(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
    ::chmod((folder_ / path).c_str(), 0600);
  }
  /// keelboat.yaml with a valid source in lines 1 and 2, followed by `more`.
  void WriteMinimal(const std::string& more) {
    Write("keelboat.yaml",
          "sources:\n  shop: {type: mysql, user: u, database: d}\n" + more);
  }
  arrow::Result<ProjectConfig> Load(
      const std::map<std::string, std::string>& variables = {},
      const std::string& environment = "") {
    return LoadProject({folder_, environment, variables});
  }
  std::string ErrorOf(const std::map<std::string, std::string>& variables = {},
                      const std::string& environment = "") {
    const auto config = Load(variables, environment);
    if (config.ok()) return "no error";
    EXPECT_EQ(ExitCodeOf(KindOf(config.status())), 2);
    return config.status().message();
  }

  std::filesystem::path folder_;
};

}  // namespace keelboat
