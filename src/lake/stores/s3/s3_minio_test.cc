// The S3 store against a real MinIO.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/stores/s3/s3_store.h"
#include "support/minio_server.h"
#include "support/store_conformance.h"

namespace keelboat {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

S3Options MinioOptions() {
  S3Options options;
  MinioServer& server = MinioServer::Shared();
  options.endpoint = server.endpoint();
  options.bucket = server.NewBucket();
  options.prefix = "lakes/of tests";
  options.credentials = {MinioServer::kAccessKey, MinioServer::kSecretKey, ""};
  options.part_bytes = int64_t{5} << 20;
  options.retry.max_retries = 2;
  return options;
}

std::shared_ptr<Store> MinioStore() { return MakeS3Store(MinioOptions()).ValueOrDie(); }

INSTANTIATE_TEST_SUITE_P(Minio, StoreConformance,
                         testing::Values(StorePlace{"minio", MinioStore,
                                                    std::size_t{23} << 20}));

std::string Bytes(std::size_t count) { return std::string(count, 'k'); }

TEST(S3MinioTest, TheCheckProvesRightsAndSaysWhatIsThere) {
  ASSERT_OK_AND_ASSIGN(auto lake, MakeDeltaLake(MinioStore()));
  ASSERT_OK_AND_ASSIGN(std::string place, lake->Check());
  EXPECT_EQ(place, "MinIO at " + MinioServer::Shared().endpoint() +
                       ", not encrypted, clocks agree");
  EXPECT_THAT(lake->ListTables().ValueOrDie(), IsEmpty());
}

TEST(S3MinioTest, WrongKeysAreALoginRefused) {
  S3Options options = MinioOptions();
  options.credentials.secret_key = "not the one";
  arrow::Status status = MakeS3Store(options).ValueOrDie()->Put("a", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.message(), HasSubstr("check lake.secret_key"));
  options.credentials.access_key = "nobody";
  status = MakeS3Store(options).ValueOrDie()->List("").status();
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.message(), HasSubstr("check lake.access_key"));
}

TEST(S3MinioTest, AMissingBucketIsToldWithItsRemedy) {
  S3Options options = MinioOptions();
  options.bucket = "no-such-bucket";
  auto store = MakeS3Store(options).ValueOrDie();
  for (const arrow::Status& status :
       {store->Put("a", "x"), store->List("").status(), store->Get("a").status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("no-such-bucket"), HasSubstr("correct lake.url")));
  }
}

TEST(S3MinioTest, SetupMakesTheBucketAndNothingElse) {
  S3Options options = MinioOptions();
  options.bucket = "made-by-setup";
  auto store = MakeS3Store(options).ValueOrDie();
  EXPECT_EQ(store->Setup(/*dry_run=*/true).ValueOrDie().size(), 1u);
  EXPECT_EQ(KindOf(store->Put("a", "x")), ErrorKind::kNotFound);
  EXPECT_EQ(store->Setup(false).ValueOrDie().size(), 1u);
  EXPECT_THAT(store->List("").ValueOrDie(), IsEmpty());
  ASSERT_OK(store->Put("a", "x"));
  EXPECT_THAT(store->Setup(false).ValueOrDie(), IsEmpty());
  EXPECT_EQ(store->Get("a").ValueOrDie(), "x");
}

TEST(S3MinioTest, AClockThatIsWrongIsTold) {
  ManualClock clock;
  clock.Advance(std::chrono::minutes(-40));
  auto store = MakeS3Store(MinioOptions(), clock).ValueOrDie();
  const arrow::Status status = store->Put("a", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.message(), HasSubstr("behind the store's: set it (NTP)"));
}

TEST(S3MinioTest, AMarkerOfAFolderIsNoObjectOfOurs) {
  const S3Options options = MinioOptions();
  auto store = MakeS3Store(options).ValueOrDie();
  S3Options wide = options;
  wide.prefix.clear();
  auto all = MakeS3Store(wide).ValueOrDie();
  ASSERT_OK(all->Put("elsewhere/x", "x"));
  EXPECT_THAT(store->List("").ValueOrDie(), IsEmpty());
}

// kill -9 in the middle of an upload: nothing is visible, and what is there is freed.
TEST(S3MinioTest, AWriterThatIsKilledLeavesNothingThatStays) {
  const S3Options options = MinioOptions();
  auto store = MakeS3Store(options).ValueOrDie();
  const pid_t writer = fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    auto stream = MakeS3Store(options).ValueOrDie()->Create("t/part").ValueOrDie();
    (void)stream->Write(Bytes(std::size_t{18} << 20));
    kill(getpid(), SIGKILL);
  }
  int ended = 0;
  ASSERT_EQ(waitpid(writer, &ended, 0), writer);
  ASSERT_TRUE(WIFSIGNALED(ended));
  EXPECT_THAT(store->List("").ValueOrDie(), IsEmpty());
  const SystemTime now = Clock::System().Now();
  EXPECT_EQ(store->DeleteUnfinished("t/", now - std::chrono::hours(1)).ValueOrDie(), 0);
  EXPECT_EQ(store->DeleteUnfinished("t/", now + std::chrono::hours(1)).ValueOrDie(), 1);
  EXPECT_EQ(store->DeleteUnfinished("", now + std::chrono::hours(1)).ValueOrDie(), 0);
}

}  // namespace
}  // namespace keelboat
