// The S3 store against a bucket in memory: faults, addresses, options.
#include "lake/stores/s3/s3_store.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/stores/s3/upload.h"
#include "support/fake_s3.h"
#include "support/store_conformance.h"

namespace keelboat {
namespace {

using Fault = FakeS3::Fault;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kPartBytes = 1000;

S3Options Options() {
  S3Options options;
  options.bucket = "lake";
  options.prefix = "olist";
  options.endpoint = "http://127.0.0.1:9000";
  options.credentials = {"AKIA-x", "s3cret", ""};
  options.part_bytes = kPartBytes;
  options.retry.max_retries = 0;
  return options;
}

std::shared_ptr<Store> NewFakeStore() {
  // Lives as long as the tests: stores borrow it.
  static std::vector<std::unique_ptr<FakeS3>> buckets;
  buckets.push_back(std::make_unique<FakeS3>("lake"));
  return MakeS3Store(Options(), {buckets.back()->Client(), nullptr}, Clock::System())
      .ValueOrDie();
}

std::shared_ptr<Store> NewSingleWriterStore() {
  static std::vector<std::unique_ptr<FakeS3>> buckets;
  buckets.push_back(std::make_unique<FakeS3>("lake"));
  buckets.back()->IgnoreConditions();
  S3Options options = Options();
  options.single_writer = true;
  return MakeS3Store(options, {buckets.back()->Client(), nullptr}, Clock::System())
      .ValueOrDie();
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance,
                         testing::Values(StorePlace{"memory", NewFakeStore,
                                                    kPartBytes * 4 + 1},
                                         StorePlace{"single_writer", NewSingleWriterStore,
                                                    kPartBytes * 4 + 1}));

class S3StoreTest : public testing::Test {
 protected:
  std::shared_ptr<Store> Make(const S3Options& options = Options()) {
    return MakeS3Store(options, {bucket_.Client(), nullptr}, clock_).ValueOrDie();
  }

  static std::string Bytes(std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>('a' + i % 23);
    return bytes;
  }

  static arrow::Status WriteObject(Store& store, const std::string& path,
                                   const std::string& bytes) {
    ARROW_ASSIGN_OR_RAISE(auto stream, store.Create(path));
    ARROW_RETURN_NOT_OK(stream->Write(bytes));
    return stream->Close();
  }

  FakeS3 bucket_{"lake"};
  ManualClock clock_;
};

// Each request of an upload in parts fails in turn, in every way: the object is there
// whole or not at all, and what could not be freed is freed by DeleteUnfinished.
TEST_F(S3StoreTest, AFailureAtAnyRequestLeavesNoHalfObject) {
  const std::string bytes = Bytes(kPartBytes * 3 + 10);
  for (const Fault fault : {Fault::kReset, Fault::kAnswerLost, Fault::kSlowDown,
                            Fault::kInternal, Fault::kGone}) {
    int runs = 0;
    for (int request = 1;; ++request, ++runs) {
      auto store = Make();
      bucket_.FailAt(request, fault);
      const arrow::Status status = WriteObject(*store, "t/part", bytes);
      const bool faulted = bucket_.faulted();
      bucket_.Heal();
      if (!faulted) {
        ASSERT_OK(status);
        break;
      }
      auto read = store->Get("t/part");
      if (status.ok()) {
        EXPECT_EQ(read.ValueOrDie(), bytes) << request;
      } else if (read.ok()) {
        // The answer to the last step was lost.
        EXPECT_EQ(*read, bytes) << request;
      }
      ASSERT_OK_AND_ASSIGN(auto listed, store->List(""));
      EXPECT_EQ(listed.size(), read.ok() ? 1u : 0u) << request;
      ASSERT_OK(store->Delete("t/part"));
      ASSERT_OK(
          store->DeleteUnfinished("", clock_.Now() + std::chrono::years(1)).status());
      EXPECT_EQ(bucket_.open_uploads(), 0u) << request;
      EXPECT_THAT(bucket_.Keys(), IsEmpty()) << request;
    }
    // Begin, note, four parts, completion, note: eight requests.
    EXPECT_EQ(runs, 8);
  }
}

// The same with a retry: every single fault is got over.
TEST_F(S3StoreTest, ARetryGetsOverAFailureAtAnyRequest) {
  const std::string bytes = Bytes(kPartBytes * 3 + 10);
  S3Options options = Options();
  options.retry.max_retries = 2;
  for (const Fault fault :
       {Fault::kReset, Fault::kAnswerLost, Fault::kSlowDown, Fault::kInternal}) {
    for (int request = 1;; ++request) {
      auto store = Make(options);
      bucket_.FailAt(request, fault);
      ASSERT_OK(WriteObject(*store, "t/part", bytes));
      const bool faulted = bucket_.faulted();
      bucket_.Heal();
      EXPECT_EQ(store->Get("t/part").ValueOrDie(), bytes) << request;
      ASSERT_OK(store->Delete("t/part"));
      ASSERT_OK(
          store->DeleteUnfinished("", clock_.Now() + std::chrono::years(1)).status());
      EXPECT_EQ(bucket_.open_uploads(), 0u) << request;
      if (!faulted) break;
    }
  }
}

TEST_F(S3StoreTest, ACompletionThatFailsAfterItsHeadIsAnError) {
  auto store = Make();
  // Begin, note, two parts: the fifth request completes.
  bucket_.FailAt(5, Fault::kCompleteFails);
  const arrow::Status status = WriteObject(*store, "t/part", Bytes(kPartBytes + 1));
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("InternalError"));
  EXPECT_THAT(bucket_.Keys(), IsEmpty());
  EXPECT_EQ(bucket_.open_uploads(), 0u);
}

TEST_F(S3StoreTest, AWriterThatDiedIsCleanedUpAfter) {
  auto store = Make();
  ASSERT_OK_AND_ASSIGN(auto stream, store->Create("t/part"));
  ASSERT_OK(stream->Write(Bytes(kPartBytes * 2)));
  // From here on nothing arrives, not even the end of the upload.
  bucket_.FailAt(1, Fault::kGone);
  stream.reset();
  bucket_.Heal();
  EXPECT_EQ(bucket_.open_uploads(), 1u);
  EXPECT_THAT(bucket_.Keys(), Contains("olist/t/.keelboat-upload-part"));
  EXPECT_THAT(store->List("").ValueOrDie(), IsEmpty());
  const SystemTime written = ParseTime("2026-11-21T02:00:00Z").value();
  EXPECT_EQ(store->DeleteUnfinished("t/", written).ValueOrDie(), 0);
  const SystemTime later = written + std::chrono::hours(1);
  EXPECT_EQ(store->DeleteUnfinished("u/", later).ValueOrDie(), 0);
  EXPECT_EQ(store->DeleteUnfinished("t/", later).ValueOrDie(), 1);
  EXPECT_EQ(bucket_.open_uploads(), 0u);
  EXPECT_THAT(bucket_.Keys(), IsEmpty());
}

TEST_F(S3StoreTest, ASmallObjectIsOnePut) {
  auto store = Make();
  ASSERT_OK(WriteObject(*store, "t/small", Bytes(kPartBytes)));
  EXPECT_THAT(bucket_.urls(),
              testing::ElementsAre("PUT http://127.0.0.1:9000/lake/olist/t/small"));
}

TEST_F(S3StoreTest, AnObjectThatIsReplacedUnderAReaderIsAnError) {
  auto store = Make();
  ASSERT_OK(store->Put("t/a", Bytes(200'000)));
  ASSERT_OK_AND_ASSIGN(auto file, store->Open("t/a"));
  ASSERT_OK(store->Put("t/a", Bytes(200'000)));
  const auto read = file->ReadAt(0, 10);
  EXPECT_EQ(KindOf(read.status()), ErrorKind::kData);
  EXPECT_THAT(read.status().message(), HasSubstr("replaced while it was read"));
}

TEST_F(S3StoreTest, AStoreThatIgnoresTheConditionIsRefused) {
  ASSERT_OK_AND_ASSIGN(auto lake, MakeDeltaLake(Make()));
  ASSERT_OK_AND_ASSIGN(std::string place, lake->Check());
  EXPECT_THAT(place, StartsWith("FakeS3 at http://127.0.0.1:9000, not encrypted"));
  bucket_.IgnoreConditions();
  const arrow::Status status = lake->Check().status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("use a store with conditional puts"));
  EXPECT_THAT(bucket_.Keys(), IsEmpty());
}

TEST_F(S3StoreTest, ASkewedClockIsTold) {
  // The bucket's clock stands at 02:00.
  clock_.Advance(ParseTime("2026-11-21T02:05:00Z").value() - clock_.Now());
  ASSERT_OK_AND_ASSIGN(std::string place, Make()->Describe());
  EXPECT_THAT(place, HasSubstr("this machine's clock is 5 min ahead of the store's"));
}

TEST_F(S3StoreTest, BucketsInThePathOrInTheHost) {
  struct Case {
    const char* endpoint;
    S3Addressing addressing;
    const char* bucket;
    const char* url;
    const char* region = "eu-west-1";
  };
  const Case cases[] = {
      {"", S3Addressing::kAuto, "lake",
       "https://lake.s3.cn-north-1.amazonaws.com.cn/olist/a%20b", "cn-north-1"},
      {"", S3Addressing::kAuto, "lake",
       "https://lake.s3.eu-west-1.amazonaws.com/olist/a%20b"},
      {"", S3Addressing::kAuto, "la.ke",
       "https://s3.eu-west-1.amazonaws.com/la.ke/olist/a%20b"},
      {"", S3Addressing::kPath, "lake",
       "https://s3.eu-west-1.amazonaws.com/lake/olist/a%20b"},
      {"http://m:9000/", S3Addressing::kAuto, "lake", "http://m:9000/lake/olist/a%20b"},
      {"https://m:443", S3Addressing::kAuto, "lake", "https://m/lake/olist/a%20b"},
      {"http://m:80", S3Addressing::kVirtual, "lake", "http://lake.m/olist/a%20b"},
  };
  for (const Case& one : cases) {
    S3Options options = Options();
    options.region = one.region;
    options.endpoint = one.endpoint;
    options.addressing = one.addressing;
    options.bucket = one.bucket;
    (void)Make(options)->Get("a b");
    EXPECT_EQ(bucket_.urls().back(), std::string("GET ") + one.url);
  }
}

TEST_F(S3StoreTest, OptionsThatCannotBeAreRefused) {
  for (const char* endpoint :
       {"m:9000", "ftp://m", "http://", "http://m/path", "http://user@m", "http://m?x"}) {
    S3Options options = Options();
    options.endpoint = endpoint;
    const auto store = MakeS3Store(options, {bucket_.Client(), nullptr}, clock_);
    EXPECT_EQ(KindOf(store.status()), ErrorKind::kConfig) << endpoint;
    EXPECT_THAT(store.status().message(), HasSubstr("lake.endpoint")) << endpoint;
  }
  for (const char* prefix : {"a//b", "/a", "a/", "a/../b", "."}) {
    S3Options options = Options();
    options.prefix = prefix;
    const auto store = MakeS3Store(options, {bucket_.Client(), nullptr}, clock_);
    EXPECT_EQ(KindOf(store.status()), ErrorKind::kConfig) << prefix;
  }
  S3Options options = Options();
  options.credentials.secret_key.clear();
  EXPECT_THAT(
      MakeS3Store(options, {bucket_.Client(), nullptr}, clock_).status().message(),
      HasSubstr("lake.secret_key"));
}

TEST_F(S3StoreTest, AnEndpointWithoutAPortIsTold) {
  S3Options options = Options();
  options.endpoint = "http://m";
  bucket_.FailAt(1, Fault::kGone);
  const arrow::Status status = Make(options)->Put("a", "x");
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("writing s3://lake/olist/a"), HasSubstr("names no port")));
}

// A commit whose answer is lost, by which its repetition meets itself.
TEST_F(S3StoreTest, ACommitWhoseAnswerIsLostIsMadeOnce) {
  S3Options options = Options();
  options.retry.max_retries = 1;
  ASSERT_OK_AND_ASSIGN(auto lake, MakeDeltaLake(Make(options)));
  ASSERT_OK_AND_ASSIGN(auto table, lake->Table("orders"));
  for (int64_t version = 0; version < 4; ++version) {
    ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(version, 1));
    ASSERT_OK_AND_ASSIGN(Receipt receipt, WriteBatch(*table, *rows));
    // Of the first one it is the probe's answer.
    bucket_.LosePutOf("orders/_delta_log/");
    LakeCommit change = MakeCommit(
        version == 0 ? std::nullopt : std::optional<int64_t>(version - 1), {receipt});
    change.mode = version == 0 ? LakeCommit::Mode::kReplace : LakeCommit::Mode::kAppend;
    ASSERT_OK_AND_ASSIGN(auto snapshot, table->Commit(change));
    EXPECT_TRUE(bucket_.faulted());
    EXPECT_EQ(snapshot.version, version);
    EXPECT_EQ(snapshot.rows, version + 1);
  }
}

// No run writes to a store on which two writers would lose commits.
TEST_F(S3StoreTest, TheFirstConditionalPutProvesTheStore) {
  bucket_.IgnoreConditions();
  auto store = Make();
  for (int i = 0; i < 2; ++i) {
    const arrow::Status status = store->PutIfAbsent("t/_delta_log/0.json", "x");
    EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported);
    EXPECT_THAT(status.message(), HasSubstr("lake.single_writer"));
  }
  EXPECT_THAT(bucket_.Keys(), IsEmpty());
  // Two puts and a deletion, once.
  EXPECT_EQ(bucket_.urls().size(), 3u);
}

TEST_F(S3StoreTest, AProofThatFailedIsTriedAgain) {
  auto store = Make();
  for (int request = 1; request <= 3; ++request) {
    bucket_.FailAt(request, Fault::kReset);
    const arrow::Status status = store->PutIfAbsent("a", "x");
    EXPECT_EQ(status.ok(), request == 3) << request;
    bucket_.Heal();
  }
  ASSERT_OK(store->PutIfAbsent("b", "x"));
  // The probe whose deletion was lost is hidden, and swept.
  EXPECT_EQ(store->List("").ValueOrDie().size(), 2u);
  EXPECT_EQ(bucket_.Keys().size(), 3u);
  ASSERT_OK(store->DeleteUnfinished("", clock_.Now() + std::chrono::years(1)).status());
  EXPECT_EQ(bucket_.Keys().size(), 2u);
}

TEST_F(S3StoreTest, ASingleWriterNeedsNoConditions) {
  bucket_.IgnoreConditions();
  S3Options options = Options();
  options.single_writer = true;
  auto store = Make(options);
  ASSERT_OK(store->PutIfAbsent("a", "first"));
  EXPECT_EQ(KindOf(store->PutIfAbsent("a", "second")), ErrorKind::kConflict);
  ASSERT_OK(store->Put("empty", ""));
  EXPECT_EQ(KindOf(store->PutIfAbsent("empty", "x")), ErrorKind::kConflict);
  EXPECT_EQ(store->Get("a").ValueOrDie(), "first");
  ASSERT_OK_AND_ASSIGN(auto lake, MakeDeltaLake(store));
  EXPECT_THAT(lake->Check().ValueOrDie(), HasSubstr("single writer"));
}

TEST_F(S3StoreTest, DamagedBytesAreNotTakenForTheObjects) {
  auto store = Make();
  ASSERT_OK(store->Put("a", "what was put"));
  bucket_.Damage("olist/a");
  const auto read = store->Get("a");
  EXPECT_EQ(KindOf(read.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(read.status().message(), HasSubstr("not those of its checksum"));
}

TEST_F(S3StoreTest, PartsPutTogetherOtherwiseAreAnError) {
  auto store = Make();
  bucket_.DamageUploads();
  const arrow::Status status = WriteObject(*store, "t/part", Bytes(kPartBytes * 2));
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("put the parts together otherwise"));
}

TEST_F(S3StoreTest, AStoreWithoutChecksumsIsWrittenToWithoutThem) {
  bucket_.RefuseChecksums();
  auto store = Make();
  const std::string bytes = Bytes(kPartBytes * 2 + 1);
  ASSERT_OK(WriteObject(*store, "t/part", bytes));
  EXPECT_EQ(store->Get("t/part").ValueOrDie(), bytes);
  ASSERT_OK(Make()->PutIfAbsent("a", "x"));
}

TEST_F(S3StoreTest, SetupMakesTheBucketWhereThereIsNone) {
  S3Options options = Options();
  options.region = "eu-west-1";
  auto store = Make(options);
  EXPECT_THAT(store->Setup(false).ValueOrDie(), IsEmpty());
  bucket_.RemoveBucket();
  const std::string place = "bucket lake in eu-west-1 at http://127.0.0.1:9000";
  EXPECT_THAT(store->Setup(true).ValueOrDie(), testing::ElementsAre(place));
  EXPECT_EQ(KindOf(store->Put("a", "x")), ErrorKind::kNotFound);
  EXPECT_THAT(store->Setup(false).ValueOrDie(), testing::ElementsAre(place));
  EXPECT_THAT(bucket_.made_with(), HasSubstr("<LocationConstraint>eu-west-1<"));
  ASSERT_OK(store->Put("a", "x"));
}

TEST_F(S3StoreTest, ARangeThatIsAnotherIsAnErrorAndAWholeObjectIsNot) {
  auto store = Make();
  const std::string bytes = Bytes(200'000);
  ASSERT_OK(store->Put("t/a", bytes));
  ASSERT_OK_AND_ASSIGN(auto file, store->Open("t/a"));
  bucket_.ShiftRanges();
  const auto shifted = file->ReadAt(10, 10);
  EXPECT_EQ(KindOf(shifted.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(shifted.status().message(), HasSubstr("other bytes came"));
  bucket_.IgnoreRanges();
  EXPECT_EQ(file->ReadAt(10, 10).ValueOrDie()->ToString(), bytes.substr(10, 10));
  ASSERT_OK_AND_ASSIGN(auto again, store->Open("t/a"));
  EXPECT_EQ(again->GetSize().ValueOrDie(), 200'000);
  EXPECT_EQ(again->ReadAt(199'990, 10).ValueOrDie()->ToString(), bytes.substr(199'990));
}

TEST_F(S3StoreTest, AListingThatGoesInCirclesIsAnError) {
  bucket_.AnswerAlways(200,
                       "<ListBucketResult><IsTruncated>true</IsTruncated>"
                       "<NextContinuationToken>x</NextContinuationToken>"
                       "</ListBucketResult>");
  EXPECT_EQ(KindOf(Make()->List("").status()), ErrorKind::kUnavailable);
  bucket_.AnswerAlways(200,
                       "<ListBucketResult><Contents><Key>olist/a</Key>"
                       "<LastModified>2026-11-21T02:00:00Z</LastModified>"
                       "</Contents></ListBucketResult>");
  EXPECT_THAT(Make()->List("").status().message(), HasSubstr("no Size"));
}

TEST_F(S3StoreTest, NoErrorTellsASecret) {
  bucket_.AnswerAlways(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
  const arrow::Status status = Make()->Put("a", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.ToString(), Not(HasSubstr("s3cret")));
}

TEST_F(S3StoreTest, AnAnswerThatIsNoListingIsAnError) {
  bucket_.AnswerAlways(200, "<html>");
  EXPECT_EQ(KindOf(Make()->List("").status()), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace keelboat
