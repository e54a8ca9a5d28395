#include "contracts/simple_pattern.h"

#include <charconv>
#include <limits>

namespace keelboat {
namespace {

// RE2 refuses larger counts, and so must a pattern that is never shown to it.
constexpr int64_t kMostRepeats = 1'000;
constexpr int64_t kUnbounded = std::numeric_limits<int32_t>::max();

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool IsPlain(char c) {
  constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}";
  return IsAscii(c) && c >= ' ' && kSpecial.find(c) == std::string_view::npos;
}

void AddRange(char from, char to, std::bitset<256>* bytes) {
  for (int c = from; c <= to; ++c) bytes->set(static_cast<std::size_t>(c));
}

/// Reads "\d" or an escaped mark; false for any other escape.
bool TakeEscape(std::string_view* pattern, std::bitset<256>* bytes) {
  if (pattern->size() < 2) return false;
  const char c = (*pattern)[1];
  constexpr std::string_view kMarks = "\\^$.|?*+()[]{}-/";
  if (c == 'd') {
    AddRange('0', '9', bytes);
  } else if (kMarks.find(c) != std::string_view::npos) {
    AddRange(c, c, bytes);
  } else {
    return false;
  }
  pattern->remove_prefix(2);
  return true;
}

/// Reads "[a-z_]" of ASCII; negated classes would take characters beyond it.
bool TakeClass(std::string_view* pattern, std::bitset<256>* bytes) {
  std::string_view rest = pattern->substr(1);
  if (rest.empty() || rest.front() == '^' || rest.front() == ']') return false;
  while (!rest.empty() && rest.front() != ']') {
    const char from = rest.front();
    if (from == '\\') {
      // A range that begins with an escape is left to RE2.
      if (!TakeEscape(&rest, bytes) || (!rest.empty() && rest.front() == '-'))
        return false;
      continue;
    }
    if (!IsAscii(from) || from < ' ' || from == '[') return false;
    rest.remove_prefix(1);
    char to = from;
    if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
      to = rest[1];
      if (!IsAscii(to) || to < from || to == '\\' || to == '[') return false;
      rest.remove_prefix(2);
    }
    AddRange(from, to, bytes);
  }
  if (rest.empty()) return false;
  *pattern = rest.substr(1);
  return true;
}

bool TakeCount(std::string_view* text, int64_t* count) {
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), *count);
  if (parsed.ec != std::errc() || *count < 0 || *count > kMostRepeats) return false;
  text->remove_prefix(static_cast<std::size_t>(parsed.ptr - text->data()));
  return true;
}

/// Reads "{3}", "{3,}", "{3,5}", "+", "*", "?" or nothing.
bool TakeQuantifier(std::string_view* pattern, int64_t* least, int64_t* most) {
  if (pattern->empty()) return true;
  const char first = pattern->front();
  if (first == '+' || first == '*' || first == '?') {
    *least = first == '+' ? 1 : 0;
    *most = first == '?' ? 1 : kUnbounded;
    pattern->remove_prefix(1);
  } else if (first == '{') {
    std::string_view rest = pattern->substr(1);
    if (!TakeCount(&rest, least)) return false;
    *most = *least;
    if (!rest.empty() && rest.front() == ',') {
      rest.remove_prefix(1);
      *most = kUnbounded;
      if (!rest.empty() && rest.front() != '}' && !TakeCount(&rest, most)) return false;
    }
    if (rest.empty() || rest.front() != '}' || *most < *least) return false;
    *pattern = rest.substr(1);
  } else {
    return true;
  }
  // A second one would make it lazy, or nest it.
  return pattern->empty() ||
         std::string_view("+*?{").find(pattern->front()) == std::string_view::npos;
}

}  // namespace

std::optional<SimplePattern> SimplePattern::Compile(std::string_view pattern) {
  if (pattern.size() < 2 || pattern.front() != '^' || pattern.back() != '$') {
    return std::nullopt;
  }
  pattern = pattern.substr(1, pattern.size() - 2);
  SimplePattern compiled;
  int varying = 0;
  while (!pattern.empty()) {
    Piece piece;
    if (pattern.front() == '[') {
      if (!TakeClass(&pattern, &piece.bytes)) return std::nullopt;
    } else if (pattern.front() == '\\') {
      if (!TakeEscape(&pattern, &piece.bytes)) return std::nullopt;
    } else if (IsPlain(pattern.front())) {
      AddRange(pattern.front(), pattern.front(), &piece.bytes);
      pattern.remove_prefix(1);
    } else {
      return std::nullopt;
    }
    if (!TakeQuantifier(&pattern, &piece.least, &piece.most)) return std::nullopt;
    if (piece.least != piece.most && ++varying > 1) return std::nullopt;
    compiled.least_ += piece.least;
    compiled.most_ += piece.most;
    compiled.pieces_.push_back(piece);
  }
  return compiled;
}

bool SimplePattern::Matches(std::string_view text) const {
  const auto size = static_cast<int64_t>(text.size());
  if (size < least_ || size > most_) return false;
  // What the fixed pieces leave over belongs to the one that varies.
  const int64_t spare = size - least_;
  const char* at = text.data();
  for (const Piece& piece : pieces_) {
    const int64_t count = piece.least == piece.most ? piece.least : piece.least + spare;
    bool good = true;
    for (int64_t i = 0; i < count; ++i) {
      good &= piece.bytes[static_cast<unsigned char>(at[i])];
    }
    if (!good) return false;
    at += count;
  }
  return true;
}

}  // namespace keelboat
