// What goes wrong while rows are read from the stand-in, and what comes of it.

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/metabase_rows_fixture.h"

namespace keelboat::metabase {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

using MetabaseRowFaultsTest = MetabaseRows;

TEST_P(MetabaseRowFaultsTest, TheServersErrorComesThrough) {
  auto read = Fetch("SELECT nope FROM orders");
  EXPECT_FALSE(read.status.ok());
  EXPECT_THAT(read.status.message(), HasSubstr("nope"));
  read = Fetch("SELECT * FROM nowhere");
  EXPECT_THAT(read.status.message(), HasSubstr("nowhere"));
}

TEST_P(MetabaseRowFaultsTest, AnErrorAmongTheRowsIsFound) {
  standin_->Fault(
      R"({"kind":"fail","path":"POST /api/dataset","after_rows":30,"message":"Memory limit exceeded","error_type":"invalid-query"})");
  auto read = Fetch("SELECT * FROM orders");
  ASSERT_FALSE(read.status.ok());
  EXPECT_THAT(read.rows, IsEmpty());
  // Also from a server that only hangs up.
  EXPECT_THAT(read.status.message(), HasSubstr("Memory limit exceeded"));
}

TEST_P(MetabaseRowFaultsTest, CutBodiesAreAskedForAgain) {
  const auto whole = Fetch("SELECT * FROM orders").rows;
  ASSERT_EQ(whole.size(), 20'000u);
  for (const char* how : {"reset", "clean", "close"}) {
    standin_->Reset();
    standin_->Set(R"({"profile":")" + std::string(GetParam()) + "\"}");
    standin_->Fault(
        R"({"kind":"cut","path":"POST /api/dataset/json","after_bytes":500000,"times":3,"how":")" +
        std::string(how) + "\"}");
    auto read = Fetch("SELECT * FROM orders");
    ASSERT_TRUE(read.status.ok()) << how << ": " << read.status.ToString();
    EXPECT_EQ(Sorted(read.rows), Sorted(whole)) << how;
  }
}

TEST_P(MetabaseRowFaultsTest, AServerThatEndsLongAnswersGetsShortOnes) {
  // As one that ends each answer after so many minutes.
  standin_->Fault(
      R"({"kind":"cut","path":"POST /api/dataset/json","after_bytes":300000,"how":"clean"})");
  auto read = Fetch("SELECT order_id, vendor_id, note FROM orders");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.pieces, 1u);
  EXPECT_EQ(read.rows.size(), 20'000u);
  EXPECT_EQ(std::set<std::string>(read.rows.begin(), read.rows.end()).size(), 20'000u);
  // What cannot be cut cannot be helped.
  read = Fetch("SELECT order_id, vendor_id, note FROM orders LIMIT 19999");
  EXPECT_EQ(KindOf(read.status), ErrorKind::kUnavailable);
  EXPECT_THAT(read.rows, IsEmpty());
}

TEST_P(MetabaseRowFaultsTest, ABodyThatStallsIsGivenUpAndAskedForAgain) {
  Use("Growth Team Clickhouse Connection", 3s);
  standin_->Fault(
      R"({"kind":"cut","path":"POST /api/dataset/json","after_bytes":200000,"how":"stall","seconds":300,"times":1})");
  const auto begin = std::chrono::steady_clock::now();
  auto read = Fetch("SELECT order_id, note FROM orders");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows.size(), 20'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 100s);
}

TEST_P(MetabaseRowFaultsTest, BodiesThatAreNoExportAreRefused) {
  const auto reply = [](const std::string& hex) {
    standin_->Fault(
        R"({"kind":"reply","path":"POST /api/dataset/json","status":200,"content_type":"application/json","times":1,"body_hex":")" +
        hex + "\"}");
  };
  // [\n{"c0":1},\n{"c0":2;}\n]
  reply("5b0a7b226330223a317d2c0a7b226330223a323b7d0a5d");
  auto read = Fetch("SELECT order_id FROM orders");
  EXPECT_EQ(KindOf(read.status), ErrorKind::kData) << read.status.ToString();
  // [\n{"c0":"\xff"}\n]
  reply("5b0a7b226330223a22ff227d0a5d");
  read = Fetch("SELECT note FROM orders");
  EXPECT_EQ(KindOf(read.status), ErrorKind::kData);
  EXPECT_THAT(read.status.message(), HasSubstr("no UTF-8"));
  // [\n{"c0":"x"}\n]
  reply("5b0a7b226330223a2278227d0a5d");
  read = Fetch("SELECT order_id FROM orders");
  EXPECT_EQ(DetailOf(read.status, kMismatchedColumn), "order_id");
  // [\n{"c0":1}\n]: whole, but not what was counted; the second try is.
  reply("5b0a7b226330223a317d0a5d");
  read = Fetch("SELECT order_id FROM orders");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows.size(), 20'000u);
}

TEST_P(MetabaseRowFaultsTest, StoppingEndsTheServersQuery) {
  std::stop_source stop;
  Question question;
  question.sql =
      "SELECT number, sleepEachRow(0.01) AS s FROM numbers(30000) "
      "SETTINGS max_block_size = 10";
  auto relation = DescribeAnswer(*api_, question, {}).ValueOrDie();
  Partition partition;
  partition.columns = relation.schema->field_names();
  auto reader =
      ReadPiece(*api_, relation, partition, Options(), stop.get_token()).ValueOrDie();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(500ms);
    stop.request_stop();
  });
  std::shared_ptr<arrow::RecordBatch> batch;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(KindOf(reader->ReadNext(&batch)), ErrorKind::kCancelled);
  for (int i = 0; i < 600 && standin_->Count("query_cancelled") == 0; ++i) {
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(standin_->Count("query_cancelled"), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 100s);
}

TEST_P(MetabaseRowFaultsTest, TheRowLimitIsSeen) {
  auto options = Options();
  const std::string numbers = "SELECT number AS n FROM numbers(";
  auto at = Fetch(numbers + "1048575) LIMIT 2000000", {}, options, false);
  ASSERT_TRUE(at.status.ok()) << at.status.ToString();
  EXPECT_EQ(at.count, 1'048'575);
  auto beyond = Fetch(numbers + "1048576) LIMIT 2000000", {}, options, false);
  EXPECT_EQ(KindOf(beyond.status), ErrorKind::kData);
  EXPECT_THAT(beyond.status.message(), HasSubstr("MB_DOWNLOAD_ROW_LIMIT"));
  auto cut = Fetch(numbers + "1048576)", {}, options, false);
  ASSERT_TRUE(cut.status.ok()) << cut.status.ToString();
  EXPECT_EQ(cut.count, 1'048'576);
  EXPECT_GT(cut.pieces, 4u);
}

TEST_P(MetabaseRowFaultsTest, AValueThatContradictsItsColumnIsNamed) {
  Use("Customers Postgres");
  standin_->Set(R"({"base_types":{"name":"type/Boolean"}})");
  auto read = Fetch("SELECT id, name FROM accounts");
  if (std::string(GetParam()) != "v48") {
    // The database's own type, which newer servers tell, is believed before.
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    EXPECT_THAT(read.types, ElementsAre("int64", "string"));
    return;
  }
  EXPECT_EQ(KindOf(read.status), ErrorKind::kData);
  EXPECT_EQ(DetailOf(read.status, kMismatchedColumn), "name");
  Question question;
  question.sql = "SELECT id, name FROM accounts WHERE id = 1";
  auto relation = DescribeAnswer(*api_, question, {}).ValueOrDie();
  relation.schema =
      relation.schema->SetField(1, relation.schema->field(1)->WithType(arrow::utf8()))
          .ValueOrDie();
  Read as_text;
  ASSERT_TRUE(ReadPieces(relation, {}, Options(), true, &as_text).ok());
  EXPECT_THAT(as_text.rows, ElementsAre("1|Name 0"));
}

INSTANTIATE_TEST_SUITE_P(Generations, MetabaseRowFaultsTest,
                         ::testing::Values("v48", "v55", "v63"));

}  // namespace
}  // namespace keelboat::metabase
