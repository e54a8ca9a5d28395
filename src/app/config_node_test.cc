#include "app/config_node.h"

#include <random>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

ConfigNode Parse(const std::string& text) {
  auto node = ParseConfigYaml(text, "k.yaml");
  EXPECT_TRUE(node.ok()) << node.status().message();
  return node.ok() ? *node : ConfigNode{};
}

/// A tree as one line, to compare.
std::string Show(const ConfigNode& node) {
  std::string text;
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      return "null";
    case ConfigNode::Kind::kScalar:
      return node.text;
    case ConfigNode::Kind::kList:
      for (const ConfigNode& item : node.items) {
        text += (text.empty() ? "" : ",") + Show(item);
      }
      return "[" + text + "]";
    case ConfigNode::Kind::kMap:
      for (const ConfigEntry& entry : node.entries) {
        text += (text.empty() ? "" : ",") + entry.key + "=" + Show(entry.value);
      }
      return "{" + text + "}";
  }
  return "";
}

TEST(ConfigNode, ReadsYaml) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "null"},
      {"# only a comment\n", "null"},
      {"a: 1\nb: [x, y]\nc:\n", "{a=1,b=[x,y],c=null}"},
      {"---\na: 1\n", "{a=1}"},
      {"a: ~\nb: null\nc: 'null'", "{a=null,b=null,c=null}"},
      {"\xEF\xBB\xBF"
       "a: é😀",
       "{a=é😀}"},
      {"a: &x {b: 1}\nc: *x", "{a={b=1},c={b=1}}"},
      // References stand bare where YAML itself would stumble.
      {"s: {h: ${H:-127.0.0.1}, p: ${P:-3306}}", "{s={h=${H:-127.0.0.1},p=${P:-3306}}}"},
      {"s: {u: http://${H}:${P:-9000}/x, v: 1}", "{s={u=http://${H}:${P:-9000}/x,v=1}}"},
      {"s: [${A}, ${B:-a, b}]", "{s=[${A},${B:-a, b}]}"},
      {"s: ${A:-x: #y}", "{s=${A:-x: #y}}"},
      {"s: {a: ${A:-${B:-c}}}", "{s={a=${A:-${B:-c}}}}"},
      {"s: \"${A:-\\\"q\\\"}\"", "{s=${A:-\"q\"}}"},
      {"s: \"\\x01 \\a ${A:-b}\"", "{s=\x01 \a ${A:-b}}"},
      {"s: \"\\u000E\\U00000002\"", "{s=\x0E\x02}"},
      {"s: \"a ${A:-b}\"\nt: 'c ${D}'", "{s=a ${A:-b},t=c ${D}}"},
  };
  for (const auto& [text, shown] : cases) EXPECT_EQ(Show(Parse(text)), shown) << text;
}

TEST(ConfigNode, KnowsLines) {
  const ConfigNode node =
      Parse("\na: 1\nb:\n  # comment\n  c: {d: ${X:-1},\n    e: 2}\n");
  EXPECT_EQ(node.entries[0].line, 2);
  EXPECT_EQ(node.Find("b")->entries[0].line, 5);
  EXPECT_EQ(node.Find("b")->Find("c")->entries[1].line, 6);
}

TEST(ConfigNode, RefusesWithAPlace) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i ? "," : "") + "*" + char(c - 1);
    bomb += "]\n";
  }
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a: 1\nb: [1, 2", "k.yaml:2:"},
      {"a: {x: ${A}, y: ]", "k.yaml:1:17: broken YAML"},
      {"a: 1\n  b: 2", "broken YAML"},
      {"a:\n\t- x", "broken YAML"},
      {"a: 1\nb: 2\na: 3", "k.yaml:3: key 'a' is written twice; first in line 1"},
      {"a: {b: 1, b: 2}", "written twice"},
      {"a: 1\n---\nb: 2", "several documents"},
      {",a: 1", "stray character"},
      {"a: 1\n...\nb: 2", "several documents"},
      {"a: !env FOO", "tags such as !env"},
      {"${A}: 1", "variables work in values, not in keys: ${A}"},
      {"a: {<<: {b: 1}}", "merge keys"},
      {"? [x]\n: 1", "k.yaml:1: a key must be a text"},
      {"a: &x [*x]", "k.yaml:1:"},
      {std::string("a: 1\nb: \x01", 9), "k.yaml:2: holds a control character"},
      {std::string("a: \0", 4), "control character"},
      {"a: \xFF", "not UTF-8"},
      {deep, "nested too deeply"},
      {bomb, "nested too deeply"},
  };
  for (const auto& [text, message] : cases) {
    const auto node = ParseConfigYaml(text, "k.yaml");
    ASSERT_FALSE(node.ok()) << text;
    EXPECT_EQ(KindOf(node.status()), ErrorKind::kConfig);
    EXPECT_NE(node.status().message().find(message), std::string::npos)
        << node.status().message();
  }
}

TEST(ConfigNode, Merges) {
  const std::vector<std::vector<std::string>> cases = {
      {"a: 1", "b: 2", "{a=1,b=2}"},
      {"a: {x: 1, y: 2}", "a: {y: 3}", "{a={x=1,y=3}}"},
      {"a: [1, 2]", "a: [3]", "{a=[3]}"},
      {"a: {x: 1}", "a: ~", "{a=null}"},
      {"a: ~", "a: {x: 1}", "{a={x=1}}"},
      {"a: {x: 1}", "a: 5", "{a=5}"},
      {"w: {type: duckdb, path: p}", "w: {type: snowflake, account: a}",
       "{w={type=snowflake,account=a}}"},
      {"w: {type: duckdb, path: p}", "w: {type: duckdb, schema: s}",
       "{w={type=duckdb,path=p,schema=s}}"},
      {"w: {type: duckdb, path: p}", "w: {path: q}", "{w={type=duckdb,path=q}}"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(Show(MergeConfig(Parse(one[0]), Parse(one[1]))), one[2]);
  }
}

TEST(ConfigNode, SurvivesBrokenTexts) {
  const std::string whole =
      "a: {b: ${C:-d}, e: [1, \"two\", 'three']}\n# c\nf: &x |\n  text\n  more\ng: *x\n"
      "? k\n: !!str v\nh:\n  - i: ${J}\n  -\n";
  const std::string pieces = "{}[]:,-?&*!|>'\"%@`#$ \n\t\\a0\xC3\x80\xFF";
  std::mt19937 random(3);
  int parsed = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = whole;
    for (unsigned j = 0; j <= i % 6u; ++j) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = pieces[random() % pieces.size()];
          break;
        case 1:
          text.insert(at, 1, pieces[random() % pieces.size()]);
          break;
        default:
          text.erase(at, random() % 8);
      }
      if (text.empty()) text = "x";
    }
    const auto node = ParseConfigYaml(text, "k.yaml");
    parsed += node.ok();
    if (!node.ok()) {
      EXPECT_EQ(KindOf(node.status()), ErrorKind::kConfig) << text;
    }
  }
  EXPECT_GT(parsed, 1000);
  EXPECT_LT(parsed, 19000);
  for (const char* opening : {"[", "{a: ", "- ", "? "}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += opening;
    EXPECT_FALSE(ParseConfigYaml(deep, "k.yaml").ok());
  }
}

}  // namespace
}  // namespace keelboat
