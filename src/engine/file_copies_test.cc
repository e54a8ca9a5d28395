#include "engine/file_copies.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "engine/fakes.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

class FileCopiesTest : public testing::Test {
 protected:
  FileCopiesTest() {
    std::string name = (fs::temp_directory_path() / "keelboat-copies-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const char* part : {"a", "b", "c"}) {
      DataFile file;
      file.path = part;
      file.uri = std::string("s3://lake/orders/") + part;
      snapshot_.files.push_back(file);
      request_.files.push_back({file.uri, 1, 0, ""});
    }
  }
  ~FileCopiesTest() override { fs::remove_all(folder_); }

  void Prepare() {
    FetchFiles(table_, snapshot_, (folder_ / "copies").string(), {}, &request_);
  }

  static std::string Content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder_;
  fakes::FakeLakeTable table_{"orders"};
  LakeSnapshot snapshot_;
  LoadRequest request_;
};

TEST_F(FileCopiesTest, FilesComeWhenTheyAreAskedForAndGoWithTheRequest) {
  Prepare();
  EXPECT_FALSE(fs::exists(folder_ / "copies"));
  auto one = request_.Readable({request_.files[1]});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(Content(one->at(0).path()), "bytes of b");
  auto all = request_.Readable(request_.files);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->at(1).path(), one->at(0).path());
  EXPECT_EQ(Content(all->at(0).path()), "bytes of a");
  EXPECT_EQ(Content(all->at(2).path()), "bytes of c");
  EXPECT_EQ(all->at(2).uri, "s3://lake/orders/c");
  request_ = {};
  EXPECT_FALSE(fs::exists(folder_ / "copies"));
}

TEST_F(FileCopiesTest, FilesOfThisMachineStayWhereTheyAre) {
  for (DataFile& file : snapshot_.files) file.uri = "/lake/orders/" + file.path;
  Prepare();
  EXPECT_FALSE(request_.fetch);
  EXPECT_EQ(request_.Readable({{"/lake/orders/a", 1, 0, ""}})->at(0).path(),
            "/lake/orders/a");
}

TEST_F(FileCopiesTest, WhatThisProcessKeptIsNotFetched) {
  table_.local_copies = {{"a", (folder_ / "kept-a").string()}};
  std::ofstream(folder_ / "kept-a") << "kept bytes of a";
  table_.fail_download = MakeError(ErrorKind::kUnavailable, "the store is away");
  Prepare();
  auto kept = request_.Readable({request_.files[0]});
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(Content(kept->at(0).path()), "kept bytes of a");
  EXPECT_FALSE(fs::exists(folder_ / "copies"));
  EXPECT_FALSE(request_.Readable(request_.files).ok());
}

TEST_F(FileCopiesTest, AFailureIsToldAndTriedAgain) {
  table_.fail_download = MakeError(ErrorKind::kUnavailable, "the store is away");
  Prepare();
  const auto failed = request_.Readable(request_.files);
  EXPECT_EQ(KindOf(failed.status()), ErrorKind::kUnavailable);
  EXPECT_EQ(failed.status().message(),
            "copying files of lake table orders: the store is away");
  table_.fail_download = arrow::Status::OK();
  EXPECT_TRUE(request_.Readable(request_.files).ok());
}

TEST_F(FileCopiesTest, WhatDeadProcessesLeftGoes) {
  // No process has this number.
  fs::create_directories(folder_ / "copies" / "2147483646-1");
  fs::create_directories(folder_ / "copies" / (std::to_string(::getpid()) + "-99"));
  Prepare();
  ASSERT_TRUE(request_.Readable(request_.files).ok());
  EXPECT_FALSE(fs::exists(folder_ / "copies" / "2147483646-1"));
  EXPECT_TRUE(fs::exists(folder_ / "copies" / (std::to_string(::getpid()) + "-99")));
}

}  // namespace
}  // namespace keelboat
