#include "lake/stores/local/local_store.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keelboat/error.h"
#include "support/faulty_posix.h"
#include "support/store_conformance.h"

namespace keelboat {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Gone with the process.
std::shared_ptr<Store> NewLocalStore() {
  static std::vector<std::unique_ptr<TemporaryFolder>> folders;
  folders.push_back(std::make_unique<TemporaryFolder>());
  return MakeLocalStore(folders.back()->path() + "/lake").ValueOrDie();
}

INSTANTIATE_TEST_SUITE_P(Folder, StoreConformance,
                         testing::Values(StorePlace{"folder", NewLocalStore}));

class LocalStoreTest : public testing::Test {
 protected:
  void SetUp() override { store_ = Make(folder_.path() + "/lake"); }

  std::shared_ptr<Store> Make(const std::string& path) {
    return MakeLocalStore(path, posix_).ValueOrDie();
  }

  std::vector<std::string> Listed(const std::string& prefix) {
    std::vector<std::string> paths;
    auto objects = store_->List(prefix).ValueOrDie();
    for (const ObjectInfo& object : objects) paths.push_back(object.path);
    return paths;
  }

  std::vector<std::string> OnDisk() const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename());
    }
    return names;
  }

  TemporaryFolder folder_;
  FaultyPosix posix_;
  std::shared_ptr<Store> store_;
};

TEST_F(LocalStoreTest, AStoreThatNobodyWroteToIsEmptyAndMakesNoFolder) {
  EXPECT_THAT(Listed(""), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake"));
  EXPECT_EQ(KindOf(store_->Get("x").status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(store_->Open("x").status()), ErrorKind::kNotFound);
  ASSERT_OK(store_->Delete("x"));
}

TEST_F(LocalStoreTest, PutIfAbsentKeepsWhatIsThere) {
  ASSERT_OK(store_->PutIfAbsent("a", "first"));
  EXPECT_EQ(KindOf(store_->PutIfAbsent("a", "second")), ErrorKind::kConflict);
  EXPECT_EQ(store_->Get("a").ValueOrDie(), "first");
  ASSERT_OK(store_->Put("a", "third"));
  EXPECT_EQ(store_->Get("a").ValueOrDie(), "third");
  EXPECT_THAT(OnDisk(), ElementsAre("a"));
}

TEST_F(LocalStoreTest, AStreamGivenUpLeavesNothing) {
  {
    ASSERT_OK_AND_ASSIGN(auto destroyed, store_->Create("t/a"));
    ASSERT_OK(destroyed->Write("bytes"));
    ASSERT_OK_AND_ASSIGN(auto aborted, store_->Create("t/b"));
    ASSERT_OK(aborted->Abort());
    EXPECT_FALSE(aborted->Write("more").ok());
  }
  EXPECT_THAT(OnDisk(), IsEmpty());
}

TEST_F(LocalStoreTest, TheLastObjectTakesItsFolderAlong) {
  ASSERT_OK(store_->Put("t/log/0", "x"));
  ASSERT_OK(store_->Put("t/part", "x"));
  ASSERT_OK(store_->Delete("t/log/0"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake/t/log"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/lake/t/part"));
}

TEST_F(LocalStoreTest, WhatADeadWriterLeftIsHiddenAndCanBeDeleted) {
  std::filesystem::create_directories(folder_.path() + "/lake/t");
  std::ofstream(folder_.path() + "/lake/t/.keelboat-tmp-1-abc-0") << "half";
  EXPECT_THAT(Listed(""), IsEmpty());
  const SystemTime now = Clock::System().Now();
  EXPECT_EQ(store_->DeleteUnfinished("t/", now - std::chrono::hours(1)).ValueOrDie(), 0);
  EXPECT_EQ(store_->DeleteUnfinished("u/", now + std::chrono::hours(1)).ValueOrDie(), 0);
  EXPECT_EQ(store_->DeleteUnfinished("t/", now + std::chrono::hours(1)).ValueOrDie(), 1);
  EXPECT_THAT(OnDisk(), IsEmpty());
}

TEST_F(LocalStoreTest, ErrorsNameThePathAndTheRemedy) {
  struct Case {
    int error;
    ErrorKind kind;
    const char* name;
    const char* remedy;
  };
  const Case cases[] = {
      {ENOSPC, ErrorKind::kUnavailable, "ENOSPC", "free some space"},
      {EDQUOT, ErrorKind::kUnavailable, "EDQUOT", "quota"},
      {EACCES, ErrorKind::kDenied, "EACCES", "right to read and write"},
      {EROFS, ErrorKind::kDenied, "EROFS", "read-only"},
      {EIO, ErrorKind::kUnavailable, "EIO", "system's log"},
      {EMFILE, ErrorKind::kUnavailable, "EMFILE", "ulimit -n"},
  };
  ASSERT_OK(store_->Put("t/there", "x"));
  for (const Case& one : cases) {
    posix_.FailAt(1, one.error);
    arrow::Status status = store_->Put("t/a", "bytes");
    EXPECT_EQ(KindOf(status), one.kind);
    EXPECT_EQ(DetailOf(status, "errno"), one.name);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr(folder_.path() + "/lake/t/a"), HasSubstr(one.remedy)));
  }
}

TEST_F(LocalStoreTest, AFolderWhereAFileIsInTheWayIsAnError) {
  std::ofstream(folder_.path() + "/lake") << "not a folder";
  arrow::Status status = store_->Put("t/a", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("a file where a folder is needed"));
}

TEST_F(LocalStoreTest, ANameThatIsTooLongIsAnError) {
  arrow::Status status = store_->Put(std::string(300, 'n') + "/a", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("too long"));
}

// The disk fails at each call in turn: the object is there whole or not at all, and
// nothing of it stays behind but what DeleteUnfinished removes.
TEST_F(LocalStoreTest, AFailureAtAnyCallLeavesNoHalfObject) {
  int runs = 0;
  for (int call = 1;; ++call, ++runs) {
    const std::string path = "t" + std::to_string(call) + "/object";
    posix_.FailAt(call, ENOSPC);
    arrow::Status status = store_->PutIfAbsent(path, "bytes");
    if (!posix_.faulted()) {
      ASSERT_OK(status);
      break;
    }
    auto read = store_->Get(path);
    if (read.ok()) {
      EXPECT_EQ(*read, "bytes") << "call " << call;
    } else {
      EXPECT_EQ(KindOf(read.status()), ErrorKind::kNotFound) << "call " << call;
      EXPECT_FALSE(status.ok()) << "call " << call;
    }
    posix_.FailAt(0, 0);
    ASSERT_OK(store_->Delete(path));
    const SystemTime later = Clock::System().Now() + std::chrono::hours(1);
    ASSERT_OK(store_->DeleteUnfinished("", later).status());
    EXPECT_THAT(OnDisk(), IsEmpty()) << "call " << call;
  }
  EXPECT_GE(runs, 6);
}

// The power goes at each call in turn, and the disk loses all that was not synced.
TEST_F(LocalStoreTest, WhatWasReportedDoneSurvivesAPowerCut) {
  int runs = 0;
  for (int call = 1;; ++call, ++runs) {
    FaultyPosix posix;
    const std::string root = folder_.path() + "/power" + std::to_string(call);
    ASSERT_OK_AND_ASSIGN(auto store, MakeLocalStore(root + "/lake", posix));
    posix.CutPowerAt(call);
    const bool first = store->PutIfAbsent("t/log/0", "first").ok();
    const bool second = store->PutIfAbsent("t/log/1", "second").ok();
    const bool done = !posix.faulted();
    posix.LoseUnsynced();
    ASSERT_OK_AND_ASSIGN(auto after, MakeLocalStore(root + "/lake"));
    for (auto [path, bytes, acknowledged] : {std::tuple("t/log/0", "first", first),
                                             std::tuple("t/log/1", "second", second)}) {
      auto read = after->Get(path);
      if (acknowledged) {
        EXPECT_TRUE(read.ok()) << path << " at call " << call;
      }
      if (read.ok()) {
        EXPECT_EQ(*read, bytes) << path << " at call " << call;
      }
    }
    if (done) break;
  }
  EXPECT_GE(runs, 12);
}

}  // namespace
}  // namespace keelboat
