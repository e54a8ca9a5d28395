#include "contracts/simple_pattern.h"

#include <random>
#include <string>
#include <vector>

#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_binary.h>
#include <gtest/gtest.h>

#include "contracts/pattern_match.h"

namespace keelboat {
namespace {

const std::vector<std::string>& Plain() {
  static const std::vector<std::string> patterns = {
      "^[0-9a-f]{32}$", "^[A-Z]{2}$",   "^\\d{5}$",        "^$",
      "^abc$",          "^[a-c]+$",     "^[a-c]*1$",       "^a?b$",
      "^[a-z_-]{2,3}$", "^a{2,}$",      "^\\d{2}-\\d{2}$", "^[\\d.]+$",
      "^R\\$ \\d+$",    "^[ -/]{1,2}$", "^[a-]$",          "^x{0}y$",
      "^x{0,1}$",       "^\\[a\\]$",    "^[.*+]$",         "^a-b/c$"};
  return patterns;
}

TEST(SimplePattern, LeavesTheRestToRe2) {
  for (const char* pattern : {"",          "a",
                              "^a",        "a$",
                              "^a|b$",     "^(a)$",
                              "^.$",       "^[^a]$",
                              "^é$",       "^[é]$",
                              "^a+b+$",    "^a+?$",
                              "^a**$",     "^\\w$",
                              "^\\bx$",    "^a{1001}$",
                              "^a{2,1}$",  "^a{$",
                              "^a{x}$",    "^[b-a]$",
                              "^[a$",      "^[[:alpha:]]$",
                              "^]$",       "^a\\$",
                              "^[\\d-z]$", "^[]a]$",
                              "^\\",       "^a^b$",
                              "^{2}$",     "^+$",
                              "^[a-\\d]$", "^(?i)a$",
                              "^\n$"}) {
    EXPECT_FALSE(SimplePattern::Compile(pattern).has_value()) << pattern;
  }
}

TEST(SimplePattern, AgreesWithRe2) {
  std::mt19937 dice(5);
  const std::string alphabet = "abcxyz0129AZ-_.$/R []*+\n\xC3\xA9";
  std::vector<std::string> texts = {"",
                                    "a",
                                    "b",
                                    "ab",
                                    "aa",
                                    "abc",
                                    "1",
                                    "a1",
                                    "cab1",
                                    "xy",
                                    "y",
                                    "x",
                                    "SP",
                                    "01001",
                                    "12-34",
                                    "R$ 15",
                                    "[a]",
                                    "a-b/c",
                                    "abc\n",
                                    "0123456789abcdef0123456789abcdef",
                                    "0123456789abcdef0123456789abcdeF",
                                    "aé",
                                    "-",
                                    ".",
                                    "3.14"};
  for (int i = 0; i < 3'000; ++i) {
    std::string text;
    for (unsigned length = dice() % 6; length > 0; --length) {
      const char c = alphabet[dice() % alphabet.size()];
      text += static_cast<unsigned char>(c) >= 0x80 ? "é" : std::string(1, c);
    }
    texts.push_back(text);
  }
  arrow::StringBuilder builder;
  for (const std::string& text : texts) ASSERT_TRUE(builder.Append(text).ok());
  auto column = builder.Finish().ValueOrDie();
  for (const std::string& pattern : Plain()) {
    auto compiled = SimplePattern::Compile(pattern);
    ASSERT_TRUE(compiled.has_value()) << pattern;
    auto expected = MatchPattern(column, pattern);
    ASSERT_TRUE(expected.ok()) << pattern << expected.status().ToString();
    int64_t matches = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool match = (*expected)->Value(static_cast<int64_t>(i));
      EXPECT_EQ(compiled->Matches(texts[i]), match)
          << pattern << " on '" << texts[i] << "'";
      matches += match ? 1 : 0;
    }
    EXPECT_GT(matches, 0) << pattern << " was never tried on a text that it matches";
  }
}

}  // namespace
}  // namespace keelboat
