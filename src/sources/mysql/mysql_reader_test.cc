// Reading and everything that can go wrong in the middle of it, against a live server.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MariadbServer;

MariadbServer& Server() { return MariadbServer::Shared(); }

std::unique_ptr<Source> ShopSource() {
  return MakeMysqlSource(ServerOptions()).ValueOrDie();
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// A table whose rows fill many socket buffers: a read of it is always unfinished.
void MakeLargeTable() {
  static bool made = false;
  if (made) return;
  Server().Run(
      "CREATE TABLE large (id INT PRIMARY KEY, pad CHAR(200) NOT NULL); INSERT "
      "INTO large SELECT seq, REPEAT('p', 200) FROM seq_1_to_300000");
  made = true;
}

// How many statements over a table run on the server now.
int Running(const std::string& table) {
  auto rows = Server().Run(
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'shop' AND INFO "
      "LIKE '%`" +
      table + "`%'");
  return std::stoi(*rows[0][0]);
}

// Waits for the server to have no statement over the table any more.
bool EndsWithin(const std::string& table, double seconds) {
  auto begin = std::chrono::steady_clock::now();
  while (SecondsSince(begin) < seconds) {
    if (Running(table) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST(MysqlReader, AnEmptyTableHasASchemaAndNoBatches) {
  Server().Run("CREATE OR REPLACE TABLE empty_one (a INT, b VARCHAR(5))");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "empty_one").ValueOrDie();
  EXPECT_THAT(result.schema->field_names(), ElementsAre("a", "b"));
  EXPECT_THAT(result.batches, IsEmpty());
}

TEST(MysqlReader, CutsBatchesAndLosesNothing) {
  MakeLargeTable();
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "large").ValueOrDie();
  EXPECT_EQ(result.rows(), 300000);
  int64_t next = 1;
  for (const auto& batch : result.batches) {
    EXPECT_LE(batch->num_rows(), 64 << 10);
    const auto& ids = static_cast<const arrow::Int32Array&>(*batch->column(0));
    for (int64_t i = 0; i < ids.length(); ++i) ASSERT_EQ(ids.Value(i), next++);
  }
}

TEST(MysqlReader, ReadsChosenColumnsInTheOrderAsked) {
  Server().Run(
      "CREATE OR REPLACE TABLE chosen (a INT, b INT, c INT); INSERT INTO chosen "
      "VALUES (1, 2, 3)");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("chosen", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  partition.columns = {"c", "a"};
  auto result = ReadAll(source.get(), relation, partition).ValueOrDie();
  EXPECT_EQ(result.batches[0]->ToString(), "c:   [\n    3\n  ]\na:   [\n    1\n  ]\n");
  partition.columns = {"a", "d"};
  auto missing = ReadAll(source.get(), relation, partition);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
}

TEST(MysqlReader, FiltersAndLimitsInKeyOrder) {
  Server().Run(
      "CREATE OR REPLACE TABLE limited (id INT PRIMARY KEY, other INT, UNIQUE "
      "(other)); INSERT INTO limited SELECT seq, 1000 - seq FROM seq_1_to_100");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("limited", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  partition.where = "id > 10 OR id = 3 -- and a comment";
  partition.limit = 3;
  auto result = ReadAll(source.get(), relation, partition).ValueOrDie();
  ASSERT_EQ(result.rows(), 3);
  const auto& ids = static_cast<const arrow::Int32Array&>(*result.batches[0]->column(0));
  EXPECT_EQ(ids.Value(0), 3);
  EXPECT_EQ(ids.Value(1), 11);
  EXPECT_EQ(ids.Value(2), 12);
}

TEST(MysqlReader, ABadFilterIsAConfigurationError) {
  Server().Run("CREATE OR REPLACE TABLE filtered (a INT)");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("filtered", {}).ValueOrDie();
  for (const char* where : {"a >", "b = 1", "a = 1) OR (1 = 1"}) {
    Partition partition = WholeOf(relation);
    partition.where = where;
    auto result = ReadAll(source.get(), relation, partition);
    if (std::string(where) == "a = 1) OR (1 = 1") {
      EXPECT_TRUE(result.ok());
      continue;
    }
    ASSERT_FALSE(result.ok()) << where;
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig) << result.status().ToString();
    EXPECT_THAT(result.status().message(), HasSubstr(where));
  }
}

TEST(MysqlReader, PassesLargeCells) {
  Server().Run(
      "CREATE OR REPLACE TABLE wide (id INT PRIMARY KEY, t LONGTEXT, b LONGBLOB);"
      "INSERT INTO wide VALUES (1, 'a', 'b'), (2, REPEAT('é', 20000000), "
      "REPEAT('x', 70000000)), (3, 'c', NULL)");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "wide").ValueOrDie();
  ASSERT_EQ(result.rows(), 3);
  std::vector<std::string_view> texts, bytes;
  for (const auto& batch : result.batches) {
    const auto& text = static_cast<const arrow::StringArray&>(*batch->column(1));
    const auto& blob = static_cast<const arrow::BinaryArray&>(*batch->column(2));
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      texts.push_back(text.GetView(i));
      bytes.push_back(blob.GetView(i));
    }
  }
  EXPECT_EQ(texts[1].size(), 40000000u);
  EXPECT_EQ(texts[1].substr(39999998), "é");
  EXPECT_EQ(bytes[1].find_first_not_of('x'), std::string_view::npos);
  EXPECT_EQ(bytes[1].size(), 70000000u);
  EXPECT_EQ(texts[2], "c");
}

TEST(MysqlReader, ManyColumnsStayWithinTheBatchsMemory) {
  std::string columns, values;
  for (int i = 0; i < 500; ++i) {
    columns += (i > 0 ? ", " : "") + ("c" + std::to_string(i)) + " BIGINT";
    values += (i > 0 ? ", " : "") + std::string("seq");
  }
  Server().Run("CREATE OR REPLACE TABLE broad (" + columns +
               ") ENGINE=MyISAM; INSERT INTO "
               "broad SELECT " +
               values + " FROM seq_1_to_10000");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "broad").ValueOrDie();
  EXPECT_EQ(result.rows(), 10000);
  for (const auto& batch : result.batches) {
    EXPECT_LE(batch->num_rows() * 500 * 8, 17 << 20);
  }
}

TEST(MysqlReader, CountsZeroDatesThatItReadsAsNull) {
  Server().Run(
      "SET sql_mode = ''; CREATE OR REPLACE TABLE births (id INT PRIMARY KEY, born "
      "DATE NOT NULL, died DATE); INSERT INTO births VALUES (1, '0000-00-00', "
      "NULL), (2, '2000-00-10', '2001-01-01'), (3, '1999-01-01', '2020-02-02')");
  MysqlOptions options = ServerOptions();
  options.zero_dates = MysqlZeroDates::kNull;
  auto source = MakeMysqlSource(options).ValueOrDie();
  auto result = ReadTable(source.get(), "births").ValueOrDie();
  EXPECT_TRUE(result.schema->GetFieldByName("born")->nullable());
  EXPECT_EQ(result.batches[0]->column(1)->null_count(), 2);
  EXPECT_EQ(result.batches[0]->column(2)->null_count(), 1);
  EXPECT_THAT(
      result.warnings,
      ElementsAre("2 zero dates in column born of table births were read as null, "
                  "as configured"));
}

TEST(MysqlReader, NamesTheRowOfAZeroDate) {
  Server().Run(
      "SET sql_mode = ''; CREATE OR REPLACE TABLE deaths (died DATE, name "
      "VARCHAR(20), line INT, PRIMARY KEY (name, line)); INSERT INTO deaths VALUES "
      "('2000-01-01', 'ann', 1), ('2000-00-00', 'bob', 2)");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "deaths");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(
      result.status().message(),
      HasSubstr("column died of table deaths holds '2000-00-00' (name = bob, line = "
                "2): no calendar has this date; set `zero_dates: \"null\"` or "
                "`zero_dates: text` for source shop, or exclude the column"));
  EXPECT_EQ(DetailOf(result.status(), "row"), "2");
  EXPECT_EQ(DetailOf(result.status(), "column"), "died");
}

TEST(MysqlReader, RefusesTextThatIsNoUtf8) {
  // Files of a binary table under the name of a text table: how such values come about.
  Server().Run(
      "DROP TABLE IF EXISTS raw_bytes, claimed_text; CREATE TABLE raw_bytes (id INT "
      "PRIMARY KEY, v VARBINARY(40)) ENGINE=MyISAM; INSERT INTO raw_bytes VALUES "
      "(1, 'fine'), (2, 0x61C328); CREATE TABLE claimed_text (id INT PRIMARY KEY, v "
      "VARCHAR(10)) ENGINE=MyISAM; FLUSH TABLES");
  for (const char* ending : {".MYD", ".MYI"}) {
    std::filesystem::path folder = Server().data_folder() + "/shop";
    std::filesystem::copy_file(folder / (std::string("raw_bytes") + ending),
                               folder / (std::string("claimed_text") + ending),
                               std::filesystem::copy_options::overwrite_existing);
  }
  Server().Run("FLUSH TABLES");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "claimed_text");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(
      result.status().message(),
      HasSubstr("column v of table claimed_text holds 'a\\xC3(' (id = 2): the text is "
                "not valid UTF-8"));
}

TEST(MysqlReader, PassesTheServersWarningsOn) {
  Server().Run(
      "CREATE OR REPLACE TABLE doubtful (a VARCHAR(10)); INSERT INTO doubtful VALUES "
      "('1x'), ('2')");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("doubtful", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  partition.where = "a + 0 > 0";
  auto result = ReadAll(source.get(), relation, partition).ValueOrDie();
  EXPECT_EQ(result.rows(), 2);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_THAT(
      result.warnings[0],
      HasSubstr("the server warns while reading table doubtful: Truncated incorrect"));
}

TEST(MysqlReader, ATableDroppedAfterThePlan) {
  Server().Run("CREATE OR REPLACE TABLE gone (a INT)");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("gone", {}).ValueOrDie();
  Server().Run("DROP TABLE gone");
  auto result = ReadAll(source.get(), relation, WholeOf(relation));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kNotFound);
  EXPECT_THAT(result.status().message(),
              HasSubstr("table gone was dropped between plan and read"));
}

TEST(MysqlReader, ATableAlteredAfterThePlan) {
  auto source = ShopSource();
  for (const char* change : {"MODIFY b BIGINT", "DROP COLUMN b", "MODIFY b VARCHAR(5)",
                             "MODIFY b INT UNSIGNED", "CHANGE b c INT"}) {
    Server().Run("CREATE OR REPLACE TABLE altered (a INT, b INT)");
    Relation relation = source->DescribeTable("altered", {}).ValueOrDie();
    Server().Run(std::string("ALTER TABLE altered ") + change);
    auto result = ReadAll(source.get(), relation, WholeOf(relation));
    ASSERT_FALSE(result.ok()) << change;
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict) << change;
    EXPECT_THAT(result.status().message(),
                HasSubstr("table altered was altered between plan and read"));
  }
}

TEST(MysqlReader, AColumnThatLostItsNotNullAfterThePlan) {
  Server().Run("CREATE OR REPLACE TABLE loosened (a INT NOT NULL)");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("loosened", {}).ValueOrDie();
  Server().Run("ALTER TABLE loosened MODIFY a INT; INSERT INTO loosened VALUES (NULL)");
  auto result = ReadAll(source.get(), relation, WholeOf(relation));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict);
}

TEST(MysqlReader, AChangeWhileReadingIsNotSeen) {
  MakeLargeTable();
  auto source = ShopSource();
  Relation relation = source->DescribeTable("large", {}).ValueOrDie();
  auto reader = source->Read(relation, WholeOf(relation), {}).ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  int64_t rows = batch->num_rows();
  Server().Run(
      "INSERT INTO large VALUES (300001, 'late'); DELETE FROM large WHERE id = "
      "299999");
  while (batch != nullptr) {
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    if (batch != nullptr) rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 300000);
  Server().Run(
      "DELETE FROM large WHERE id = 300001; INSERT INTO large VALUES (299999, "
      "REPEAT('p', 200))");
}

TEST(MysqlReader, LeavingEarlyDoesNotReadTheRest) {
  MakeLargeTable();
  auto source = ShopSource();
  Relation relation = source->DescribeTable("large", {}).ValueOrDie();
  auto reader = source->Read(relation, WholeOf(relation), {}).ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  auto begin = std::chrono::steady_clock::now();
  reader.reset();
  EXPECT_LT(SecondsSince(begin), 60.0);
  EXPECT_TRUE(EndsWithin("large", 60.0));
}

TEST(MysqlReader, ACloseInTheMiddleEndsTheStream) {
  MakeLargeTable();
  auto source = ShopSource();
  Relation relation = source->DescribeTable("large", {}).ValueOrDie();
  auto reader = source->Read(relation, WholeOf(relation), {}).ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  ASSERT_TRUE(reader->Close().ok());
  ASSERT_TRUE(reader->Close().ok());
  EXPECT_TRUE(EndsWithin("large", 60.0));
}

TEST(MysqlReader, StopsBetweenBatches) {
  MakeLargeTable();
  auto source = ShopSource();
  Relation relation = source->DescribeTable("large", {}).ValueOrDie();
  std::stop_source stop;
  auto reader = source->Read(relation, WholeOf(relation), stop.get_token()).ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  stop.request_stop();
  arrow::Status status = reader->ReadNext(&batch);
  EXPECT_EQ(KindOf(status), ErrorKind::kCancelled);
  EXPECT_EQ(batch, nullptr);
  EXPECT_TRUE(EndsWithin("large", 60.0));
}

// The query below computes for ten minutes before its first row.
constexpr const char* kSlowWhere = "SLEEP(600) = 0";

TEST(MysqlReader, StopsWhileTheServerIsSilent) {
  Server().Run("CREATE OR REPLACE TABLE quiet (a INT); INSERT INTO quiet VALUES (1)");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("quiet", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  partition.where = kSlowWhere;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  auto begin = std::chrono::steady_clock::now();
  auto reader = source->Read(relation, partition, stop.get_token());
  arrow::Status status = reader.status();
  if (reader.ok()) {
    std::shared_ptr<arrow::RecordBatch> batch;
    status = (*reader)->ReadNext(&batch);
  }
  EXPECT_EQ(KindOf(status), ErrorKind::kCancelled) << status.ToString();
  EXPECT_LT(SecondsSince(begin), 60.0);
  EXPECT_TRUE(EndsWithin("quiet", 60.0));
}

TEST(MysqlReader, AServerThatIsSilentForTooLongIsATimeout) {
  Server().Run("CREATE OR REPLACE TABLE silent (a INT); INSERT INTO silent VALUES (1)");
  MysqlOptions options = ServerOptions();
  // Long enough for the questions before it on a machine that stands still for a while.
  options.read_timeout = std::chrono::seconds(3);
  auto source = MakeMysqlSource(options).ValueOrDie();
  Relation relation = source->DescribeTable("silent", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  partition.where = kSlowWhere;
  auto result = ReadAll(source.get(), relation, partition);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kTimeout) << result.status().ToString();
  EXPECT_THAT(result.status().message(), HasSubstr("read_timeout"));
  EXPECT_TRUE(EndsWithin("silent", 60.0));
}

TEST(MysqlReader, AQueryThatIsKilledIsWorthARetry) {
  MakeLargeTable();
  auto source = ShopSource();
  Relation relation = source->DescribeTable("large", {}).ValueOrDie();
  auto reader = source->Read(relation, WholeOf(relation), {}).ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  auto ids = Server().Run(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE "
      "'%`large`%' AND ID <> CONNECTION_ID()");
  ASSERT_EQ(ids.size(), 1u);
  Server().Run("KILL QUERY " + *ids[0][0]);
  arrow::Status status;
  while (status.ok()) {
    status = reader->ReadNext(&batch);
    ASSERT_TRUE(!status.ok() || batch != nullptr)
        << "a killed read must not look complete";
  }
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status.ToString();
}

TEST(MysqlReader, AServerThatDiesMidwayNeverLooksComplete) {
  MariadbServer server;
  server.Run(
      "CREATE TABLE doomed (id INT PRIMARY KEY, pad CHAR(200)); INSERT INTO doomed "
      "SELECT seq, REPEAT('p', 200) FROM seq_1_to_200000");
  auto source = MakeMysqlSource(ServerOptions(server)).ValueOrDie();
  Relation relation = source->DescribeTable("doomed", {}).ValueOrDie();
  auto reader = source->Read(relation, WholeOf(relation), {}).ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  server.Kill();
  arrow::Status status;
  while (status.ok()) {
    status = reader->ReadNext(&batch);
    ASSERT_TRUE(!status.ok() || batch != nullptr) << "a cut read must not look complete";
  }
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr(std::to_string(server.port())));
  server.Start();
  EXPECT_EQ(ReadAll(source.get(), relation, WholeOf(relation)).ValueOrDie().rows(),
            200000);
}

TEST(MysqlReader, SeveralThreadsReadAtOnce) {
  MakeLargeTable();
  auto source = ShopSource();
  std::vector<std::jthread> threads;
  std::vector<int64_t> rows(4);
  threads.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    threads.emplace_back([&, i] {
      auto result = ReadTable(source.get(), "large");
      if (result.ok()) rows[i] = result->rows();
    });
  }
  threads.clear();
  EXPECT_THAT(rows, ElementsAre(300000, 300000, 300000, 300000));
}

// Random values of many types, against what the server itself prints.
TEST(MysqlReader, AgreesWithTheServersOwnText) {
  Server().Run(
      "CREATE OR REPLACE TABLE various (id INT PRIMARY KEY, b BIGINT, u BIGINT UNSIGNED, "
      "d1 "
      "DECIMAL(30,12), d2 DECIMAL(60,25), da DATE, dt DATETIME(6), s VARCHAR(300), n "
      "INT);"
      "INSERT INTO various SELECT seq, CAST(CONV(MD5(seq), 16, 10) AS SIGNED) - 4e18, "
      "CONV(LEFT(MD5(seq), 16), 16, 10), (RAND(7) - 0.5) * POW(10, seq % 17), (RAND(8) - "
      "0.5) * POW(10, seq % 34), DATE'0001-01-01' + INTERVAL seq * 1823 % 3652058 DAY, "
      "TIMESTAMP'1000-01-01 00:00:00' + INTERVAL seq * 86399 SECOND + INTERVAL seq * "
      "7919 "
      "MICROSECOND, REPEAT(CHAR(0x61 + seq % 26), seq % 301), IF(seq % 3 = 0, NULL, "
      "-seq) "
      "FROM seq_1_to_5000");
  auto source = ShopSource();
  auto result = ReadTable(source.get(), "various").ValueOrDie();
  auto expected = Server().Run("SELECT * FROM various ORDER BY id");
  ASSERT_EQ(result.rows(), static_cast<int64_t>(expected.size()));
  ASSERT_EQ(result.batches.size(), 1u);
  const auto& batch = *result.batches[0];
  for (int column = 0; column < batch.num_columns(); ++column) {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const auto& cell =
          expected[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
      auto scalar = batch.column(column)->GetScalar(row).ValueOrDie();
      ASSERT_EQ(scalar->is_valid, cell.has_value());
      if (cell) {
        ASSERT_EQ(scalar->ToString(), *cell) << batch.schema()->field(column)->name();
      }
    }
  }
}

}  // namespace
}  // namespace keelboat::mysql
