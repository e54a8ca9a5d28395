#include "contracts/value_format.h"

#include <cstddef>

namespace keelboat {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// `count` digits at the front, cut off; -1 when they are not there.
int TakeDigits(std::string_view* text, std::size_t count) {
  if (text->size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return -1;
    value = value * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return value;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

int DaysIn(int year, int month) {
  if (month == 2) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return leap ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool TakeDate(std::string_view* text) {
  const int year = TakeDigits(text, 4);
  if (year < 0 || !Take(text, '-')) return false;
  const int month = TakeDigits(text, 2);
  if (month < 1 || month > 12 || !Take(text, '-')) return false;
  const int day = TakeDigits(text, 2);
  return day >= 1 && day <= DaysIn(year, month);
}

bool TakeZone(std::string_view* text) {
  if (text->empty() || Take(text, 'Z') || Take(text, 'z')) return true;
  if (!Take(text, '+') && !Take(text, '-')) return false;
  const int hours = TakeDigits(text, 2);
  if (hours < 0 || hours > 23 || !Take(text, ':')) return false;
  const int minutes = TakeDigits(text, 2);
  return minutes >= 0 && minutes <= 59;
}

bool TakeTime(std::string_view* text) {
  const int hours = TakeDigits(text, 2);
  if (hours < 0 || hours > 23 || !Take(text, ':')) return false;
  const int minutes = TakeDigits(text, 2);
  if (minutes < 0 || minutes > 59 || !Take(text, ':')) return false;
  const int seconds = TakeDigits(text, 2);
  // 60 is a leap second: only the last minute of an hour has one in any zone.
  if (seconds < 0 || seconds > 60 || (seconds == 60 && minutes != 59)) return false;
  if (Take(text, '.')) {
    if (text->empty() || !IsDigit(text->front())) return false;
    while (!text->empty() && IsDigit(text->front())) text->remove_prefix(1);
  }
  return TakeZone(text);
}

bool IsDateTime(std::string_view text) {
  if (!TakeDate(&text)) return false;
  if (!Take(&text, 'T') && !Take(&text, 't') && !Take(&text, ' ')) return false;
  return TakeTime(&text) && text.empty();
}

bool IsEmailLocalPart(std::string_view local) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~";
  if (local.empty() || local.size() > 64) return false;
  bool after_dot = true;
  for (char c : local) {
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
      continue;
    }
    if (!IsDigit(c) && !IsLetter(c) && kMarks.find(c) == std::string_view::npos) {
      return false;
    }
    after_dot = false;
  }
  return !after_dot;
}

bool IsHostName(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  std::size_t length = 0;
  char before = '.';
  for (char c : host) {
    if (c == '.') {
      if (length == 0 || before == '-') return false;
      length = 0;
    } else {
      if (!IsDigit(c) && !IsLetter(c) && (c != '-' || length == 0)) return false;
      if (++length > 63) return false;
    }
    before = c;
  }
  return length > 0 && before != '-';
}

bool IsEmail(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && IsEmailLocalPart(text.substr(0, at)) &&
         IsHostName(text.substr(at + 1));
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

}  // namespace

bool HasFormat(std::string_view text, TextFormat format) {
  switch (format) {
    case TextFormat::kDate:
      return TakeDate(&text) && text.empty();
    case TextFormat::kDateTime:
      return IsDateTime(text);
    case TextFormat::kTime:
      return TakeTime(&text) && text.empty();
    case TextFormat::kEmail:
      return IsEmail(text);
    case TextFormat::kUuid:
      return IsUuid(text);
  }
  return false;
}

}  // namespace keelboat
