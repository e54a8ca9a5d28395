#include "app/interpolation.h"

#include <map>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

arrow::Result<Interpolated> Fill(std::string_view text) {
  static const std::map<std::string, std::string> kVariables = {
      {"HOST", "db"}, {"EMPTY", ""}, {"HOSTILE", "${HOST}\n- x: {y"}};
  return Interpolate(text, [](const std::string& name) -> std::optional<std::string> {
    const auto found = kVariables.find(name);
    if (found == kVariables.end()) return {};
    return found->second;
  });
}

TEST(Interpolation, FillsIn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"plain", "plain"},
      {"${HOST}", "db"},
      {"a ${HOST}:${HOST} b", "a db:db b"},
      {"${EMPTY}", ""},
      {"${EMPTY:-x}", "x"},
      {"${NONE:-x}", "x"},
      {"${NONE:-}", ""},
      {"${NONE:-${HOST}}", "db"},
      {"${NONE:-a{b}", "a{b"},
      {"${NONE:-${NONE:-deep}}", "deep"},
      {"${HOST:-${NOT_LOOKED_AT}}", "db"},
      {"$$", "$"},
      {"$${HOST}", "${HOST}"},
      {"$HOST $5 pa$", "$HOST $5 pa$"},
      {"${HOSTILE}", "${HOST}\n- x: {y"},
  };
  for (const auto& [text, filled] : cases) {
    const auto result = Fill(text);
    ASSERT_TRUE(result.ok()) << text << ": " << result.status().message();
    EXPECT_EQ(result->text, filled) << text;
  }
}

TEST(Interpolation, NamesTheMissingVariable) {
  for (const char* text : {"${NONE}", "x ${NONE} y", "${OTHER:-${NONE}}"}) {
    const auto result = Fill(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig);
    EXPECT_EQ(DetailOf(result.status(), "variable"), "NONE");
  }
}

TEST(Interpolation, RefusesMalformedReferences) {
  for (const char* text : {"${", "${}", "${A", "${1A}", "${A-x}", "${A:?x}", "${A B}",
                           "${A:-x", "${é}", "${A:-\n}"}) {
    const auto result = Fill(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_NE(result.status().message().find("malformed"), std::string::npos)
        << result.status().message();
  }
}

TEST(Interpolation, StopsAtDeepNesting) {
  std::string text = "x";
  for (int i = 0; i < 100; ++i) text = "${NONE:-" + text + "}";
  EXPECT_FALSE(Fill(text).ok());
}

TEST(Interpolation, SeesVariables) {
  EXPECT_TRUE(HasVariables("a${B}"));
  EXPECT_TRUE(HasVariables("$$${B}"));
  EXPECT_FALSE(HasVariables("a$$B"));
  EXPECT_FALSE(HasVariables("$${B}"));
}

}  // namespace
}  // namespace keelboat
