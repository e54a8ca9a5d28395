#include "contracts/json_text.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

JsonValue Parsed(const std::string& json) {
  auto value = ParseJson(json, "f.json");
  EXPECT_TRUE(value.ok()) << value.status().message();
  return value.ok() ? *std::move(value) : JsonValue();
}

TEST(JsonText, KeepsNumbersAsTheyAreSpelled) {
  const std::vector<std::string> numbers = {"0",
                                            "-0",
                                            "0.10",
                                            "1e-30",
                                            "1E+2",
                                            "18446744073709551616",
                                            "-9223372036854775809",
                                            "0.1000000000000000055511151231257827",
                                            "123456789012345678901234567890.5"};
  for (const std::string& number : numbers) {
    // At the end of the text, before each kind of follower, and after a newline.
    EXPECT_EQ(Parsed(number).text, number);
    EXPECT_EQ(Parsed("[" + number + "]").items.at(0).text, number);
    EXPECT_EQ(Parsed("[" + number + "\n,1]").items.at(0).text, number);
    EXPECT_EQ(Parsed("{\"a\":\n" + number + "}").members.at(0).value.text, number);
  }
}

TEST(JsonText, RemembersLines) {
  const JsonValue value =
      Parsed("\n{\"a\": 1,\n \"b\":\n  [true,\n 2\n,\"x\\ny\"\n], \"c\"\n: {}}");
  EXPECT_EQ(value.line, 2);
  EXPECT_EQ(value.members.at(0).line, 2);
  EXPECT_EQ(value.members.at(0).value.line, 2);
  EXPECT_EQ(value.Find("b")->line, 3);
  EXPECT_EQ(value.Find("b")->value.line, 4);
  EXPECT_EQ(value.Find("b")->value.items.at(0).line, 4);
  EXPECT_EQ(value.Find("b")->value.items.at(1).line, 5);
  EXPECT_EQ(value.Find("b")->value.items.at(2).line, 6);
  EXPECT_EQ(value.Find("c")->line, 7);
  EXPECT_EQ(value.Find("c")->value.line, 8);
  EXPECT_EQ(value.Find("d"), nullptr);
}

TEST(JsonText, ReadsEveryKind) {
  const JsonValue value = Parsed(R"([null, true, false, "a\u00e9\u0000", {"k": []}])");
  EXPECT_EQ(value.items.at(0).kind, JsonKind::kNull);
  EXPECT_TRUE(value.items.at(1).boolean);
  EXPECT_FALSE(value.items.at(2).boolean);
  EXPECT_EQ(value.items.at(3).text, std::string("aé\0", 4));
  EXPECT_EQ(value.items.at(4).members.at(0).value.kind, JsonKind::kArray);
  EXPECT_EQ(Parsed("\xEF\xBB\xBF{}").kind, JsonKind::kObject);
}

TEST(JsonText, SaysWhereItIsBroken) {
  const std::string deep(65, '[');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "f.json:1: the file is empty"},
      {"{\"a\": 1,\n\"b\" 2}", "f.json:2:5: not JSON: "},
      {"[1, 2", "f.json:1:6: not JSON: "},
      {"{} x", "f.json:1:4: not JSON: "},
      {"[\"\xff\"]", "f.json:1:3: not JSON: "},
      {"[1e999]", "f.json:1:"},
      {"[01]", "f.json:1:3: not JSON: "},
      {"{\"a\": 1, // note\n}", "f.json:1:10: not JSON: "},
      {"{\"a\":\n{\"x\": 1,\n\"x\": 2}}",
       "f.json:3: 'x' is given twice, first on line 2"},
      {deep, "f.json:1: nested deeper than 64 levels"},
  };
  for (const auto& [json, message] : cases) {
    auto value = ParseJson(json, "f.json");
    ASSERT_FALSE(value.ok()) << json;
    EXPECT_EQ(value.status().message().rfind(message, 0), 0U) << value.status().message();
    EXPECT_EQ(KindOf(value.status()), ErrorKind::kConfig);
    EXPECT_EQ(DetailOf(value.status(), "file"), "f.json");
  }
}

TEST(JsonText, TakesManyMembersQuickly) {
  std::string json = "{";
  for (int i = 0; i < 200'000; ++i)
    json += "\"k" + std::to_string(i) + "\": " + std::to_string(i) + ",\n";
  json += "\"end\": 0}";
  const JsonValue value = Parsed(json);
  EXPECT_EQ(value.members.size(), 200'001U);
  EXPECT_EQ(value.members.back().line, 200'001);
}

}  // namespace
}  // namespace keelboat
