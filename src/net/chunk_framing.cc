#include "net/chunk_framing.h"

#include <algorithm>
#include <cstring>

namespace keelboat::net {
namespace {

// The value of a hexadecimal digit; 16 for anything else.
std::size_t DigitOf(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<std::size_t>(letter - '0');
  const char lower = static_cast<char>(letter | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<std::size_t>(lower - 'a') + 10;
  return 16;
}

}  // namespace

std::size_t ChunkFraming::Strip(std::string_view bytes, char* out) {
  const char* from = bytes.data();
  const char* const end = from + bytes.size();
  char* to = out;
  while (from < end) {
    switch (at_) {
      case At::kSize: {
        const std::size_t digit = DigitOf(*from);
        if (digit == 16) {
          at_ = At::kExtension;  // Most often the line's own end.
          break;
        }
        left_ = left_ * 16 + digit;
        ++from;
        break;
      }
      case At::kExtension:
        if (*from++ == '\n') at_ = left_ > 0 ? At::kData : At::kTrailer;
        break;
      case At::kData: {
        const std::size_t here = std::min(left_, static_cast<std::size_t>(end - from));
        std::memcpy(to, from, here);
        to += here;
        from += here;
        left_ -= here;
        if (left_ == 0) at_ = At::kDataEnd;
        break;
      }
      case At::kDataEnd:
        if (*from++ == '\n') at_ = At::kSize;
        break;
      case At::kTrailer:
        return static_cast<std::size_t>(to - out);
    }
  }
  return static_cast<std::size_t>(to - out);
}

}  // namespace keelboat::net
