#include "app/dbt_draft.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "app/config_node.h"
#include "core/field_metadata.h"

namespace keelboat {
namespace {

TEST(DbtDraft, MakesPlainNames) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"orders", "orders"},
      {"OrderItems", "orderitems"},
      {"Preço (R$)", "preco_r"},
      {"Łódź", "lodz"},
      {"a__b_", "a__b_"},
      {"_x", "_x"},
      {"2020 sales", "_2020_sales"},
      {"日本", "unnamed"},
      {"a日b", "a_b"},
      {"", "unnamed"},
      {"a-b.c d", "a_b_c_d"},
      {"ÿŽ", "yz"},
      {"a×b", "a_b"},
      {"x\xC3", "x"},
  };
  for (const auto& [name, plain] : cases) EXPECT_EQ(PlainName(name), plain) << name;
}

TEST(DbtDraft, NumbersNamesThatAreTaken) {
  std::vector<std::string> taken;
  EXPECT_EQ(UniqueName("a", &taken), "a");
  EXPECT_EQ(UniqueName("a", &taken), "a_2");
  EXPECT_EQ(UniqueName("a", &taken), "a_3");
}

std::string TextOf(const std::vector<ProjectFile>& files, const std::string& path) {
  for (const ProjectFile& file : files) {
    if (file.path == path) return file.text;
  }
  ADD_FAILURE() << "no file " << path;
  return "";
}

TEST(DbtDraft, QuotesWhatSqlAndJinjaWouldMisread) {
  Relation odd;
  odd.table = "Preço \"R$\"";
  odd.comment = "{{ run_query('drop table x') }} \"said\" {% if %}";
  odd.primary_key = {"order"};
  odd.schema = arrow::schema(
      {arrow::field("id", arrow::int64(), false,
                    arrow::key_value_metadata({kCommentKey}, {"{# note #}"})),
       arrow::field("order", arrow::int64(), false),
       arrow::field("it's {{\"x\"}}", arrow::utf8()), arrow::field("ID", arrow::utf8()),
       arrow::field("Loaded_At", arrow::utf8())});
  const auto files = DraftDbtProject("p", "s", {odd});
  const std::string sql = TextOf(files, "dbt/models/staging/stg_preco_r.sql");
  EXPECT_EQ(sql,
            "-- Columns as they are at the source: rename, cast and clean here.\n"
            "select\n"
            "    id,\n"
            "    {{ adapter.quote('order') }} as order_,\n"
            "    {{ adapter.quote('it\\'s {{\"\"x\"\"}}') }} as it_s_x,\n"
            "    {{ adapter.quote('ID') }} as id_2,\n"
            "    {{ adapter.quote('Loaded_At') }} as loaded_at,\n"
            "    _keelboat_loaded_at\n"
            "from {{ source('s', 'preco_r') }}\n");
  for (const char* path : {"dbt/models/sources.yml", "dbt/models/staging/staging.yml"}) {
    const std::string yaml = TextOf(files, path);
    EXPECT_EQ(yaml.find("{{ run_query"), std::string::npos) << yaml;
    EXPECT_EQ(yaml.find("{% if"), std::string::npos) << yaml;
    EXPECT_EQ(yaml.find("{#"), std::string::npos) << yaml;
    EXPECT_TRUE(ParseConfigYaml(yaml, path).ok());
  }
  EXPECT_NE(TextOf(files, "dbt/models/sources.yml")
                .find("identifier: \"Preço \\\"\\\"R$\\\"\\\"\""),
            std::string::npos);
  EXPECT_NE(TextOf(files, "dbt/models/staging/staging.yml").find("[unique, not_null]"),
            std::string::npos);
}

TEST(DbtDraft, ClashingTablesGetModelsOfTheirOwn) {
  Relation first;
  first.table = "a b";
  first.schema = arrow::schema({arrow::field("x", arrow::int64())});
  Relation second = first;
  second.table = "a-b";
  const auto files = DraftDbtProject("p", "s", {first, second});
  TextOf(files, "dbt/models/staging/stg_a_b.sql");
  TextOf(files, "dbt/models/staging/stg_a_b_2.sql");
}

}  // namespace
}  // namespace keelboat
