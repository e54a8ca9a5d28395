#include "sources/mysql/valid_text.h"

#include <string>
#include <string_view>

#include <arrow/util/utf8.h>
#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

bool IsValid(std::string_view text) {
  return IsValidUtf8(reinterpret_cast<const uint8_t*>(text.data()),
                     static_cast<int64_t>(text.size()));
}

TEST(ValidText, NothingIsValid) {
  EXPECT_TRUE(IsValidUtf8(nullptr, 0));
  EXPECT_TRUE(IsValid(""));
}

TEST(ValidText, KnowsTheEdgesOfEachLength) {
  for (const char* text : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValid(text)) << text;
  }
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3",
        "\xE4\xB8", "\xF0\x9F\x98", "\xC3\x28"}) {
    EXPECT_FALSE(IsValid(text));
  }
}

// At every position of a long text, so that it falls on every lane and block end.
TEST(ValidText, FindsADamagedByteWhereverItIs) {
  arrow::util::InitializeUTF8();
  std::string text;
  while (text.size() < 300) text += "pão, 東京 and 🚢; ";
  ASSERT_TRUE(IsValid(text));
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (char damage : {'\xFF', '\x80', '\xC3', 'a'}) {
      std::string damaged = text;
      damaged[at] = damage;
      EXPECT_EQ(IsValid(damaged), arrow::util::ValidateUTF8(damaged))
          << at << " " << static_cast<int>(damage);
    }
    std::string_view cut = std::string_view(text).substr(0, at);
    EXPECT_EQ(IsValid(cut), arrow::util::ValidateUTF8(cut)) << at;
  }
}

}  // namespace
}  // namespace keelboat::mysql
