#include "core/ascii_text.h"

#include <string>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

bool Ascii(const std::string& text) {
  return IsAscii(reinterpret_cast<const uint8_t*>(text.data()),
                 static_cast<int64_t>(text.size()));
}

TEST(AsciiTextTest, AHighByteIsFoundAtEveryPlace) {
  for (std::size_t length = 0; length < 200; ++length) {
    std::string text(length, '\x7F');
    EXPECT_TRUE(Ascii(text)) << length;
    for (std::size_t place = 0; place < length; ++place) {
      text[place] = '\x80';
      EXPECT_FALSE(Ascii(text)) << place << " of " << length;
      text[place] = 'a';
    }
  }
}

}  // namespace
}  // namespace keelboat
