// Loads that Snowflake reads from the lake's bucket itself.

#include <fstream>
#include <sstream>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/clock.h"
#include "keelboat/error.h"
#include "lake/stores/s3/s3_store.h"
#include "support/minio_server.h"
#include "support/snowflake_fixture.h"

namespace keelboat::snowflake {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SnowflakeStageTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    S3Options bucket;
    bucket.bucket = MinioServer::Shared().NewBucket();
    bucket.prefix = "olist";
    bucket.endpoint = MinioServer::Shared().endpoint();
    bucket.credentials = {MinioServer::kAccessKey, MinioServer::kSecretKey, ""};
    root_ = "s3://" + bucket.bucket + "/olist";
    store_ = MakeS3Store(bucket, Clock::System()).ValueOrDie();
  }
  SnowflakeOptions StageOptions() const {
    SnowflakeOptions options = Options();
    options.load = SnowflakeLoadMode::kStage;
    options.stage_url = root_;
    options.stage_endpoint = MinioServer::Shared().endpoint();
    options.stage_access_key = MinioServer::kAccessKey;
    options.stage_secret_key = MinioServer::kSecretKey;
    return options;
  }
  /// Puts a file of rows into the bucket's table.
  LoadFile InBucket(const std::string& name, int64_t first, int64_t count,
                    const std::string& text) const {
    LoadFile file = WriteNumbers(Path(name), first, count, text);
    std::ifstream content(file.uri, std::ios::binary);
    std::ostringstream bytes;
    bytes << content.rdbuf();
    EXPECT_TRUE(store_->Put("orders/" + name, bytes.str()).ok());
    file.uri = root_ + "/orders/" + name;
    return file;
  }

  std::string root_;
  std::shared_ptr<Store> store_;
};

TEST_F(SnowflakeStageTest, NoByteGoesThroughThisMachine) {
  LoadFile old = InBucket("old.parquet", 0, 10, "old ");
  LoadFile newer = InBucket("newer.parquet", 8, 4, "newer ");
  newer.rows_version = 3;
  LoadRequest request = RequestFor("orders", NumbersSchema(), {old, newer}, 3);
  request.key = {"id"};
  request.fetch =
      [](const std::vector<LoadFile>&) -> arrow::Result<std::vector<LoadFile>> {
    return MakeError(ErrorKind::kInternal, "nobody should ask for files");
  };
  auto warehouse = MakeSnowflakeWarehouse(StageOptions()).ValueOrDie();
  auto result = warehouse->Apply(request, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 12);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS WHERE NAME = 'newer ' || ID"), "4");
  EXPECT_EQ(service().Count("PUT "), 0);
  auto difference = warehouse->Compare(request, {});
  ASSERT_TRUE(difference.ok()) << difference.status();
  EXPECT_TRUE(difference->empty());
  // The lake's own files stay where they are.
  EXPECT_EQ(store_->List("orders/").ValueOrDie().size(), 2U);
}

TEST_F(SnowflakeStageTest, FilesThatAreGoneAndKeysThatAreWrongAreNamed) {
  LoadRequest request =
      RequestFor("orders", NumbersSchema(), {InBucket("a.parquet", 0, 10, "a ")}, 0);
  SnowflakeOptions wrong = StageOptions();
  wrong.stage_secret_key = "hunter2";
  auto refused = MakeSnowflakeWarehouse(wrong).ValueOrDie()->Apply(request, {});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kDenied) << refused.status();
  EXPECT_THAT(refused.status().message(), HasSubstr("check the storage integration"));
  EXPECT_THAT(refused.status().message(), ::testing::Not(HasSubstr("hunter2")));
  service().Sql("DROP STAGE OLIST.RAW.KEELBOAT_STAGE");

  auto warehouse = MakeSnowflakeWarehouse(StageOptions()).ValueOrDie();
  ASSERT_TRUE(warehouse->Setup({}, {}).ok());
  ASSERT_TRUE(store_->Delete("orders/a.parquet").ok());
  auto gone = warehouse->Apply(request, {});
  EXPECT_EQ(KindOf(gone.status()), ErrorKind::kNotFound) << gone.status();
  EXPECT_THAT(gone.status().message(), HasSubstr("a.parquet"));
  request.files[0].uri = "s3://elsewhere/orders/a.parquet";
  auto elsewhere = warehouse->Apply(request, {});
  EXPECT_EQ(KindOf(elsewhere.status()), ErrorKind::kConfig) << elsewhere.status();
  EXPECT_THAT(Sql("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = "
                  "'ORDERS'"),
              IsEmpty());
}

}  // namespace
}  // namespace keelboat::snowflake
