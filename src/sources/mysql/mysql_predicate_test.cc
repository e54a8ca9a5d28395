// Predicates against a live server: what they cut is disjoint and complete, and the
// server finds it by index.

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/predicate_text.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using testing::MariadbServer;

constexpr int kRows = 3000;

MariadbServer& Server() { return MariadbServer::Shared(); }

// A column of every kind, with ties, nulls and the type's ends.
struct KindCase {
  std::string name;
  std::string declared;
  std::string value;      // Of row `seq`.
  std::string text = "";  // How the server prints it in the form of Predicate.
};

void PrintTo(const KindCase& kind, std::ostream* out) { *out << kind.declared; }

const std::vector<KindCase>& Kinds() {
  static const std::vector<KindCase> kinds = {
      {"small", "TINYINT", "MOD(seq, 256) - 128"},
      {"big", "BIGINT", "IF(MOD(seq, 2), -1, 1) * (9223372036854775807 - seq)"},
      {"huge", "BIGINT UNSIGNED",
       "18446744073709551615 - CAST(MOD(seq, 900) AS UNSIGNED)"},
      {"exact", "DECIMAL(65,30)",
       "seq * 1.000000000000000000000000000007 - 99999999999999999999999999999999999"},
      {"single", "FLOAT", "seq * 1.1 - 700"},
      {"twice", "DOUBLE", "seq * 1.1e-300"},
      {"bits", "BIT(64)", "18446744073709551615 - CAST(MOD(seq, 900) AS UNSIGNED)",
       "bits + 0"},
      {"years", "YEAR", "IF(MOD(seq, 9) = 0, 0, 1901 + MOD(seq, 250))", "years + 0"},
      {"day", "DATE", "IF(seq < 9, 0, '1000-01-01' + INTERVAL MOD(seq, 700) DAY)"},
      {"moment", "DATETIME(6)",
       "IF(seq < 9, 0, '2024-02-28 23:59:59.999990' + INTERVAL MOD(seq, 700) "
       "MICROSECOND)"},
      {"instant", "TIMESTAMP(6) NULL",
       "IF(seq < 9, 0, '1970-01-01 00:00:01.5' + INTERVAL seq MICROSECOND)"},
      {"span", "TIME(6)", "SEC_TO_TIME(seq * 2000 - 3020399)"},
      {"name", "VARCHAR(40) COLLATE utf8mb4_unicode_ci",
       "ELT(1 + MOD(seq, 6), CONCAT('a''\\\\', MOD(seq, 90)), CONCAT('A''\\\\ ', seq), "
       "CONCAT('🚢', seq), CONCAT('é ', seq), CONCAT('%_', seq), '')"},
      {"latin", "VARCHAR(40) CHARACTER SET latin1",
       "ELT(1 + MOD(seq, 3), CONCAT('ß', seq), CONCAT('ss', seq), CONCAT('€', seq))"},
      {"plain", "VARCHAR(40) COLLATE utf8mb4_bin",
       "ELT(1 + MOD(seq, 2), CONCAT('b', seq), CONCAT('B', seq))"},
      {"padded", "CHAR(10) COLLATE utf8mb4_general_ci", "CONCAT(MOD(seq, 800), ' ')"},
      {"raw", "VARBINARY(30)", "UNHEX(LEFT(SHA1(seq), 2 * MOD(seq, 20)))",
       "CONCAT('0x', HEX(raw))"},
      {"fixed", "BINARY(8)", "UNHEX(LEFT(SHA1(seq), 8))", "CONCAT('0x', HEX(fixed))"},
      {"grade", "ENUM('low','it''s','Ação')", "MOD(seq, 4)"},
      {"flags", "SET('a','b','c')", "MOD(seq, 8)"},
      {"id128", "UUID", "INSERT(INSERT(MD5(seq), 13, 1, '4'), 17, 1, '8')"},
      {"address", "INET6", "CONCAT('2001:db8::', HEX(seq))"},
  };
  return kinds;
}

std::string Select(const KindCase& kind) {
  return kind.text.empty() ? kind.name : kind.text;
}

const Relation& Relations() {
  static const Relation relation = [] {
    std::string columns;
    std::string keys;
    std::string values;
    for (const KindCase& kind : Kinds()) {
      columns += ", " + kind.name + " " + kind.declared;
      keys += ", KEY (" + kind.name + ")";
      values += ", IF(MOD(seq * 7, 31) = 0, NULL, " + kind.value + ")";
    }
    Server().Run(
        "SET sql_mode = ''; "
        "CREATE TABLE kinds (id INT PRIMARY KEY" +
        columns + keys + "); INSERT INTO kinds SELECT seq" + values +
        " FROM (SELECT CAST(seq AS SIGNED) AS seq FROM seq_1_to_" +
        std::to_string(kRows) + ") AS numbers; ANALYZE TABLE kinds");
    auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
    return source->DescribeTable("kinds", {}).ValueOrDie();
  }();
  return relation;
}

std::string Condition(const Predicate& predicate) {
  auto text = PredicateText(predicate, *Relations().schema);
  EXPECT_TRUE(text.ok()) << text.status().ToString();
  return text.ok() ? *text : "FALSE";
}

// Rows and the sum of their ids, so that a row that two pieces hold is told from two.
std::pair<int64_t, int64_t> Holds(const Predicate& predicate) {
  auto rows = Server().Run(
      "SET sql_mode = ''; SELECT COUNT(*), COALESCE(SUM(id * id), 0) FROM kinds WHERE " +
      Condition(predicate));
  return {std::stoll(*rows[0][0]), std::stoll(*rows[0][1])};
}

class EveryKind : public ::testing::TestWithParam<KindCase> {};

TEST_P(EveryKind, PiecesAreDisjointAndComplete) {
  std::mt19937 random(20240131);
  const std::vector<KindCase>& kinds = Kinds();
  Relations();
  auto all = Server().Run("SELECT COUNT(*), SUM(id * id) FROM kinds");
  for (int round = 0; round < 4; ++round) {
    const KindCase& first = GetParam();
    const KindCase* second = &kinds[random() % kinds.size()];
    if (second->name == first.name)
      second = &kinds[(second - kinds.data() + 1) % kinds.size()];
    // Real keys in the server's own order, both columns or only the first.
    std::string order = first.name + (round % 2 == 0 ? "" : ", " + second->name);
    std::vector<std::string> columns = {first.name};
    if (round % 2 != 0) columns.push_back(second->name);
    std::vector<std::vector<std::string>> cuts;
    std::vector<int> offsets;
    for (int i = 0; i < 4; ++i) offsets.push_back(static_cast<int>(random() % 2000));
    std::sort(offsets.begin(), offsets.end());
    for (int offset : offsets) {
      auto rows = Server().Run(
          "SET sql_mode = ''; SELECT " + Select(first) + ", " + Select(*second) +
          " FROM kinds WHERE " + first.name + " IS NOT NULL AND " + second->name +
          " IS NOT NULL ORDER BY " + order + " LIMIT 1 OFFSET " + std::to_string(offset));
      std::vector<std::string> cut = {*rows[0][0]};
      if (columns.size() > 1) cut.push_back(*rows[0][1]);
      cuts.push_back(cut);
    }
    std::vector<Predicate> pieces(1);
    pieces[0].kind = PredicateKind::kNull;
    pieces[0].columns = {first.name};
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
      Predicate piece;
      piece.columns = columns;
      if (i > 0) piece.lower = cuts[i - 1];
      if (i < cuts.size()) piece.upper = cuts[i];
      pieces.push_back(piece);
    }
    if (round == 3) {
      pieces.erase(pieces.begin());
      pieces[2].or_null = true;
    }
    std::pair<int64_t, int64_t> sum{0, 0};
    std::string said;
    for (const Predicate& piece : pieces) {
      auto held = Holds(piece);
      sum.first += held.first;
      sum.second += held.second;
      said += Condition(piece) + ": " + std::to_string(held.first) + "\n";
    }
    EXPECT_EQ(sum.first, kRows) << said;
    EXPECT_EQ(std::to_string(sum.second), *all[0][1]) << said;
  }
}

TEST_P(EveryKind, KeysetsFindTheRowsThatHoldTheKey) {
  const KindCase& kind = GetParam();
  Relations();
  Predicate keys;
  keys.kind = PredicateKind::kKeyset;
  keys.columns = {kind.name, "id"};
  std::string bytes = "CAST(" + kind.name + " AS BINARY)";
  for (int id : {77, 1500, 2999}) {
    auto row = Server().Run("SET sql_mode = ''; SELECT " + Select(kind) +
                            " FROM kinds WHERE id = " + std::to_string(id));
    keys.keys.push_back({*row[0][0], std::to_string(id)});
  }
  EXPECT_EQ(Holds(keys).first, 3) << Condition(keys);
  Predicate one;
  one.kind = PredicateKind::kKeyset;
  one.columns = {kind.name};
  one.keys = {{keys.keys[0][0]}};
  auto expected = Server().Run("SELECT COUNT(*) FROM kinds WHERE " + bytes +
                               " = (SELECT " + bytes + " FROM kinds WHERE id = 77)");
  EXPECT_EQ(std::to_string(Holds(one).first), *expected[0][0]) << Condition(one);
}

TEST_P(EveryKind, TheIndexIsUsed) {
  const KindCase& kind = GetParam();
  Relations();
  if (kind.name == "flags") return;  // No server uses an index for ranges of a SET.
  auto rows = Server().Run("SET sql_mode = ''; SELECT " + Select(kind) +
                           " FROM kinds WHERE " + kind.name + " IS NOT NULL ORDER BY " +
                           kind.name + " LIMIT 1 OFFSET 1500");
  Predicate range;
  range.columns = {kind.name};
  range.upper = {*rows[0][0]};
  Predicate null;
  null.kind = PredicateKind::kNull;
  null.columns = {kind.name};
  Predicate keys;
  keys.kind = PredicateKind::kKeyset;
  keys.columns = {kind.name};
  keys.keys = {{*rows[0][0]}};
  for (const Predicate& predicate : {range, null, keys}) {
    auto plan =
        Server().Run("SET sql_mode = ''; EXPLAIN SELECT id FROM kinds FORCE INDEX (" +
                     kind.name + ") WHERE " + Condition(predicate));
    std::string type = plan[0][3].value_or("");
    EXPECT_TRUE(type == "range" || type.starts_with("ref") || type == "const")
        << type << " for " << Condition(predicate);
    EXPECT_EQ(plan[0][5].value_or(""), kind.name);
  }
}

INSTANTIATE_TEST_SUITE_P(Mysql, EveryKind, ::testing::ValuesIn(Kinds()),
                         [](const auto& info) { return info.param.name; });

TEST(Predicates, TuplesAndKeysOfACompositeKeyAreRanges) {
  Server().Run(
      "CREATE TABLE parcels (a INT, b INT, c VARCHAR(20), v INT, PRIMARY KEY (a, b, c), "
      "UNIQUE (v));"
      "INSERT INTO parcels SELECT seq DIV 500, MOD(seq, 500) DIV 10, CONCAT('x', seq), "
      "seq "
      "FROM seq_1_to_20000; ANALYZE TABLE parcels");
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  Relation relation = source->DescribeTable("parcels", {}).ValueOrDie();
  Predicate range;
  range.columns = {"a", "b", "c"};
  range.lower = {"3", "7", "x15"};
  range.upper = {"4", "2", "x9"};
  Predicate keys;
  keys.kind = PredicateKind::kKeyset;
  keys.columns = range.columns;
  for (int i = 0; i < 2000; ++i) {
    int seq = i * 7 + 1;
    keys.keys.push_back({std::to_string(seq / 500), std::to_string(seq % 500 / 10),
                         "x" + std::to_string(seq)});
  }
  Predicate ids;
  ids.kind = PredicateKind::kKeyset;
  ids.columns = {"v"};
  for (int i = 0; i < 2000; ++i) ids.keys.push_back({std::to_string(i * 10)});
  for (const Predicate& predicate : {range, keys, ids}) {
    std::string condition = PredicateText(predicate, *relation.schema).ValueOrDie();
    auto plan = Server().Run("EXPLAIN SELECT * FROM parcels WHERE " + condition);
    EXPECT_EQ(plan[0][3].value_or(""), "range") << condition.substr(0, 300);
    EXPECT_LT(std::stoll(plan[0][8].value_or("0")), 6000);
  }
  std::string condition = PredicateText(keys, *relation.schema).ValueOrDie();
  EXPECT_EQ(*Server().Run("SELECT COUNT(*) FROM parcels WHERE " + condition)[0][0],
            "2000");
}

TEST(Predicates, AReadHoldsAllOfThemAndTheUsersFilter) {
  Server().Run(
      "CREATE TABLE orders (id INT PRIMARY KEY, total INT, note VARCHAR(10));"
      "INSERT INTO orders SELECT seq, MOD(seq, 10), 'x' FROM seq_1_to_1000");
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  partition.columns = {"total", "id"};
  partition.where = "total = 3 OR total = 4 -- both";
  Predicate ids;
  ids.columns = {"id"};
  ids.lower = {"101"};
  ids.upper = {"201"};
  Predicate totals;
  totals.columns = {"total"};
  totals.lower = {"4"};
  partition.predicates = {ids, totals};
  auto result = ReadAll(source.get(), relation, partition);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  ASSERT_EQ(result->rows(), 10);
  EXPECT_EQ(result->batches[0]->column(1)->GetScalar(0).ValueOrDie()->ToString(), "104");

  partition.predicates[0].lower = {"one"};
  auto refused = ReadAll(source.get(), relation, partition);
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConfig);
  EXPECT_EQ(refused.status().message(),
            "reading table orders: 'one' is no value of column id (int(11)); write it as "
            "digits");
}

}  // namespace
}  // namespace keelboat::mysql
