// The library as its users see it: through include/keelboat alone, against a live server.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stop_token>
#include <string>

#include <arrow/array.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "keelboat/fetch.h"
#include "keelboat/source.h"
#include "support/mariadb_server.h"

namespace keelboat {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MariadbServer;

constexpr int64_t kRows = 600'000;

class LibraryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    MariadbServer::Shared().Run(
        "CREATE TABLE numbers (id INT PRIMARY KEY, price DECIMAL(10,2) NOT NULL, born "
        "DATE) COMMENT 'many'; INSERT INTO numbers SELECT seq, seq / 100, '2024-01-31' "
        "FROM seq_1_to_" +
        std::to_string(kRows) +
        "; ANALYZE TABLE numbers;"
        // The right that lets several connections agree on one moment.
        "GRANT RELOAD ON *.* TO 'shop'@'%';"
        "CREATE USER plain@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO "
        "plain@'%'");
  }

  void SetUp() override { source_ = OpenAs(MariadbServer::kUser); }

  static std::shared_ptr<DataSource> OpenAs(const std::string& user) {
    SourceOptions options;
    options.port = MariadbServer::Shared().port();
    options.user = user;
    options.password = MariadbServer::kPassword;
    options.database = MariadbServer::kDatabase;
    return DataSource::OpenMysql(options).ValueOrDie();
  }

  static int64_t SumOfIds(FetchReader& reader) {
    int64_t sum = 0;
    while (true) {
      std::shared_ptr<arrow::RecordBatch> batch = reader.Next().ValueOrDie();
      if (batch == nullptr) return sum;
      const auto& ids = static_cast<const arrow::Int32Array&>(*batch->column(0));
      for (int64_t row = 0; row < ids.length(); ++row) sum += ids.Value(row);
    }
  }

  std::shared_ptr<DataSource> source_;
};

TEST_F(LibraryTest, DescribesWhatIsThere) {
  EXPECT_THAT(source_->ListTables().ValueOrDie(), Contains("numbers"));
  TableDescription table = source_->DescribeTable("numbers").ValueOrDie();
  EXPECT_THAT(table.schema->field_names(), ElementsAre("id", "price", "born"));
  EXPECT_THAT(table.primary_key, ElementsAre("id"));
  EXPECT_EQ(table.comment, "many");
}

TEST_F(LibraryTest, EveryWayOfReadingYieldsEveryRowOnce) {
  for (int connections : {1, 3}) {
    for (bool ordered : {false, true}) {
      FetchOptions options;
      options.connections = connections;
      options.ordered = ordered;
      auto reader = FetchTable(source_, "numbers", options).ValueOrDie();
      EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2) << connections << ordered;
      EXPECT_EQ(reader->info().connections, connections) << reader->info().note;
      EXPECT_EQ(reader->info().ranges > 1, connections > 1);
    }
  }
}

TEST_F(LibraryTest, TheStrategyIsWhatWasAskedFor) {
  FetchOptions options;
  options.connections = 3;
  options.partition_on = "id";
  options.strategy = FetchStrategy::kSingle;
  auto reader = FetchTable(source_, "numbers", options).ValueOrDie();
  EXPECT_EQ(reader->info().ranges, 1);
  EXPECT_EQ(reader->info().strategy, FetchStrategy::kSingle);
  EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2);

  options.strategy = FetchStrategy::kPagination;
  reader = FetchTable(source_, "numbers", options).ValueOrDie();
  EXPECT_EQ(reader->info().connections, 1);
  EXPECT_GT(reader->info().ranges, 1);
  EXPECT_EQ(reader->info().strategy, FetchStrategy::kPagination);
  EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2);
  EXPECT_EQ(reader->moved(), 0);

  options.strategy = FetchStrategy::kParallel;
  options.connections.reset();
  reader = FetchTable(source_, "numbers", options).ValueOrDie();
  EXPECT_EQ(reader->info().connections, 4);
  EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2);
}

TEST_F(LibraryTest, WhatMysqlCannotDoIsSaid) {
  FetchOptions options;
  options.text_columns = {"price"};
  auto reader = FetchTable(source_, "numbers", options);
  EXPECT_EQ(KindOf(reader.status()), ErrorKind::kUnsupported);
  EXPECT_THAT(reader.status().message(), HasSubstr("cast"));
  EXPECT_EQ(KindOf(FetchCard(source_, "7").status()), ErrorKind::kUnsupported);
  options = {};
  options.strategy = FetchStrategy::kParallel;
  options.partition_on = "price";
  EXPECT_EQ(KindOf(FetchTable(source_, "numbers", options).status()), ErrorKind::kConfig);
}

TEST_F(LibraryTest, WhereConnectionsCannotAgreeOneReadsAll) {
  auto plain = OpenAs("plain");
  FetchOptions options;
  options.connections = 3;
  auto reader = FetchTable(plain, "numbers", options).ValueOrDie();
  EXPECT_EQ(reader->info().connections, 1);
  EXPECT_THAT(reader->info().note, HasSubstr("RELOAD"));
  EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2);

  options.consistent = false;
  reader = FetchTable(plain, "numbers", options).ValueOrDie();
  EXPECT_EQ(reader->info().connections, 3);
  EXPECT_EQ(reader->info().consistency, "statement");
  EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2);
}

TEST_F(LibraryTest, AQueryIsReadLikeATable) {
  for (int connections : {1, 3}) {
    FetchOptions options;
    options.connections = connections;
    auto reader =
        FetchQuery(source_, "SELECT id, price * 2 AS twice FROM numbers WHERE id <= 1000",
                   options)
            .ValueOrDie();
    EXPECT_THAT(reader->schema()->field_names(), ElementsAre("id", "twice"));
    EXPECT_EQ(SumOfIds(*reader), 1000 * 1001 / 2);
  }
}

TEST_F(LibraryTest, OrderedRangesOfAKeyAscend) {
  FetchOptions options;
  options.connections = 3;
  options.ordered = true;
  auto reader = FetchTable(source_, "numbers", options).ValueOrDie();
  auto table = reader->ToTable().ValueOrDie()->CombineChunks().ValueOrDie();
  const auto& ids = static_cast<const arrow::Int32Array&>(*table->column(0)->chunk(0));
  ASSERT_EQ(ids.length(), kRows);
  for (int64_t row = 0; row < kRows; ++row) ASSERT_EQ(ids.Value(row), row + 1);
}

TEST_F(LibraryTest, ColumnsFilterAndLimitAreTheCallers) {
  FetchOptions options;
  options.columns = {"born", "id"};
  options.where = "id > 10";
  options.limit = 5;
  auto reader = FetchTable(source_, "numbers", options).ValueOrDie();
  auto table = reader->ToTable().ValueOrDie()->CombineChunks().ValueOrDie();
  EXPECT_THAT(table->schema()->field_names(), ElementsAre("born", "id"));
  const auto& ids = static_cast<const arrow::Int32Array&>(*table->column(1)->chunk(0));
  ASSERT_EQ(ids.length(), 5);
  EXPECT_EQ(ids.Value(0), 11);
}

TEST_F(LibraryTest, ErrorsAreOfAKind) {
  EXPECT_EQ(KindOf(FetchTable(source_, "number").status()), ErrorKind::kNotFound);
  for (int connections : {1, 3}) {
    FetchOptions options;
    options.connections = connections;
    options.columns = {"prise"};
    arrow::Status status = FetchTable(source_, "numbers", options).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
    EXPECT_THAT(status.message(), HasSubstr("price"));
  }
  FetchOptions none;
  none.connections = 0;
  EXPECT_EQ(KindOf(FetchTable(source_, "numbers", none).status()), ErrorKind::kConfig);
  FetchOptions filtered;
  filtered.where = "1";
  EXPECT_EQ(KindOf(FetchQuery(source_, "SELECT 1", filtered).status()),
            ErrorKind::kConfig);
}

TEST_F(LibraryTest, AStopRequestEndsAFetch) {
  for (int connections : {1, 3}) {
    std::stop_source stop;
    FetchOptions options;
    options.connections = connections;
    options.stop = stop.get_token();
    auto reader = FetchTable(source_, "numbers", options).ValueOrDie();
    ASSERT_TRUE(reader->Next().ok());
    stop.request_stop();
    EXPECT_EQ(KindOf(reader->Next().status()), ErrorKind::kCancelled);
  }
}

TEST_F(LibraryTest, AReaderThatWasClosedMidwayHasNoEnd) {
  for (int connections : {1, 3}) {
    FetchOptions options;
    options.connections = connections;
    auto reader = FetchTable(source_, "numbers", options).ValueOrDie();
    ASSERT_TRUE(reader->Next().ok());
    ASSERT_TRUE(reader->Close().ok());
    EXPECT_EQ(KindOf(reader->Next().status()), ErrorKind::kCancelled) << connections;
    ASSERT_TRUE(reader->Close().ok());
  }
}

TEST_F(LibraryTest, AReaderOutlivesItsSourcesHandle) {
  auto reader = FetchTable(source_, "numbers").ValueOrDie();
  source_.reset();
  EXPECT_EQ(SumOfIds(*reader), kRows * (kRows + 1) / 2);
}

// Built by the test example_cpp_builds, the way a user would.
TEST_F(LibraryTest, TheExampleReadsATable) {
  const char* program = std::getenv("KEELBOAT_EXAMPLE_CPP");
  if (program == nullptr) FAIL() << "KEELBOAT_EXAMPLE_CPP names no program: use ctest";
  const std::string command = std::string(program) + " " +
                              std::to_string(MariadbServer::Shared().port()) + " " +
                              MariadbServer::kUser + " " + MariadbServer::kPassword +
                              " " + MariadbServer::kDatabase + " numbers";
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    output += static_cast<char>(c);
  }
  EXPECT_EQ(pclose(pipe), 0) << output;
  EXPECT_THAT(output, HasSubstr("600000 rows of"));
  EXPECT_THAT(output, HasSubstr("price: decimal128(10, 2) not null"));
}

}  // namespace
}  // namespace keelboat
