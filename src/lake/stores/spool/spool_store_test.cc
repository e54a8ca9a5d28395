#include "lake/stores/spool/spool_store.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/faulty_store.h"
#include "support/store_conformance.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<Store> Spooled(std::shared_ptr<Store> inner, const std::string& folder,
                               int64_t most_bytes) {
  return MakeSpoolStore(std::move(inner), {[folder]() -> arrow::Result<std::string> {
                                             fs::create_directories(folder);
                                             return folder;
                                           },
                                           most_bytes});
}

std::shared_ptr<Store> NewSpooledStore() {
  static std::vector<std::unique_ptr<TemporaryFolder>> folders;
  folders.push_back(std::make_unique<TemporaryFolder>());
  const std::string path = folders.back()->path();
  return Spooled(MakeLocalStore(path + "/lake").ValueOrDie(), path + "/spool", 1 << 30);
}

INSTANTIATE_TEST_SUITE_P(Spooled, StoreConformance,
                         testing::Values(StorePlace{"spooled", NewSpooledStore}));

class SpoolStoreTest : public testing::Test {
 protected:
  static constexpr int64_t kMostBytes = 100;

  SpoolStoreTest() {
    faulty_ =
        std::make_shared<FaultyStore>(MakeLocalStore(folder_.path() + "/l").ValueOrDie());
    store_ = Spooled(faulty_, spool(), kMostBytes);
  }

  std::string spool() const { return folder_.path() + "/spool"; }
  arrow::Status Write(const std::string& path, const std::string& bytes) {
    ARROW_ASSIGN_OR_RAISE(auto stream, store_->Create(path));
    for (const char c : bytes) ARROW_RETURN_NOT_OK(stream->Write(&c, 1));
    return stream->Close();
  }
  std::string Copied(const std::string& path) {
    const auto copy = store_->LocalCopy(path);
    if (!copy.has_value()) return "none";
    std::ifstream file(*copy);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t FilesLeft() const {
    if (!fs::exists(spool())) return 0;
    return std::distance(fs::directory_iterator(spool()), fs::directory_iterator());
  }

  TemporaryFolder folder_;
  std::shared_ptr<FaultyStore> faulty_;
  std::shared_ptr<Store> store_;
};

TEST_F(SpoolStoreTest, WhatIsWrittenStaysUntilItIsDropped) {
  ASSERT_OK(Write("t/a", "rows of a"));
  ASSERT_OK(Write("t2/b", "rows of b"));
  EXPECT_EQ(Copied("t/a"), "rows of a");
  EXPECT_EQ(Copied("t2/b"), "rows of b");
  EXPECT_THAT(*store_->LocalCopy("t/a"), testing::EndsWith("-a"));
  store_->DropLocalCopies("t/");
  EXPECT_EQ(Copied("t/a"), "none");
  EXPECT_EQ(Copied("t2/b"), "rows of b");
  ASSERT_OK(store_->Delete("t2/b"));
  EXPECT_EQ(FilesLeft(), 0u);
  ASSERT_OK(store_->PutIfAbsent("t/0.json", "{}"));
  EXPECT_EQ(Copied("t/0.json"), "none");
}

TEST_F(SpoolStoreTest, ACopyIsThereOnlyWhenTheObjectIs) {
  ASSERT_OK_AND_ASSIGN(auto stream, store_->Create("t/a"));
  ASSERT_OK(stream->Write("ro"));
  EXPECT_EQ(Copied("t/a"), "none");
  stream.reset();
  // Creation, two writes: the fourth call closes.
  faulty_->FailAt(4, FaultyStore::Fault::kBefore);
  EXPECT_FALSE(Write("t/b", "ro").ok());
  faulty_->Heal();
  ASSERT_OK_AND_ASSIGN(auto aborted, store_->Create("t/c"));
  ASSERT_OK(aborted->Write("ro"));
  ASSERT_OK(aborted->Abort());
  EXPECT_EQ(Copied("t/b"), "none");
  EXPECT_EQ(FilesLeft(), 0u);
}

TEST_F(SpoolStoreTest, CopiesTakeNoMoreThanTheyMay) {
  ASSERT_OK(Write("a", std::string(60, 'a')));
  ASSERT_OK(Write("b", std::string(60, 'b')));
  EXPECT_EQ(Copied("a"), std::string(60, 'a'));
  EXPECT_EQ(Copied("b"), "none");
  EXPECT_EQ(store_->Get("b").ValueOrDie(), std::string(60, 'b'));
  store_->DropLocalCopies("a");
  ASSERT_OK(Write("c", std::string(100, 'c')));
  EXPECT_EQ(Copied("c"), std::string(100, 'c'));
  EXPECT_EQ(FilesLeft(), 1u);
}

TEST_F(SpoolStoreTest, ACopyThatCannotBeKeptIsNoError) {
  store_ = MakeSpoolStore(faulty_, {[]() -> arrow::Result<std::string> {
                                      return MakeError(ErrorKind::kUnavailable, "full");
                                    },
                                    kMostBytes});
  ASSERT_OK(Write("a", "rows"));
  EXPECT_EQ(Copied("a"), "none");
  store_ = MakeSpoolStore(faulty_, {[] { return std::string("/no/such/folder"); }, 9});
  ASSERT_OK(Write("b", "rows"));
  EXPECT_EQ(Copied("b"), "none");
}

TEST_F(SpoolStoreTest, ACopyThatSomebodyCutIsNotUsed) {
  ASSERT_OK(Write("a", "rows"));
  fs::resize_file(*store_->LocalCopy("a"), 2);
  EXPECT_EQ(Copied("a"), "none");
}

}  // namespace
}  // namespace keelboat
