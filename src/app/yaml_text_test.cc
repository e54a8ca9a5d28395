#include "app/yaml_text.h"

#include <gtest/gtest.h>

#include "app/config_node.h"

namespace keelboat {
namespace {

TEST(YamlText, QuotesWhereNeeded) {
  EXPECT_EQ(YamlText("shop_2"), "shop_2");
  EXPECT_EQ(YamlText("a/b-c.d"), "a/b-c.d");
  for (const char* word :
       {"", "no", "NULL", "On", "1", "1a", "a b", "a: b", "#", "é", "~"}) {
    EXPECT_EQ(YamlText(word).front(), '"') << word;
  }
  EXPECT_EQ(QuotedYamlText("a\"b\\c\n\t\x01\x7F\xC2\x85"),
            "\"a\\\"b\\\\c\\n\\t\\x01\\x7F\\x85\"");
}

TEST(YamlText, ReadsBackTheSame) {
  for (const char* text :
       {"plain", "", "yes", "12", "a: b", "- x", "'q' \"d\" \\", "é😀", "line\nline",
        "tab\t", "{a, b}", "# c", "\x01\x1F", "\xC2\x9F"}) {
    const auto node = ParseConfigYaml("k: " + YamlText(text), "k.yaml");
    ASSERT_TRUE(node.ok()) << node.status().message();
    ASSERT_NE(node->Find("k"), nullptr);
    EXPECT_EQ(node->Find("k")->kind, ConfigNode::Kind::kScalar);
    EXPECT_EQ(node->Find("k")->text, text);
  }
}

}  // namespace
}  // namespace keelboat
