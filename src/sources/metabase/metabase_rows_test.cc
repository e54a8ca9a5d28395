// The rows' side against the stand-in, through the real HTTP side.

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"
#include "sources/metabase/metabase_api.h"
#include "sources/metabase/piece_reader.h"
#include "sources/metabase/question_split.h"
#include "support/metabase_standin.h"

namespace keelboat::metabase {
namespace {

using keelboat::testing::MetabaseStandin;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

// One stand-in for all tests; each finds it as it was started, in every generation.
class MetabaseRowsTest : public ::testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    if (standin_ == nullptr) standin_ = new MetabaseStandin("v63", 20'000);
  }
  static void TearDownTestSuite() {
    delete standin_;
    standin_ = nullptr;
  }
  void SetUp() override {
    standin_->Reset();
    standin_->Set(R"({"profile":")" + std::string(GetParam()) + "\"}");
    Use("Growth Team Clickhouse Connection");
  }
  void Use(const std::string& database, std::chrono::seconds patience = 60s) {
    MetabaseOptions options;
    options.url = standin_->url();
    options.api_key = MetabaseStandin::kApiKey;
    options.database = database;
    options.read_timeout = patience;
    api_ = MetabaseApi::Connect(options, {1, 5ms, true, 20ms}, {}).ValueOrDie();
  }

  struct Read {
    std::vector<std::string> rows;  // Values, "|" between them.
    std::vector<std::string> types;
    std::vector<std::string> names;
    std::vector<std::string> warnings;
    std::size_t pieces = 0;
    Split split;
    int64_t moved = 0;
    int64_t count = 0;
    arrow::Status status;
  };

  static PieceOptions Options() {
    PieceOptions options;
    options.retry = {3, 5ms, true, 20ms};
    return options;
  }

  // `texts`: rows are kept; otherwise only counted.
  arrow::Status ReadPieces(const Relation& relation, const SplitRequest& request,
                           const PieceOptions& options, bool texts, Read* read) {
    ARROW_ASSIGN_OR_RAISE(read->split, SplitQuestion(*api_, relation, request, {}));
    read->pieces = read->split.pieces.size();
    Partition partition;
    partition.sql = relation.sql;
    partition.columns = relation.schema->field_names();
    for (const auto& piece : read->split.pieces) {
      partition.predicates.clear();
      if (piece.predicate.has_value()) partition.predicates = {*piece.predicate};
      partition.estimated_rows = piece.estimated_rows;
      ARROW_ASSIGN_OR_RAISE(auto reader,
                            ReadPiece(*api_, relation, partition, options, {}));
      while (true) {
        std::shared_ptr<arrow::RecordBatch> batch;
        ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
        if (batch == nullptr) break;
        ARROW_RETURN_NOT_OK(batch->ValidateFull());
        read->count += batch->num_rows();
        for (int64_t row = 0; texts && row < batch->num_rows(); ++row) {
          std::string text;
          for (int i = 0; i < batch->num_columns(); ++i) {
            auto value = batch->column(i)->GetScalar(row).ValueOrDie()->ToString();
            text += (i > 0 ? "|" : "") + value;
          }
          read->rows.push_back(std::move(text));
        }
      }
      read->moved += reader->MovedRows();
      for (auto& warning : reader->Warnings()) read->warnings.push_back(warning);
      ++partition.ordinal;
    }
    return arrow::Status::OK();
  }

  Read Fetch(const std::string& sql, const SplitRequest& request = {},
             const PieceOptions& options = Options(), bool texts = true) {
    Question question;
    question.sql = sql;
    return Fetch(question, request, options, texts);
  }
  Read Fetch(const Question& question, const SplitRequest& request = {},
             const PieceOptions& options = Options(), bool texts = true) {
    Read read;
    auto relation = DescribeAnswer(*api_, question, {});
    read.status = relation.status();
    if (!relation.ok()) return read;
    for (const auto& field : relation->schema->fields()) {
      read.types.push_back(field->type()->ToString() +
                           (field->nullable() ? "" : " not null"));
      read.names.push_back(field->name());
    }
    read.status = ReadPieces(*relation, request, options, texts, &read);
    return read;
  }
  static SplitRequest Pieces(int pieces, std::vector<std::string> on = {}) {
    SplitRequest request;
    request.pieces = pieces;
    request.least_rows = 10;
    request.on = std::move(on);
    return request;
  }
  static MetabaseStandin* standin_;
  std::shared_ptr<MetabaseApi> api_;
};

MetabaseStandin* MetabaseRowsTest::standin_ = nullptr;

std::vector<std::string> Sorted(std::vector<std::string> rows) {
  std::ranges::sort(rows);
  return rows;
}

TEST_P(MetabaseRowsTest, EveryTypeOfClickHouseIsExact) {
  auto read = Fetch("SELECT * FROM types ORDER BY id");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_THAT(
      read.types,
      ElementsAre("uint64 not null", "int64 not null", "decimal256(39, 0) not null",
                  "string not null", "float not null", "double not null",
                  "decimal128(38, 10) not null", "bool not null", "string not null",
                  "binary not null", "date32[day] not null", "date32[day] not null",
                  "timestamp[us, tz=UTC] not null", "timestamp[ns, tz=UTC] not null",
                  "string not null", "string not null", "string not null",
                  "string not null", "string not null", "string not null",
                  "string not null", "string not null", "int32"));
  ASSERT_EQ(read.rows.size(), 3u);
  using namespace std::string_literals;
  EXPECT_EQ(read.rows[0],
            "1|0|0|0|0|nan|0E-10|false||ab\0\0|1970-01-01|1900-01-01|1970-01-01 "
            "00:00:00.000000Z|1970-01-01 00:00:00.000000000Z|"
            "00000000-0000-0000-0000-000000000000|0.0.0.0|::|[]|{}|[0,\"0\"]|red|"
            "{\"a\":{\"b\":1}}|null"s);
  EXPECT_EQ(read.rows[1],
            "2|9007199254740993|5|-5|1.1|-inf|-1.000E-7|true|a \"quoted\"\nline, \\ "
            "\u2028 é|\0\0\0\0|2024-02-29|2024-02-29|2024-03-31 01:30:00.000000Z|"
            "2024-07-01 18:04:05.123456789Z|61f0c404-5cb3-11e7-907b-a6006ad3dba0|"
            "192.168.0.1|2001:db8::1|[\"a\",\"b\"]|{\"a\":1}|[1,\"1\"]|blue|"
            "{\"a\":{\"b\":1}}|5"s);
  EXPECT_EQ(
      read.rows[2],
      "3|-9223372036854775808|340282366920938463463374607431768211455|"
      "-57896044618658097711785492504343953926634992332820282019728792003956564819968"
      "|3.4e+38|1e-7|12345678901234567890.5000000000|false|NULL|abcd|2149-06-06|"
      "2299-12-31|2106-02-07 06:28:15.000000Z|2024-01-01 18:04:05.100000000Z|"
      "ffffffff-ffff-ffff-ffff-ffffffffffff|255.255.255.255|::ffff:1.2.3.4|"
      "[\"a, b\",\"\"]|{\"x\\\"y\":18446744073709551615}|[2,\"2\"]|red|"
      "{\"a\":{\"b\":1}}|null");
}

TEST_P(MetabaseRowsTest, AnotherZoneOfTheServerChangesNothing) {
  const std::string sql = "SELECT id, day, moment, exact FROM types";
  auto utc = Fetch(sql);
  standin_->Set(R"({"report_timezone":"Asia/Kathmandu"})");
  Use("Growth Team Clickhouse Connection");
  auto other = Fetch(sql);
  ASSERT_TRUE(other.status.ok()) << other.status.ToString();
  EXPECT_EQ(other.rows, utc.rows);
  EXPECT_EQ(other.types, utc.types);
}

TEST_P(MetabaseRowsTest, ValuesOfPostgresKeepTheirForms) {
  Use("Customers Postgres");
  standin_->Set(R"({"report_timezone":"Europe/Berlin"})");
  auto read = Fetch("SELECT id, name, born, created, seen FROM accounts WHERE id = 1");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_THAT(read.types, ElementsAre("int64", "string", "date32[day]", "timestamp[us]",
                                      "timestamp[us, tz=UTC]"));
  EXPECT_THAT(read.rows, ElementsAre("1|Name 0|2024-01-02|2024-01-02 03:04:05.500000|"
                                     "2024-01-02 03:04:05.500000Z"));
}

TEST_P(MetabaseRowsTest, PiecesOfAKeyAreTheWholeTable) {
  const std::string sql = "SELECT * FROM orders";
  auto whole = Fetch(sql);
  ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
  ASSERT_EQ(whole.rows.size(), 20'000u);
  EXPECT_EQ(whole.pieces, 1u);
  auto parts = Fetch(sql, Pieces(7));
  ASSERT_TRUE(parts.status.ok()) << parts.status.ToString();
  EXPECT_GE(parts.pieces, 7u);
  EXPECT_THAT(parts.split.on, ElementsAre("order_id"));
  EXPECT_EQ(Sorted(parts.rows), Sorted(whole.rows));
  for (const char* key : {"created_at", "order_date", "delivered_at", "vendor_id"}) {
    auto on = Fetch(sql, Pieces(5, {key}));
    ASSERT_TRUE(on.status.ok()) << on.status.ToString();
    EXPECT_GT(on.pieces, 3u) << key;
    EXPECT_EQ(Sorted(on.rows), Sorted(whole.rows)) << key;
  }
  EXPECT_EQ(KindOf(Fetch(sql, Pieces(5, {"note"})).status), ErrorKind::kConfig);
  EXPECT_EQ(KindOf(Fetch(sql, Pieces(5, {"nope"})).status), ErrorKind::kConfig);
}

TEST_P(MetabaseRowsTest, RowsTwiceWithoutAKeyComeTwice) {
  const std::string sql = "SELECT kind, at, session FROM events";
  auto whole = Fetch(sql);
  ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
  auto on_null = Fetch(sql, Pieces(4, {"session"}));
  ASSERT_TRUE(on_null.status.ok()) << on_null.status.ToString();
  EXPECT_EQ(Sorted(on_null.rows), Sorted(whole.rows));
  const std::string keyless = "SELECT kind, toString(session) AS session FROM events";
  auto all = Fetch(keyless);
  auto dealt = Fetch(keyless, Pieces(4));
  ASSERT_TRUE(dealt.status.ok()) << dealt.status.ToString();
  EXPECT_EQ(dealt.pieces, 4u);
  EXPECT_EQ(dealt.split.pieces[0].predicate->kind, PredicateKind::kHash);
  EXPECT_EQ(Sorted(dealt.rows), Sorted(all.rows));
}

TEST_P(MetabaseRowsTest, ADatabaseThatNobodyKnowsNamesTheBounds) {
  Use("Archive Vertica");
  for (const char* sql : {"SELECT toString(session) AS session, kind, at FROM events",
                          "SELECT word FROM skewed", "SELECT kind, at FROM events"}) {
    auto whole = Fetch(sql);
    ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
    auto options = Options();
    options.most_rows = 1500;  // Cut further, column after column.
    auto pieces = Fetch(sql, Pieces(4), options);
    ASSERT_TRUE(pieces.status.ok()) << pieces.status.ToString();
    EXPECT_GT(pieces.pieces, 1u) << sql << ": " << pieces.split.reason;
    EXPECT_EQ(pieces.moved, 0);
    std::ranges::sort(whole.rows);
    std::ranges::sort(pieces.rows);
    EXPECT_EQ(pieces.rows, whole.rows) << sql;
  }
  auto few = Fetch("SELECT kind FROM events WHERE kind = 'view'", Pieces(8));
  ASSERT_TRUE(few.status.ok()) << few.status.ToString();
  EXPECT_EQ(few.pieces, 1u) << "rows alike stay together";
}

TEST_P(MetabaseRowsTest, ASkewedKeyIsCutWhereItsRowsAre) {
  const std::string sql = "SELECT id, part, word FROM skewed";
  auto whole = Fetch(sql);
  auto options = Options();
  options.most_rows = 1500;
  auto parts = Fetch(sql, Pieces(8, {"id"}), options);
  ASSERT_TRUE(parts.status.ok()) << parts.status.ToString();
  EXPECT_EQ(Sorted(parts.rows), Sorted(whole.rows));
}

TEST_P(MetabaseRowsTest, AnOrderIsKeptThroughPieces) {
  for (const char* order :
       {"created_at DESC", "delivered_at, order_id",
        "delivered_at DESC NULLS FIRST, order_id", "1", "vendor_id DESC, order_id"}) {
    const std::string list =
        "SELECT order_id, vendor_id, delivered_at, created_at FROM orders ORDER BY ";
    auto whole = Fetch(list + order);
    ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
    auto parts = Fetch(list + order, Pieces(6));
    ASSERT_TRUE(parts.status.ok()) << parts.status.ToString();
    EXPECT_GT(parts.pieces, 3u) << order;
    EXPECT_TRUE(parts.split.ordered);
    EXPECT_EQ(parts.rows, whole.rows) << order;
  }
  auto other =
      Fetch("SELECT order_id FROM orders ORDER BY order_id % 7, order_id", Pieces(6));
  EXPECT_EQ(other.pieces, 1u);
  EXPECT_THAT(other.split.reason, HasSubstr("order"));
  EXPECT_EQ(other.rows.front(), "7");
}

TEST_P(MetabaseRowsTest, WhatMayAnswerOtherwiseComesWhole) {
  for (const char* sql : {"SELECT order_id FROM orders LIMIT 500",
                          "SELECT order_id FROM orders WHERE "
                          "created_at < now() LIMIT 500"}) {
    auto read = Fetch(sql, Pieces(6));
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    EXPECT_EQ(read.pieces, 1u);
    EXPECT_EQ(read.rows.size(), 500u);
  }
  auto tables = Fetch("SHOW TABLES", Pieces(3));
  ASSERT_TRUE(tables.status.ok()) << tables.status.ToString();
  EXPECT_THAT(tables.rows, ::testing::Contains("orders"));
}

TEST_P(MetabaseRowsTest, ASavedQuestionComesAsItIs) {
  auto orders = Fetch(api_->CardQuestion("1", {}, {}).ValueOrDie(), Pieces(6));
  ASSERT_TRUE(orders.status.ok()) << orders.status.ToString();
  EXPECT_EQ(orders.pieces, 1u);
  EXPECT_THAT(orders.split.reason, HasSubstr("saved question"));
  EXPECT_EQ(orders.rows.size(), 20'000u);
  const auto at = [&](const char* name) {
    return std::ranges::find(orders.names, name) - orders.names.begin();
  };
  EXPECT_EQ(orders.types[static_cast<std::size_t>(at("created_at"))],
            "timestamp[us, tz=UTC]");
  EXPECT_EQ(at("order_id"), 0);
  auto some =
      Fetch(api_->CardQuestion("2", {{"since", "2025-06-01"}, {"city", "Lyon"}}, {})
                .ValueOrDie());
  ASSERT_TRUE(some.status.ok()) << some.status.ToString();
  auto expected = Fetch(
      "SELECT order_id, city, order_date, total FROM orders WHERE order_date >= "
      "'2025-06-01' AND city = 'Lyon' ORDER BY order_id");
  EXPECT_EQ(some.rows, expected.rows);
  auto vendors = Fetch(api_->CardQuestion("3", {}, {}).ValueOrDie());
  ASSERT_TRUE(vendors.status.ok()) << vendors.status.ToString();
  EXPECT_THAT(vendors.warnings, ::testing::Contains(HasSubstr("column tags comes as")));
}

TEST_P(MetabaseRowsTest, ColumnsOfOneNameAreAllThere) {
  auto read = Fetch(
      "SELECT a.number, b.number, a.number FROM numbers(3) a JOIN numbers(3) b ON "
      "a.number = b.number ORDER BY 1");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.names.size(),
            std::set<std::string>(read.names.begin(), read.names.end()).size());
  EXPECT_THAT(read.rows, ElementsAre("0|0|0", "1|1|1", "2|2|2"));
  EXPECT_THAT(read.warnings, ::testing::Contains(HasSubstr("it is called number_2")));
  auto keys = Fetch("SELECT 1 AS c1, 2 AS c0, 3 AS `a \"b\"`, 4 AS `d``e`");
  ASSERT_TRUE(keys.status.ok()) << keys.status.ToString();
  EXPECT_THAT(keys.rows, ElementsAre("1|2|3|4"));
}

TEST_P(MetabaseRowsTest, NoRowsAreNoRows) {
  auto read = Fetch("SELECT * FROM orders WHERE order_id = 0", Pieces(4));
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_THAT(read.rows, IsEmpty());
  EXPECT_EQ(read.names.size(), 12u);
}

TEST_P(MetabaseRowsTest, TheServersErrorComesThrough) {
  auto read = Fetch("SELECT nope FROM orders");
  EXPECT_FALSE(read.status.ok());
  EXPECT_THAT(read.status.message(), HasSubstr("nope"));
  read = Fetch("SELECT * FROM nowhere");
  EXPECT_THAT(read.status.message(), HasSubstr("nowhere"));
}

TEST_P(MetabaseRowsTest, AnErrorAmongTheRowsIsFound) {
  standin_->Fault(
      R"({"kind":"fail","path":"POST /api/dataset","after_rows":30,"message":"Memory limit exceeded","error_type":"invalid-query"})");
  auto read = Fetch("SELECT * FROM orders");
  ASSERT_FALSE(read.status.ok());
  EXPECT_THAT(read.rows, IsEmpty());
  // Also from a server that only hangs up.
  EXPECT_THAT(read.status.message(), HasSubstr("Memory limit exceeded"));
}

TEST_P(MetabaseRowsTest, CutBodiesAreAskedForAgain) {
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

TEST_P(MetabaseRowsTest, AServerThatEndsLongAnswersGetsShortOnes) {
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

TEST_P(MetabaseRowsTest, ABodyThatStallsIsGivenUpAndAskedForAgain) {
  Use("Growth Team Clickhouse Connection", 1s);
  standin_->Fault(
      R"({"kind":"cut","path":"POST /api/dataset/json","after_bytes":200000,"how":"stall","seconds":20,"times":1})");
  const auto begin = std::chrono::steady_clock::now();
  auto read = Fetch("SELECT order_id, note FROM orders");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows.size(), 20'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
}

TEST_P(MetabaseRowsTest, BodiesThatAreNoExportAreRefused) {
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

TEST_P(MetabaseRowsTest, StoppingEndsTheServersQuery) {
  std::stop_source stop;
  Question question;
  question.sql =
      "SELECT number, sleepEachRow(0.01) AS s FROM numbers(3000) "
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
  for (int i = 0; i < 40 && standin_->Count("query_cancelled") == 0; ++i) {
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(standin_->Count("query_cancelled"), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

TEST_P(MetabaseRowsTest, TheRowLimitIsSeen) {
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

TEST_P(MetabaseRowsTest, AValueThatContradictsItsColumnIsNamed) {
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

INSTANTIATE_TEST_SUITE_P(Generations, MetabaseRowsTest,
                         ::testing::Values("v48", "v55", "v63"));

}  // namespace
}  // namespace keelboat::metabase
