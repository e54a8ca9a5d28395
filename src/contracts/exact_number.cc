#include "contracts/exact_number.h"

#include <algorithm>
#include <utility>

#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr int64_t kMaxDigits = 76;
constexpr int64_t kMaxExponent = 1'000'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

arrow::Decimal256 FromDigits(std::string_view digits) {
  if (digits.empty()) return arrow::Decimal256(0);
  return arrow::Decimal256::FromString(digits).ValueOr(arrow::Decimal256(0));
}

/// 10^76: above every decimal that Arrow holds, and still representable.
arrow::Decimal256 Beyond() {
  return FromDigits("1" + std::string(kMaxDigits - 1, '0')) * arrow::Decimal256(10);
}

arrow::Decimal256 CastOutCommon(arrow::Decimal256 value, int factor, int64_t times) {
  const arrow::Decimal256 by(factor);
  for (; times > 0 && value % by == arrow::Decimal256(0); --times) value /= by;
  return value;
}

}  // namespace

arrow::Result<ExactNumber> ExactNumber::Parse(std::string_view text) {
  const auto bad = [text] {
    return MakeError(ErrorKind::kConfig, "not a number: '" + std::string(text) + "'");
  };
  ExactNumber number;
  number.text_ = std::string(text);
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    number.negative_ = true;
    ++at;
  }
  const std::size_t whole_begin = at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  if (at == whole_begin) return bad();
  number.digits_ = std::string(text.substr(whole_begin, at - whole_begin));
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction_begin = ++at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == fraction_begin) return bad();
    number.digits_ += text.substr(fraction_begin, at - fraction_begin);
    number.exponent_ -= static_cast<int64_t>(at - fraction_begin);
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    bool down = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      down = text[at++] == '-';
    const std::size_t begin = at;
    int64_t exponent = 0;
    for (; at < text.size() && IsDigit(text[at]); ++at) {
      exponent = std::min(kMaxExponent, exponent * 10 + (text[at] - '0'));
    }
    if (at == begin) return bad();
    number.exponent_ += down ? -exponent : exponent;
  }
  if (at != text.size()) return bad();

  const std::size_t last = number.digits_.find_last_not_of('0');
  if (last == std::string::npos) {
    number.digits_.clear();
    number.exponent_ = 0;
    number.negative_ = false;
    return number;
  }
  number.exponent_ += static_cast<int64_t>(number.digits_.size() - 1 - last);
  number.digits_.resize(last + 1);
  number.digits_.erase(0, number.digits_.find_first_not_of('0'));
  return number;
}

arrow::Decimal256 ExactNumber::Truncate(int scale, bool* exact) const {
  const int64_t shift = exponent_ + scale;
  const auto count = static_cast<int64_t>(digits_.size());
  *exact = zero() || shift >= 0;
  if (zero() || count + shift <= 0) return arrow::Decimal256(0);
  if (count + shift > kMaxDigits) return Beyond();
  if (shift < 0) return FromDigits(std::string_view(digits_).substr(0, count + shift));
  return FromDigits(digits_ + std::string(static_cast<std::size_t>(shift), '0'));
}

arrow::Decimal256 ExactNumber::FloorAt(int scale) const {
  bool exact = false;
  arrow::Decimal256 whole = Truncate(scale, &exact);
  if (!negative_) return whole;
  return -(exact ? whole : whole + arrow::Decimal256(1));
}

arrow::Decimal256 ExactNumber::CeilAt(int scale) const {
  bool exact = false;
  arrow::Decimal256 whole = Truncate(scale, &exact);
  if (negative_) return -whole;
  return exact ? whole : whole + arrow::Decimal256(1);
}

bool ExactNumber::IsIntegerAt(int scale) const {
  return zero() || exponent_ + scale >= 0;
}

std::optional<arrow::Decimal256> ExactNumber::DivisorAt(int scale) const {
  const int64_t shift = exponent_ + scale;
  if (shift >= 0) {
    if (static_cast<int64_t>(digits_.size()) + shift > kMaxDigits) return std::nullopt;
    return FromDigits(digits_ + std::string(static_cast<std::size_t>(shift), '0'));
  }
  // u is a multiple of digits / 10^n when it is one of what the fraction leaves below.
  return CastOutCommon(CastOutCommon(FromDigits(digits_), 2, -shift), 5, -shift);
}

int ExactNumber::Compare(const ExactNumber& other) const {
  const auto sign = [](const ExactNumber& n) {
    return n.zero() ? 0 : n.negative_ ? -1 : 1;
  };
  if (sign(*this) != sign(other)) return sign(*this) < sign(other) ? -1 : 1;
  if (zero()) return 0;
  const int direction = negative_ ? -1 : 1;
  const int64_t size = static_cast<int64_t>(digits_.size()) + exponent_;
  const int64_t other_size = static_cast<int64_t>(other.digits_.size()) + other.exponent_;
  if (size != other_size) return size < other_size ? -direction : direction;
  const int order = digits_.compare(other.digits_);
  return order == 0 ? 0 : order < 0 ? -direction : direction;
}

}  // namespace keelboat
