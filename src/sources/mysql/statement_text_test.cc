#include "sources/mysql/statement_text.h"

#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

SelectParts Parts() {
  SelectParts parts;
  parts.database = "shop";
  parts.table = "orders";
  parts.columns = {{"id"}, {"total"}};
  return parts;
}

TEST(StatementText, QuotesIdentifiers) {
  EXPECT_EQ(QuoteIdentifier("orders"), "`orders`");
  EXPECT_EQ(QuoteIdentifier("Preço (R$)"), "`Preço (R$)`");
  EXPECT_EQ(QuoteIdentifier("a`b``"), "`a``b`````");
}

TEST(StatementText, QuotesLiterals) {
  EXPECT_EQ(QuoteLiteral("it's"), R"('it\'s')");
  EXPECT_EQ(QuoteLiteral(R"(back\slash)"), R"('back\\slash')");
  EXPECT_EQ(QuoteLiteral(std::string("a\0b", 3)), R"('a\0b')");
}

TEST(StatementText, ReadsTheWholeTable) {
  EXPECT_EQ(SelectText(Parts()), "SELECT `id`, `total` FROM `shop`.`orders`");
}

TEST(StatementText, LetsTheServerPrintDatesThatAreReadAsText) {
  SelectParts parts = Parts();
  parts.columns = {{"id"}, {"born", true}};
  EXPECT_EQ(SelectText(parts),
            "SELECT `id`, CAST(`born` AS CHAR) AS `born` FROM `shop`.`orders`");
}

TEST(StatementText, ACommentInTheFilterSwallowsNothing) {
  SelectParts parts = Parts();
  parts.where = "total > 5 -- only the large ones";
  parts.limit = 10;
  EXPECT_EQ(SelectText(parts),
            "SELECT `id`, `total` FROM `shop`.`orders` WHERE (\n"
            "total > 5 -- only the large ones\n) LIMIT 10");
}

TEST(StatementText, OrdersByTheKeyOnlyWhereALimitCuts) {
  SelectParts parts = Parts();
  parts.order_by = {"id", "line"};
  EXPECT_EQ(SelectText(parts), "SELECT `id`, `total` FROM `shop`.`orders`");
  parts.limit = 1000;
  EXPECT_EQ(SelectText(parts),
            "SELECT `id`, `total` FROM `shop`.`orders` ORDER BY `id`, `line` LIMIT 1000");
}

TEST(StatementText, CarriesItsTag) {
  SelectParts parts = Parts();
  parts.tag = "keelboat-7";
  EXPECT_EQ(SelectText(parts),
            "SELECT /* keelboat-7 */ `id`, `total` FROM `shop`.`orders`");
}

TEST(StatementText, ComparesTextByItsBytesWhenItCountsDuplicates) {
  EXPECT_EQ(CountDuplicatesText("shop", "orders",
                                {{"id"},
                                 {"code", KeyColumn::Compare::kBytes},
                                 {"note", KeyColumn::Compare::kDigest}}),
            "SELECT COALESCE(SUM(copies), 0) FROM (SELECT COUNT(*) AS copies FROM "
            "`shop`.`orders` GROUP BY `id`, CAST(`code` AS BINARY), SHA2(`note`, 256) "
            "HAVING COUNT(*) > 1) AS duplicates");
}

TEST(StatementText, ComparesByWhatTheTypeNeeds) {
  EXPECT_EQ(CompareOf("int(11)"), KeyColumn::Compare::kValue);
  EXPECT_EQ(CompareOf("decimal(65,30)"), KeyColumn::Compare::kValue);
  EXPECT_EQ(CompareOf("binary(16)"), KeyColumn::Compare::kValue);
  EXPECT_EQ(CompareOf("char(32)"), KeyColumn::Compare::kBytes);
  EXPECT_EQ(CompareOf("varchar(255)"), KeyColumn::Compare::kBytes);
  EXPECT_EQ(CompareOf("enum('a','b')"), KeyColumn::Compare::kBytes);
  EXPECT_EQ(CompareOf("varchar(256)"), KeyColumn::Compare::kDigest);
  EXPECT_EQ(CompareOf("varbinary(300)"), KeyColumn::Compare::kDigest);
  EXPECT_EQ(CompareOf("mediumtext"), KeyColumn::Compare::kDigest);
  EXPECT_EQ(CompareOf("longblob"), KeyColumn::Compare::kDigest);
}

}  // namespace
}  // namespace keelboat::mysql
