#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/result.h>
#include <arrow/util/decimal.h>

namespace keelboat {

/// \brief A decimal number of any size, exactly as JSON spells it. A value.
///
/// Comparing a column of integers or decimals with it needs no floating point: at a
/// column's scale the bound becomes an integer, rounded towards the side that keeps
/// the comparison true.
class ExactNumber {
 public:
  /// Parses JSON's number syntax; kConfig for anything else.
  static arrow::Result<ExactNumber> Parse(std::string_view text);

  /// The largest integer <= number * 10^scale, at most +-10^76 (beyond every decimal).
  arrow::Decimal256 FloorAt(int scale) const;
  /// The smallest integer >= number * 10^scale, likewise.
  arrow::Decimal256 CeilAt(int scale) const;
  /// Whether number * 10^scale is an integer.
  bool IsIntegerAt(int scale) const;
  /// \brief The integer d > 0 such that u * 10^-scale is a multiple of this number
  /// exactly when u is a multiple of d.
  ///
  /// None when d is beyond every decimal: then only zero is a multiple. The number
  /// must be positive and have at most 76 digits.
  std::optional<arrow::Decimal256> DivisorAt(int scale) const;

  bool negative() const { return negative_; }
  bool zero() const { return digits_.empty(); }
  std::size_t digit_count() const { return digits_.size(); }
  /// As written.
  const std::string& text() const { return text_; }
  /// Below zero, zero or above zero, as this number is below, equal to or above `other`.
  int Compare(const ExactNumber& other) const;

 private:
  /// Integer part of |number| * 10^scale; sets `exact` when nothing was cut off.
  arrow::Decimal256 Truncate(int scale, bool* exact) const;

  std::string text_;
  bool negative_ = false;
  std::string digits_;    ///< Without zeros at either end; empty for zero.
  int64_t exponent_ = 0;  ///< |number| = digits * 10^exponent.
};

}  // namespace keelboat
