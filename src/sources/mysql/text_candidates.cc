#include "sources/mysql/text_candidates.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace keelboat::mysql {
namespace {

using Characters = std::u32string;

// As most collations sort them; those that do not are asked anyway.
constexpr std::u32string_view kAlphabet =
    U" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
    U"aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ";
constexpr int kDepths = 6;         // How far behind the first difference is looked.
constexpr std::size_t kMost = 12;  // Places of one base.
constexpr char32_t kLastCharacter = 0x10FFFF;

Characters Decode(std::string_view text) {
  Characters characters;
  for (std::size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    static constexpr std::array<unsigned, 4> kMasks = {0x7F, 0x1F, 0x0F, 0x07};
    char32_t character = lead & kMasks[static_cast<std::size_t>(more)];
    for (++i; more > 0 && i < text.size(); --more, ++i) {
      character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
    }
    characters += character;
  }
  return characters;
}

void Encode(char32_t c, std::string* text) {
  auto add = [&](char32_t byte) { *text += static_cast<char>(byte); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0 | (c >> 6));
    add(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    add(0xE0 | (c >> 12));
    add(0x80 | ((c >> 6) & 0x3F));
    add(0x80 | (c & 0x3F));
  } else {
    add(0xF0 | (c >> 18));
    add(0x80 | ((c >> 12) & 0x3F));
    add(0x80 | ((c >> 6) & 0x3F));
    add(0x80 | (c & 0x3F));
  }
}

char32_t Folded(char32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

std::size_t CommonLength(const Characters& low, const Characters& high, bool fold) {
  std::size_t length = 0;
  while (length < low.size() && length < high.size()) {
    bool same =
        fold ? Folded(low[length]) == Folded(high[length]) : low[length] == high[length];
    if (!same) break;
    ++length;
  }
  return length;
}

// At most `kMost` of them, evenly, the last one always.
Characters Thinned(const Characters& characters) {
  if (characters.size() <= kMost) return characters;
  Characters thin;
  for (std::size_t i = 1; i <= kMost; ++i) {
    thin += characters[i * characters.size() / kMost - 1];
  }
  return thin;
}

// Characters behind `low` up to `high` (0: no limit on that side).
Characters Between(char32_t low, char32_t high) {
  std::size_t begin = low == 0 ? 0 : kAlphabet.find(low) + 1;
  std::size_t end = high == 0 ? kAlphabet.size() : kAlphabet.find(high) + 1;
  bool both_known = (low == 0 || begin != 0) && (high == 0 || end != 0);
  Characters letters;
  if (both_known && begin < end) letters = kAlphabet.substr(begin, end - begin);
  if (both_known && begin >= end) letters = kAlphabet;
  if (both_known) return Thinned(letters);
  // Other scripts: some letters, and places spread over the code points.
  letters = Thinned(Characters(kAlphabet));
  char32_t first = std::min(low, high == 0 ? kLastCharacter : high);
  char32_t last = std::max(low, high == 0 ? kLastCharacter : high);
  Characters spread;
  for (char32_t i = 1; i <= kMost; ++i) {
    char32_t c = first + static_cast<char32_t>(uint64_t{last - first} * i / kMost);
    bool sound = c > 0x7F && c <= kLastCharacter && (c < 0xD800 || c > 0xDFFF);
    if (sound && (spread.empty() || spread.back() != c)) spread += c;
  }
  return letters + spread;
}

void Add(const Characters& base, const Characters& last,
         std::vector<std::string>* texts) {
  std::string stem;
  for (char32_t c : base) Encode(c, &stem);
  for (char32_t c : last) {
    std::string text = stem;
    Encode(c, &text);
    if (std::find(texts->begin(), texts->end(), text) == texts->end()) {
      texts->push_back(std::move(text));
    }
  }
}

char32_t At(const Characters& text, std::size_t position) {
  return position < text.size() ? text[position] : 0;
}

}  // namespace

std::vector<std::string> TextCandidates(const std::string& low_text,
                                        const std::string& high_text, int attempt) {
  const Characters low = Decode(low_text);
  const Characters high = Decode(high_text);
  const std::size_t folded = CommonLength(low, high, true);
  const std::size_t exact = CommonLength(low, high, false);
  std::vector<std::string> texts;
  if (attempt == 0 || (attempt == 1 && exact < folded)) {
    std::size_t at = attempt == 0 ? folded : exact;
    Characters characters = Between(At(low, at), At(high, at));
    Add(low.substr(0, at), characters, &texts);
    Add(high.substr(0, at), characters, &texts);
    return texts;
  }
  const int deeper = attempt - (exact < folded ? 1 : 0);
  if (deeper <= kDepths) {
    std::size_t at = folded + static_cast<std::size_t>(deeper);
    if (at <= low.size()) Add(low.substr(0, at), Between(At(low, at), 0), &texts);
    if (at < high.size()) Add(high.substr(0, at), Between(0, At(high, at)), &texts);
  }
  if (texts.empty() && deeper <= kDepths + 1) texts.push_back(high_text);
  return texts;
}

}  // namespace keelboat::mysql
