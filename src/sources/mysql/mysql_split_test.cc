// Splitting against a live server: pieces are disjoint, complete and balanced, and
// finding them reads next to nothing.

#include <algorithm>
#include <memory>
#include <numeric>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/predicate_text.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MariadbServer;

MariadbServer& Server() { return MariadbServer::Shared(); }

std::unique_ptr<Source> ShopSource() {
  return MakeMysqlSource(ServerOptions()).ValueOrDie();
}

int64_t Number(const std::string& query) {
  return std::stoll(*Server().Run(query)[0][0]);
}

int64_t Questions() {
  return Number(
      "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
      "'QUESTIONS'");
}

int64_t RowsRead() {
  int64_t sum = 0;
  for (const auto& row : Server().Run("SHOW GLOBAL STATUS LIKE 'Handler_read%'")) {
    sum += std::stoll(*row[1]);
  }
  return sum;
}

/// A table of `rows` rows, its columns made from `seq`, which is signed and from 1.
void MakeTable(const std::string& name, const std::string& columns,
               const std::string& values, int64_t rows) {
  Server().Run("SET sql_mode = ''; DROP TABLE IF EXISTS " + name + "; CREATE TABLE " +
               name + " (" + columns + ") ENGINE=InnoDB; INSERT INTO " + name +
               " SELECT " + values +
               " FROM (SELECT CAST(seq AS SIGNED) AS seq FROM seq_1_to_" +
               std::to_string(rows) + ") AS numbers; ANALYZE TABLE " + name);
}

struct Pieces {
  Split split;
  std::vector<int64_t> rows;  // As counted.

  double Imbalance() const {
    double mean =
        static_cast<double>(std::accumulate(rows.begin(), rows.end(), int64_t{0})) /
        static_cast<double>(rows.size());
    return static_cast<double>(*std::max_element(rows.begin(), rows.end())) / mean;
  }
};

/// Cuts a table and counts what its pieces hold; fails where they are not disjoint and
/// complete.
Pieces Cut(const std::string& table, const SplitRequest& request) {
  auto source = ShopSource();
  Relation relation = source->DescribeTable(table, {}).ValueOrDie();
  auto split = source->SplitRelation(relation, request, {});
  if (!split.ok()) {
    ADD_FAILURE() << split.status().ToString();
    return {};
  }
  Pieces pieces{*split, {}};
  std::string all = "TRUE";
  for (const Predicate& predicate : request.within) {
    all += " AND " + PredicateText(predicate, *relation.schema).ValueOrDie();
  }
  std::string sums;
  std::string said;
  for (const auto& piece : pieces.split.pieces) {
    std::string condition = all;
    if (piece.predicate) {
      condition +=
          " AND " + PredicateText(*piece.predicate, *relation.schema).ValueOrDie();
    }
    pieces.rows.push_back(Number("SET sql_mode = ''; SELECT COUNT(*) FROM " + table +
                                 " WHERE " + condition));
    said += condition + ": " + std::to_string(pieces.rows.back()) + " (guess " +
            std::to_string(piece.estimated_rows.value_or(-1)) + ")\n";
    sums += (sums.empty() ? "SELECT MAX(c), MIN(c) FROM (SELECT " : " + ") +
            ("(" + condition) + ")";
  }
  // Every row satisfies exactly one condition.
  sums += " AS c FROM " + table + " WHERE " + all + ") AS counts";
  auto held = Server().Run("SET sql_mode = ''; " + sums);
  EXPECT_EQ(*held[0][0], "1") << said;
  EXPECT_EQ(*held[0][1], "1") << said;
  return pieces;
}

SplitRequest Request(int pieces, std::vector<std::string> on = {}) {
  SplitRequest request;
  request.pieces = pieces;
  request.least_rows = 1000;
  request.on = std::move(on);
  return request;
}

struct Distribution {
  std::string name;
  std::string columns;
  std::string values;
  std::vector<std::string> on;
  int64_t rows = 200'000;
};

void PrintTo(const Distribution& one, std::ostream* out) { *out << one.columns; }

constexpr int kPieces = 8;

class Balance : public ::testing::TestWithParam<Distribution> {};

TEST_P(Balance, LargestPieceIsNotMuchLargerThanTheMean) {
  const Distribution& one = GetParam();
  MakeTable("d_" + one.name, one.columns, one.values, one.rows);
  auto source = ShopSource();
  Relation relation = source->DescribeTable("d_" + one.name, {}).ValueOrDie();
  int64_t read = RowsRead();
  int64_t questions = Questions();
  ASSERT_TRUE(source->SplitRelation(relation, Request(kPieces, one.on), {}).ok());
  // Some 60 statements a piece, each reading a handful of rows.
  EXPECT_LT(Questions() - questions, 60 * kPieces + 150);
  EXPECT_LT(RowsRead() - read, one.rows / 20);

  Pieces pieces = Cut("d_" + one.name, Request(kPieces, one.on));
  EXPECT_EQ(pieces.split.pieces.size(), static_cast<std::size_t>(kPieces))
      << pieces.split.reason;
  EXPECT_LE(pieces.Imbalance(), 1.5) << ::testing::PrintToString(pieces.rows);
}

const std::vector<Distribution>& Distributions() {
  static const std::vector<Distribution> list = {
      {"dense", "id INT PRIMARY KEY, v INT", "seq, 0", {}},
      {"sparse",
       "id BIGINT PRIMARY KEY, v VARCHAR(50)",
       "seq * 40000000000 + MOD(seq * 7919, 10007), REPEAT('x', MOD(seq, 50))",
       {}},
      // One stretch of values is 77 times as dense as the others.
      {"skewed",
       "id BIGINT PRIMARY KEY",
       "IF(MOD(seq, 78) = 0, seq * 100000, 4000000000 + seq)",
       {}},
      {"negative", "id BIGINT PRIMARY KEY", "(seq - 150000) * 46000000000000", {}},
      {"unsigned",
       "id BIGINT UNSIGNED PRIMARY KEY",
       "18446744073709551615 - CAST(seq * seq AS UNSIGNED)",
       {}},
      {"gap",
       "id BIGINT PRIMARY KEY",
       "IF(seq < 60000, seq, 9000000000000000000 + seq)",
       {}},
      {"exact",
       "id DECIMAL(65,30) PRIMARY KEY",
       "seq * seq * 1.000000000000000000000000000007 - 900000000000000000000",
       {}},
      {"double", "id DOUBLE PRIMARY KEY", "POW(1.003, MOD(seq, 200000) - 100000)", {}},
      {"float",
       "id INT PRIMARY KEY, v FLOAT NOT NULL, KEY (v)",
       "seq, IF(MOD(seq, 2), 1, -1) * POW(1.0006, seq - 100000)",
       {"v"}},
      {"day",
       "id INT PRIMARY KEY, d DATE, KEY (d)",
       "seq, '2001-01-01' + INTERVAL MOD(seq, 3000) DAY",
       {"d"}},
      {"moment",
       "id INT PRIMARY KEY, d DATETIME(6) NOT NULL, KEY (d)",
       "seq, '2019-01-01' + INTERVAL POW(seq, 1.5) SECOND",
       {"d"}},
      {"instant",
       "id INT PRIMARY KEY, d TIMESTAMP NOT NULL, KEY (d)",
       "seq, '2019-01-01' + INTERVAL seq * 60 SECOND",
       {"d"}},
      {"text",
       "id VARCHAR(40) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
       "CONCAT(ELT(1 + MOD(seq, 4), 'Maria ', 'maría-', 'ÉLODIE ', 'zoë'), MD5(seq), "
       "'@example.com')",
       {}},
      {"latin",
       "id VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY",
       "CONCAT('https://example.com/produção/', CHAR(97 + MOD(seq, 26)), seq)",
       {}},
      {"cyrillic",
       "id VARCHAR(60) CHARACTER SET cp1251 PRIMARY KEY",
       "CONCAT(ELT(1 + MOD(seq, 5), 'Привет', 'мир', 'Ёлка', 'Яблоко', 'арбуз'), seq)",
       {}},
      {"han",
       "id VARCHAR(60) CHARACTER SET utf8mb4 PRIMARY KEY",
       "CONCAT(CONVERT(CHAR(19968 + MOD(seq * 7, 20000) USING utf16) USING utf8mb4), "
       "seq)",
       {}},
      {"digits", "id VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY", "seq * 37", {}},
      {"uuid4",
       "id CHAR(36) CHARACTER SET ascii PRIMARY KEY",
       "INSERT(INSERT(INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, "
       "0, "
       "'-')",
       {}},
      {"uuidtype",
       "id UUID PRIMARY KEY",
       "INSERT(INSERT(MD5(seq), 13, 1, '4'), 17, 1, '8')",
       {}},
      {"bytes", "id BINARY(16) PRIMARY KEY", "UNHEX(MD5(seq))", {}},
      {"composite",
       "a INT, b INT, c VARCHAR(20), PRIMARY KEY (a, b, c)",
       "MOD(seq, 3), seq DIV 1000, CONCAT('k', seq)",
       {}},
      // Nine in ten rows have one value of the first column.
      {"giant",
       "a INT, b BIGINT, PRIMARY KEY (a, b)",
       "IF(MOD(seq, 10), 5, seq), seq * 1000",
       {}},
      {"grade",
       "a ENUM('low','mid','top') NOT NULL, b INT, PRIMARY KEY (a, b)",
       "1 + (MOD(seq, 20) = 0) + (MOD(seq, 30) = 0), seq",
       {}},
      // All rows were touched by one statement; the primary key tells them apart.
      {"touched",
       "id INT PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t)",
       "seq, IF(MOD(seq, 50), '2024-01-31 10:00:00.000001', '2024-01-01' + INTERVAL seq "
       "SECOND)",
       {"t"}},
  };
  return list;
}

INSTANTIATE_TEST_SUITE_P(Mysql, Balance, ::testing::ValuesIn(Distributions()),
                         [](const auto& info) { return info.param.name; });

TEST(Splitting, NullsAreAPieceOfTheirOwn) {
  MakeTable("s_nulls", "id INT PRIMARY KEY, v INT, KEY (v)",
            "seq, IF(MOD(seq, 5) = 0, NULL, seq * 3)", 20'000);
  Pieces pieces = Cut("s_nulls", Request(5, {"v"}));
  ASSERT_EQ(pieces.split.pieces.size(), 5u);
  EXPECT_EQ(pieces.split.pieces.back().predicate->kind, PredicateKind::kNull);
  EXPECT_EQ(pieces.rows.back(), 4000);
  EXPECT_LE(pieces.Imbalance(), 1.5) << ::testing::PrintToString(pieces.rows);
  EXPECT_THAT(pieces.split.on, ElementsAre("v"));
}

TEST(Splitting, AColumnThatMayBeNullKeepsAPlaceForNull) {
  MakeTable("s_maybe", "id INT PRIMARY KEY, v INT, KEY (v)", "seq, seq", 10'000);
  Pieces pieces = Cut("s_maybe", Request(4, {"v"}));
  ASSERT_EQ(pieces.split.pieces.size(), 4u);
  EXPECT_TRUE(pieces.split.pieces[0].predicate->or_null);
  Server().Run("INSERT INTO s_maybe VALUES (10001, NULL)");
  std::string sum;
  auto relation = ShopSource()->DescribeTable("s_maybe", {}).ValueOrDie();
  for (const auto& piece : pieces.split.pieces) {
    sum += (sum.empty() ? "SELECT COALESCE(" : " + COALESCE(") +
           PredicateText(*piece.predicate, *relation.schema).ValueOrDie() + ", 0)";
  }
  EXPECT_EQ(Number(sum + " FROM s_maybe WHERE id = 10001"), 1);
}

TEST(Splitting, NullWithinACompositeKeyLosesNoRow) {
  MakeTable("s_inner", "id INT PRIMARY KEY, a INT NOT NULL, b INT, KEY (a, b)",
            "seq, MOD(seq, 3), IF(MOD(seq, 4) = 0, NULL, seq)", 30'000);
  Pieces pieces = Cut("s_inner", Request(6, {"a"}));
  EXPECT_EQ(pieces.split.pieces.size(), 6u);
  EXPECT_LE(pieces.Imbalance(), 1.5) << ::testing::PrintToString(pieces.rows);
}

TEST(Splitting, DatesThatNoCalendarHasLoseNoRow) {
  Server().Run("SET GLOBAL sql_mode = 'ALLOW_INVALID_DATES'");
  Server().Run(
      "SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE s_zero (id INT PRIMARY KEY, d "
      "DATETIME NOT NULL, KEY (d)); INSERT INTO s_zero SELECT seq, IF(seq < 8000, 0, "
      "IF(seq "
      "< 16000, CONCAT('2023-02-31 00:00:', MOD(seq, 60)), '2023-05-01' + INTERVAL seq "
      "SECOND)) FROM seq_1_to_24000; ANALYZE TABLE s_zero");
  MysqlOptions options = ServerOptions();
  Pieces pieces = Cut("s_zero", Request(6, {"d"}));
  EXPECT_GE(pieces.split.pieces.size(), 3u);
  Server().Run("SET GLOBAL sql_mode = DEFAULT");
}

TEST(Splitting, AWindowIsCutByItsOwnIndexOnlyWhereItIsSmall) {
  MakeTable("s_window", "id INT PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t)",
            "seq, '2024-01-01' + INTERVAL seq SECOND", 100'000);
  SplitRequest request = Request(4);
  Predicate window;
  window.columns = {"t"};
  window.lower = {"2024-01-02 02:00:00.000000"};
  request.within = {window};
  Pieces small = Cut("s_window", request);
  ASSERT_EQ(small.split.pieces.size(), 4u);
  EXPECT_EQ(small.split.on[0], "t");
  EXPECT_LE(small.Imbalance(), 1.5) << ::testing::PrintToString(small.rows);
  EXPECT_EQ(std::accumulate(small.rows.begin(), small.rows.end(), int64_t{0}), 6'401);

  request.within[0].lower = {"2024-01-01 01:00:00.000000"};
  Pieces large = Cut("s_window", request);
  ASSERT_EQ(large.split.pieces.size(), 4u);
  EXPECT_EQ(large.split.on[0], "id");
  EXPECT_LE(large.Imbalance(), 1.5) << ::testing::PrintToString(large.rows);
}

TEST(Splitting, TheUsersFilterCountsInTheGuesses) {
  MakeTable("s_where", "id INT PRIMARY KEY, v INT", "seq, seq", 100'000);
  SplitRequest request = Request(4);
  request.where = "id > 90000 -- the last ones";
  auto source = ShopSource();
  Relation relation = source->DescribeTable("s_where", {}).ValueOrDie();
  Split split = source->SplitRelation(relation, request, {}).ValueOrDie();
  ASSERT_EQ(split.pieces.size(), 4u);
  for (const auto& piece : split.pieces) {
    std::string condition =
        PredicateText(*piece.predicate, *relation.schema).ValueOrDie();
    EXPECT_LE(Number("SELECT COUNT(*) FROM s_where WHERE id > 90000 AND " + condition),
              3750)
        << condition;
  }
}

TEST(Splitting, OnePieceWithAReasonWhereThereIsNothingToCut) {
  auto source = ShopSource();
  auto reason_of = [&](const std::string& table, const SplitRequest& request) {
    Relation relation = source->DescribeTable(table, {}).ValueOrDie();
    Split split = source->SplitRelation(relation, request, {}).ValueOrDie();
    EXPECT_EQ(split.pieces.size(), 1u);
    EXPECT_FALSE(split.pieces[0].predicate.has_value());
    EXPECT_TRUE(split.on.empty());
    return split.reason;
  };
  MakeTable("s_keyless", "v INT, w INT", "seq, seq", 10'000);
  EXPECT_EQ(reason_of("s_keyless", Request(4)),
            "table s_keyless has no primary or unique key without null that can be cut");
  MakeTable("s_few", "id INT PRIMARY KEY", "seq", 500);
  EXPECT_EQ(reason_of("s_few", Request(4)), "too few rows to be worth cutting");
  EXPECT_EQ(reason_of("s_few", Request(1)), "one piece was asked for");
  MakeTable("s_none", "id INT PRIMARY KEY", "seq", 1);
  Server().Run("DELETE FROM s_none");
  EXPECT_EQ(reason_of("s_none", Request(4)), "the key holds no value");
  MakeTable("s_same", "v INT NOT NULL, KEY (v)", "7", 20'000);
  EXPECT_EQ(reason_of("s_same", Request(4, {"v"})),
            "all rows have the same key, or the server tells no keys apart");
  Server().Run("CREATE OR REPLACE VIEW s_view AS SELECT * FROM s_few");
  EXPECT_EQ(reason_of("s_view", Request(4)),
            "table s_view has no primary or unique key without null that can be cut");
}

TEST(Splitting, FewerPiecesWhereRowsAreFew) {
  MakeTable("s_fewer", "id INT PRIMARY KEY", "seq", 10'000);
  SplitRequest request = Request(16);
  request.least_rows = 2'500;
  Pieces pieces = Cut("s_fewer", request);
  EXPECT_GE(pieces.split.pieces.size(), 3u);
  EXPECT_LE(pieces.split.pieces.size(), 4u);
  EXPECT_EQ(pieces.split.reason, "too few rows for more pieces");
}

TEST(Splitting, OneKeyOfManyRowsStaysWhole) {
  Server().Run(
      "CREATE TABLE s_tie (v INT NOT NULL, w INT, KEY (v)); INSERT INTO s_tie SELECT "
      "IF(MOD(seq, 4), 7, seq), seq FROM seq_1_to_40000; ANALYZE TABLE s_tie");
  Pieces pieces = Cut("s_tie", Request(4, {"v"}));
  EXPECT_GE(pieces.split.pieces.size(), 2u);
  EXPECT_THAT(pieces.split.reason, HasSubstr("rows share one key and stay together"));
}

TEST(Splitting, RefusesColumnsThatNoIndexBeginsWith) {
  MakeTable("s_plain", "id INT PRIMARY KEY, v INT, n VARCHAR(50), KEY (n(10))",
            "seq, seq, CONCAT('x', seq)", 10'000);
  auto source = ShopSource();
  Relation relation = source->DescribeTable("s_plain", {}).ValueOrDie();
  auto refused = source->SplitRelation(relation, Request(4, {"v"}), {});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConfig);
  EXPECT_EQ(
      refused.status().message(),
      "cutting table s_plain into pieces: table s_plain cannot be cut by v: no index "
      "that can be used begins with it, so every piece would read the whole table; "
      "leave partition_on out, or create one: CREATE INDEX `by_v` ON `s_plain` (`v`)");
  // An index of the first characters puts no two rows in order that share them.
  EXPECT_EQ(KindOf(source->SplitRelation(relation, Request(4, {"n"}), {}).status()),
            ErrorKind::kConfig);
  auto missing = source->SplitRelation(relation, Request(4, {"vv"}), {});
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
  EXPECT_THAT(missing.status().message(), HasSubstr("did you mean 'v'"));
}

TEST(Splitting, ViewsAreCutByTheIndexOfTheTableBelow) {
  MakeTable("s_below", "id INT PRIMARY KEY, v VARCHAR(20) NOT NULL, KEY (v)",
            "seq, CONCAT('é', seq)", 40'000);
  Server().Run(
      "CREATE OR REPLACE VIEW s_over AS SELECT v AS name, id * 2 AS twice FROM s_below "
      "WHERE id > 4000; CREATE OR REPLACE VIEW s_groups AS SELECT id DIV 10 AS ten, "
      "COUNT(*) AS n FROM s_below GROUP BY id DIV 10");
  Pieces pieces = Cut("s_over", Request(4, {"name"}));
  EXPECT_EQ(pieces.split.pieces.size(), 4u);
  EXPECT_LE(pieces.Imbalance(), 1.6) << ::testing::PrintToString(pieces.rows);

  auto source = ShopSource();
  auto refusal = [&](const std::string& view, const std::string& column) {
    Relation relation = source->DescribeTable(view, {}).ValueOrDie();
    arrow::Status status =
        source->SplitRelation(relation, Request(4, {column}), {}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kConfig) << status.ToString();
    return status.message();
  };
  // A view can have no index: none is advised.
  EXPECT_EQ(refusal("s_groups", "ten"),
            "cutting table s_groups into pieces: view s_groups cannot be cut by ten: the "
            "server would have to run all of it to find the bounds; leave partition_on "
            "out, or let the view pass an indexed column of one table through");
  EXPECT_THAT(refusal("s_over", "twice"), HasSubstr("pass an indexed column"));
}

TEST(Splitting, AnIndexIsNotAdvisedWhereNoneHelps) {
  MakeTable("s_set", "id INT PRIMARY KEY, v SET('a', 'b'), KEY (v)", "seq, MOD(seq, 4)",
            10'000);
  auto source = ShopSource();
  Relation relation = source->DescribeTable("s_set", {}).ValueOrDie();
  EXPECT_THAT(source->SplitRelation(relation, Request(4, {"v"}), {}).status().message(),
              HasSubstr("no range of a column of type set('a','b') is found by an index; "
                        "choose another column"));
}

TEST(Splitting, TablesOfOtherEnginesAreCutAlike) {
  Server().Run(
      "CREATE TABLE s_aria (id INT PRIMARY KEY, v INT) ENGINE=Aria; INSERT INTO "
      "s_aria SELECT seq * 3, seq FROM seq_1_to_50000; ANALYZE TABLE s_aria");
  Pieces pieces = Cut("s_aria", Request(8));
  EXPECT_EQ(pieces.split.pieces.size(), 8u);
  EXPECT_LE(pieces.Imbalance(), 1.5) << ::testing::PrintToString(pieces.rows);
}

TEST(Splitting, KeysThatDifferOnlyForTheEyeStayTogether) {
  // The collation takes case, accents and blanks at the end for the same.
  Server().Run(
      "CREATE TABLE s_same_eye (n VARCHAR(20) COLLATE utf8mb4_unicode_ci NOT NULL, id "
      "INT, "
      "PRIMARY KEY (n, id)); INSERT INTO s_same_eye SELECT ELT(1 + MOD(seq, 4), 'Ábc', "
      "'abc ', "
      "'ABC', 'âbC  '), seq FROM seq_1_to_40000; ANALYZE TABLE s_same_eye");
  Pieces pieces = Cut("s_same_eye", Request(8));
  EXPECT_EQ(pieces.split.pieces.size(), 8u);
  EXPECT_LE(pieces.Imbalance(), 1.5) << ::testing::PrintToString(pieces.rows);
  EXPECT_THAT(pieces.split.on, ElementsAre("n", "id"));
}

}  // namespace
}  // namespace keelboat::mysql
