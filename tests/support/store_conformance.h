#pragma once

#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/store.h"
#include "support/lake_fixture.h"

namespace keelboat {

/// A place whose stores have to keep what store.h promises.
struct StorePlace {
  std::string name;
  /// An empty store; all of one place live at the same time.
  std::function<std::shared_ptr<Store>()> make;
  /// Larger than what the place writes in one go.
  std::size_t large = std::size_t{1} << 20;
};

inline std::ostream& operator<<(std::ostream& out, const StorePlace& place) {
  return out << place.name;
}

/// \brief What every store must do, whatever it is made of.
///
/// A test of a place includes this and says INSTANTIATE_TEST_SUITE_P(…, StoreConformance,
/// testing::Values(StorePlace{…})).
class StoreConformance : public testing::TestWithParam<StorePlace> {
 protected:
  void SetUp() override { store_ = GetParam().make(); }

  std::vector<std::string> Listed(const std::string& prefix) {
    std::vector<std::string> paths;
    auto objects = store_->List(prefix);
    EXPECT_TRUE(objects.ok()) << objects.status();
    if (!objects.ok()) return paths;
    for (const ObjectInfo& object : *objects) paths.push_back(object.path);
    return paths;
  }

  std::string Large() const {
    std::string bytes(GetParam().large, '\0');
    uint32_t state = 1;
    for (char& c : bytes) {
      state = state * 1664525 + 1013904223;
      c = static_cast<char>(state >> 24);
    }
    return bytes;
  }

  std::shared_ptr<Store> store_;
};

TEST_P(StoreConformance, WhatIsPutCanBeRead) {
  ASSERT_OK(store_->PutIfAbsent("t/_delta_log/0.json", "zero"));
  ASSERT_OK_AND_ASSIGN(std::string bytes, store_->Get("t/_delta_log/0.json"));
  EXPECT_EQ(bytes, "zero");
  EXPECT_EQ(store_->Uri("t/x"), store_->Uri("") + "/t/x");
  ASSERT_OK_AND_ASSIGN(auto file, store_->Open("t/_delta_log/0.json"));
  ASSERT_OK_AND_ASSIGN(auto part, file->ReadAt(1, 2));
  EXPECT_EQ(part->ToString(), "er");
  ASSERT_OK_AND_ASSIGN(auto past, file->ReadAt(3, 10));
  EXPECT_EQ(past->ToString(), "o");
  ASSERT_OK(file->Seek(0));
  ASSERT_OK_AND_ASSIGN(auto all, file->Read(10));
  EXPECT_EQ(all->ToString(), "zero");
  ASSERT_OK_AND_ASSIGN(auto end, file->Read(10));
  EXPECT_EQ(end->size(), 0);
}

TEST_P(StoreConformance, SetupMakesWhatIsMissingOnce) {
  ASSERT_OK_AND_ASSIGN(auto would, store_->Setup(/*dry_run=*/true));
  EXPECT_EQ(store_->Setup(false).ValueOrDie(), would);
  EXPECT_THAT(store_->Setup(false).ValueOrDie(), testing::IsEmpty());
  EXPECT_THAT(store_->Setup(true).ValueOrDie(), testing::IsEmpty());
  ASSERT_OK(store_->Put("a", "x"));
}

TEST_P(StoreConformance, AnEmptyObjectIsOne) {
  ASSERT_OK(store_->Put("t/empty", ""));
  EXPECT_EQ(store_->Get("t/empty").ValueOrDie(), "");
  ASSERT_OK_AND_ASSIGN(auto file, store_->Open("t/empty"));
  EXPECT_EQ(file->GetSize().ValueOrDie(), 0);
  ASSERT_OK_AND_ASSIGN(auto stream, store_->Create("t/streamed"));
  ASSERT_OK(stream->Close());
  EXPECT_THAT(Listed("t/"), testing::ElementsAre("t/empty", "t/streamed"));
}

TEST_P(StoreConformance, AStoreThatNobodyWroteToIsEmpty) {
  EXPECT_THAT(Listed(""), testing::IsEmpty());
  EXPECT_EQ(KindOf(store_->Get("x").status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(store_->Open("x").status()), ErrorKind::kNotFound);
  ASSERT_OK(store_->Delete("x"));
  ASSERT_OK(store_->Describe().status());
}

TEST_P(StoreConformance, PutIfAbsentKeepsWhatIsThere) {
  ASSERT_OK(store_->PutIfAbsent("a", "first"));
  EXPECT_EQ(KindOf(store_->PutIfAbsent("a", "second")), ErrorKind::kConflict);
  EXPECT_EQ(store_->Get("a").ValueOrDie(), "first");
  ASSERT_OK(store_->Put("a", "third"));
  EXPECT_EQ(store_->Get("a").ValueOrDie(), "third");
  EXPECT_THAT(Listed(""), testing::ElementsAre("a"));
}

TEST_P(StoreConformance, OfSixteenWritersOneWins) {
  constexpr int kWriters = 16;
  constexpr int kObjects = 10;
  std::vector<int> won(kWriters, 0);
  std::vector<int> refused(kWriters, 0);
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] {
        for (int object = 0; object < kObjects; ++object) {
          const auto path = "log/" + std::to_string(object);
          const arrow::Status put = store_->PutIfAbsent(path, std::to_string(writer));
          if (put.ok()) ++won[writer];
          if (!put.ok() && KindOf(put) == ErrorKind::kConflict) ++refused[writer];
        }
      });
    }
  }
  EXPECT_EQ(std::accumulate(won.begin(), won.end(), 0), kObjects);
  EXPECT_EQ(std::accumulate(refused.begin(), refused.end(), 0),
            kObjects * (kWriters - 1));
  EXPECT_EQ(Listed("log/").size(), static_cast<std::size_t>(kObjects));
}

TEST_P(StoreConformance, AnObjectIsSeenOnlyWhenItIsClosed) {
  const std::string bytes = Large();
  ASSERT_OK_AND_ASSIGN(auto stream, store_->Create("t/part-0.parquet"));
  ASSERT_OK(stream->Write(bytes.data(), static_cast<int64_t>(bytes.size()) - 7));
  EXPECT_THAT(Listed(""), testing::IsEmpty());
  EXPECT_FALSE(store_->Get("t/part-0.parquet").ok());
  ASSERT_OK(stream->Write(bytes.data() + bytes.size() - 7, 7));
  EXPECT_EQ(stream->Tell().ValueOrDie(), static_cast<int64_t>(bytes.size()));
  ASSERT_OK(stream->Close());
  EXPECT_TRUE(stream->closed());
  EXPECT_THAT(Listed("t/part-"), testing::ElementsAre("t/part-0.parquet"));
  EXPECT_TRUE(store_->Get("t/part-0.parquet").ValueOrDie() == bytes);
  ASSERT_OK_AND_ASSIGN(auto objects, store_->List("t/"));
  EXPECT_EQ(objects.at(0).size, static_cast<int64_t>(bytes.size()));

  // In pieces from the start, and here and there.
  ASSERT_OK_AND_ASSIGN(auto file, store_->Open("t/part-0.parquet"));
  EXPECT_EQ(file->GetSize().ValueOrDie(), static_cast<int64_t>(bytes.size()));
  std::string read;
  while (true) {
    ASSERT_OK_AND_ASSIGN(auto piece, file->Read(100'001));
    if (piece->size() == 0) break;
    read += piece->ToString();
  }
  EXPECT_TRUE(read == bytes);
  for (const std::size_t at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 9}) {
    ASSERT_OK_AND_ASSIGN(auto piece, file->ReadAt(static_cast<int64_t>(at), 9));
    EXPECT_EQ(piece->ToString(), bytes.substr(at, 9)) << at;
  }
}

TEST_P(StoreConformance, AStreamGivenUpLeavesNothing) {
  const std::string bytes = Large();
  {
    ASSERT_OK_AND_ASSIGN(auto destroyed, store_->Create("t/a"));
    ASSERT_OK(destroyed->Write(bytes));
    ASSERT_OK_AND_ASSIGN(auto aborted, store_->Create("t/b"));
    ASSERT_OK(aborted->Write(bytes));
    ASSERT_OK(aborted->Abort());
    EXPECT_FALSE(aborted->Write("more").ok());
  }
  EXPECT_THAT(Listed(""), testing::IsEmpty());
  const SystemTime later = Clock::System().Now() + std::chrono::hours(1);
  EXPECT_EQ(store_->DeleteUnfinished("", later).ValueOrDie(), 0);
}

TEST_P(StoreConformance, ListingGoesByPrefixAndIsSorted) {
  for (const char* path : {"b/2", "b/1", "a", "b/c/3", "bc"}) {
    ASSERT_OK(store_->PutIfAbsent(path, "x"));
  }
  EXPECT_THAT(Listed(""), testing::ElementsAre("a", "b/1", "b/2", "b/c/3", "bc"));
  EXPECT_THAT(Listed("b/"), testing::ElementsAre("b/1", "b/2", "b/c/3"));
  EXPECT_THAT(Listed("b"), testing::ElementsAre("b/1", "b/2", "b/c/3", "bc"));
  EXPECT_THAT(Listed("b/c/3"), testing::ElementsAre("b/c/3"));
  EXPECT_THAT(Listed("none/"), testing::IsEmpty());
  ASSERT_OK_AND_ASSIGN(auto objects, store_->List("a"));
  EXPECT_EQ(objects.at(0).size, 1);
  const auto age = Clock::System().Now() - objects.at(0).modified;
  EXPECT_LT(std::chrono::abs(age), std::chrono::hours(24 * 365 * 10));
}

TEST_P(StoreConformance, NamesMayHoldAnything) {
  for (const char* name :
       {"t/a b", "t/ü€🚢", "t/a=b&c", "t/50%25", "t/+plus+", "t/quote'\"", "t/(x)~!*"}) {
    ASSERT_OK(store_->PutIfAbsent(name, name));
    EXPECT_EQ(store_->Get(name).ValueOrDie(), name);
    EXPECT_THAT(Listed(name), testing::ElementsAre(name));
    ASSERT_OK(store_->Delete(name));
    EXPECT_EQ(KindOf(store_->Get(name).status()), ErrorKind::kNotFound) << name;
  }
}

TEST_P(StoreConformance, ThePathsOfTheStoreStayWithinIt) {
  for (const char* path : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/"}) {
    EXPECT_EQ(KindOf(store_->Get(path).status()), ErrorKind::kInternal) << path;
    EXPECT_EQ(KindOf(store_->Put(path, "x")), ErrorKind::kInternal) << path;
    EXPECT_EQ(KindOf(store_->Delete(path)), ErrorKind::kInternal) << path;
  }
}

// Sixteen writers append to one table: each commit lands once, versions have no gap.
TEST_P(StoreConformance, SixteenWritersOfOneTable) {
  constexpr int kWriters = 16;
  constexpr int kCommits = 2;
  ASSERT_OK_AND_ASSIGN(auto lake, MakeDeltaLake(store_));
  {
    ASSERT_OK_AND_ASSIGN(auto table, lake->Table("orders"));
    ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(0, 1));
    ASSERT_OK_AND_ASSIGN(Receipt receipt, WriteBatch(*table, *rows));
    ASSERT_OK(table->Commit(MakeCommit(std::nullopt, {receipt})).status());
  }
  std::vector<std::string> failures(kWriters);
  auto append = [&](int writer) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto table, lake->Table("orders"));
    for (int commit = 0; commit < kCommits; ++commit) {
      const int64_t id = 1 + writer * kCommits + commit;
      ARROW_ASSIGN_OR_RAISE(auto rows, MakeRows(id, 1));
      while (true) {
        ARROW_ASSIGN_OR_RAISE(auto latest, table->Latest());
        ARROW_ASSIGN_OR_RAISE(Receipt receipt, WriteBatch(*table, *rows));
        LakeCommit change = MakeCommit(latest->version, {std::move(receipt)});
        change.mode = LakeCommit::Mode::kAppend;
        const arrow::Status status = table->Commit(change).status();
        if (status.ok()) break;
        if (KindOf(status) != ErrorKind::kConflict) return status;
      }
    }
    return arrow::Status::OK();
  };
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] {
        const arrow::Status status = append(writer);
        if (!status.ok()) failures[writer] = status.ToString();
      });
    }
  }
  EXPECT_THAT(failures, testing::Each(""));
  ASSERT_OK_AND_ASSIGN(auto table, lake->Table("orders"));
  ASSERT_OK_AND_ASSIGN(auto latest, table->Latest());
  EXPECT_EQ(latest->version, kWriters * kCommits);
  EXPECT_EQ(latest->rows, 1 + kWriters * kCommits);
  for (int64_t version = 0; version <= latest->version; ++version) {
    ASSERT_OK_AND_ASSIGN(auto at, table->At(version));
    EXPECT_EQ(at.rows, version + 1);
  }
  // What lost a race was deleted: there is no file but those of the table.
  EXPECT_EQ(Listed("orders/part-").size(), latest->files.size());
}

}  // namespace keelboat
