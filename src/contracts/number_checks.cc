#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/decimal.h>

#include "contracts/column_check.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using arrow::Decimal256;
__extension__ using Int128 = __int128;

// A column of integers or decimals is a column of unscaled integers: at its scale every
// bound becomes an integer as well, and comparing is exact.

/// Cells of a primitive integer column.
template <typename T>
struct IntegerCells {
  using Value = T;
  explicit IntegerCells(const arrow::Array& column)
      : values(column.data()->GetValues<T>(1)) {}
  T operator[](int64_t row) const { return values[row]; }
  const T* values;
};

struct Decimal128Cells {
  using Value = Int128;
  explicit Decimal128Cells(const arrow::Array& column)
      : bytes(static_cast<const arrow::FixedSizeBinaryArray&>(column).raw_values()) {}
  Int128 operator[](int64_t row) const {
    Int128 value;
    std::memcpy(&value, bytes + row * sizeof(value), sizeof(value));
    return value;
  }
  const uint8_t* bytes;
};

struct Decimal256Cells {
  using Value = Decimal256;
  explicit Decimal256Cells(const arrow::Array& column)
      : bytes(static_cast<const arrow::FixedSizeBinaryArray&>(column).raw_values()) {}
  Decimal256 operator[](int64_t row) const { return Decimal256(bytes + row * 32); }
  const uint8_t* bytes;
};

/// The least and greatest values of a column type that matter: decimals end at 10^38
/// and 10^76.
template <typename T>
Decimal256 Least();
template <typename T>
Decimal256 Greatest();

template <typename T>
T Narrow(const Decimal256& value) {
  if constexpr (std::is_same_v<T, Decimal256>) {
    return value;
  } else {
    const std::array<uint64_t, 4> words = value.little_endian_array();
    if constexpr (std::is_same_v<T, Int128>) {
      Int128 narrow;
      std::memcpy(&narrow, words.data(), sizeof(narrow));
      return narrow;
    } else {
      return static_cast<T>(words[0]);
    }
  }
}

template <typename T>
Decimal256 Greatest() {
  if constexpr (std::is_same_v<T, Decimal256>) {
    return Decimal256::GetMaxValue(76);
  } else if constexpr (std::is_same_v<T, Int128>) {
    return Decimal256::GetMaxValue(38);
  } else {
    return Decimal256(std::to_string(std::numeric_limits<T>::max()));
  }
}

template <typename T>
Decimal256 Least() {
  if constexpr (std::is_same_v<T, Decimal256> || std::is_same_v<T, Int128>) {
    return -Greatest<T>();
  } else {
    return Decimal256(std::to_string(std::numeric_limits<T>::min()));
  }
}

/// Every value outside [low, high] is bad.
template <typename Cells>
class RangeCheck : public ColumnCheck {
 public:
  using Value = typename Cells::Value;
  RangeCheck(std::string rule, Value low, Value high)
      : ColumnCheck(std::move(rule)), low_(low), high_(high) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const Cells cells(*column);
    CollectRareBad(
        *column,
        [this, cells](int64_t row) { return (cells[row] < low_) | (cells[row] > high_); },
        rows);
    return arrow::Status::OK();
  }

 private:
  Value low_;
  Value high_;
};

/// Every value but multiples of the divisor is bad.
template <typename Cells>
class MultipleCheck : public ColumnCheck {
 public:
  using Value = typename Cells::Value;
  /// Without divisor only zero is a multiple.
  MultipleCheck(std::string rule, std::optional<Value> divisor)
      : ColumnCheck(std::move(rule)), divisor_(divisor) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const Cells cells(*column);
    const Value zero(0);
    if (!divisor_) {
      CollectBad(*column, [&](int64_t row) { return cells[row] != zero; }, rows);
    } else {
      CollectBad(
          *column, [&](int64_t row) { return cells[row] % *divisor_ != zero; }, rows);
    }
    return arrow::Status::OK();
  }

 private:
  std::optional<Value> divisor_;
};

template <typename Cells>
class SetCheck : public ColumnCheck {
 public:
  using Value = typename Cells::Value;
  SetCheck(std::string rule, std::vector<Value> values)
      : ColumnCheck(std::move(rule)), values_(std::move(values)) {
    std::sort(values_.begin(), values_.end());
  }

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const Cells cells(*column);
    CollectBad(
        *column,
        [&](int64_t row) {
          return !std::binary_search(values_.begin(), values_.end(), cells[row]);
        },
        rows);
    return arrow::Status::OK();
  }

 private:
  std::vector<Value> values_;
};

/// Makes the checks of one column of unscaled integers.
template <typename Cells>
class ScaledRules {
 public:
  using Value = typename Cells::Value;
  ScaledRules(int scale, ColumnChecks* checks) : scale_(scale), checks_(checks) {}

  void Add(const ColumnRules& rules) {
    if (rules.types && !rules.types->number) AddWhole("type " + rules.types->ToString());
    if (rules.minimum) {
      AddLow("minimum " + rules.minimum->text(), rules.minimum->CeilAt(scale_));
    }
    if (rules.exclusive_minimum) {
      AddLow("exclusiveMinimum " + rules.exclusive_minimum->text(),
             rules.exclusive_minimum->FloorAt(scale_) + Decimal256(1));
    }
    if (rules.maximum) {
      AddHigh("maximum " + rules.maximum->text(), rules.maximum->FloorAt(scale_));
    }
    if (rules.exclusive_maximum) {
      AddHigh("exclusiveMaximum " + rules.exclusive_maximum->text(),
              rules.exclusive_maximum->CeilAt(scale_) + Decimal256(-1));
    }
    if (rules.multiple_of) {
      AddMultiple("multipleOf " + rules.multiple_of->text(),
                  rules.multiple_of->DivisorAt(scale_));
    }
    if (rules.decimal) AddShape(*rules.decimal);
  }

  void AddSet(std::string rule, const std::vector<ExactNumber>& numbers) {
    std::vector<Value> values;
    for (const ExactNumber& number : numbers) {
      // A number that the column cannot hold is never found.
      if (!number.IsIntegerAt(scale_)) continue;
      const Decimal256 value = number.FloorAt(scale_);
      if (value < Least<Value>() || value > Greatest<Value>()) continue;
      values.push_back(Narrow<Value>(value));
    }
    checks_->push_back(std::make_unique<SetCheck<Cells>>(std::move(rule), values));
  }

 private:
  void AddRange(std::string rule, Decimal256 low, Decimal256 high) {
    if (low <= Least<Value>() && high >= Greatest<Value>()) return;
    if (low > Greatest<Value>() || high < Least<Value>()) {
      // Nothing can pass: an empty range says so.
      low = Decimal256(1);
      high = Decimal256(0);
    }
    checks_->push_back(std::make_unique<RangeCheck<Cells>>(
        std::move(rule), Narrow<Value>(std::max(low, Least<Value>())),
        Narrow<Value>(std::min(high, Greatest<Value>()))));
  }
  void AddLow(std::string rule, const Decimal256& low) {
    AddRange(std::move(rule), low, Greatest<Value>());
  }
  void AddHigh(std::string rule, const Decimal256& high) {
    AddRange(std::move(rule), Least<Value>(), high);
  }

  void AddMultiple(std::string rule, const std::optional<Decimal256>& divisor) {
    if (divisor && *divisor == Decimal256(1)) return;
    std::optional<Value> narrow;
    if (divisor && *divisor <= Greatest<Value>()) narrow = Narrow<Value>(*divisor);
    checks_->push_back(std::make_unique<MultipleCheck<Cells>>(std::move(rule), narrow));
  }

  void AddWhole(std::string rule) {
    AddMultiple(std::move(rule), ExactNumber::Parse("1").ValueOrDie().DivisorAt(scale_));
  }

  void AddShape(const DecimalShape& shape) {
    const std::string rule = "type DECIMAL(" + std::to_string(shape.precision) + "," +
                             std::to_string(shape.scale) + ")";
    const std::string below = "1e" + std::to_string(shape.precision - shape.scale);
    const ExactNumber limit = ExactNumber::Parse(below).ValueOrDie();
    const Decimal256 high = limit.CeilAt(scale_) + Decimal256(-1);
    AddRange(rule, -high, high);
    const std::string step = "1e-" + std::to_string(shape.scale);
    AddMultiple(rule, ExactNumber::Parse(step).ValueOrDie().DivisorAt(scale_));
  }

  int scale_;
  ColumnChecks* checks_;
};

/// Calls `visit` with the cells of the type and their scale.
template <typename Visit>
arrow::Status VisitScaled(const arrow::DataType& type, const Visit& visit) {
  switch (type.id()) {
    case arrow::Type::INT8:
      return visit(std::type_identity<IntegerCells<int8_t>>{}, 0);
    case arrow::Type::INT16:
      return visit(std::type_identity<IntegerCells<int16_t>>{}, 0);
    case arrow::Type::INT32:
      return visit(std::type_identity<IntegerCells<int32_t>>{}, 0);
    case arrow::Type::INT64:
      return visit(std::type_identity<IntegerCells<int64_t>>{}, 0);
    case arrow::Type::UINT8:
      return visit(std::type_identity<IntegerCells<uint8_t>>{}, 0);
    case arrow::Type::UINT16:
      return visit(std::type_identity<IntegerCells<uint16_t>>{}, 0);
    case arrow::Type::UINT32:
      return visit(std::type_identity<IntegerCells<uint32_t>>{}, 0);
    case arrow::Type::UINT64:
      return visit(std::type_identity<IntegerCells<uint64_t>>{}, 0);
    case arrow::Type::DECIMAL128:
      return visit(std::type_identity<Decimal128Cells>{},
                   static_cast<const arrow::DecimalType&>(type).scale());
    case arrow::Type::DECIMAL256:
      return visit(std::type_identity<Decimal256Cells>{},
                   static_cast<const arrow::DecimalType&>(type).scale());
    default:
      return MakeError(ErrorKind::kInternal,
                       "not a type of exact numbers: " + type.ToString());
  }
}

}  // namespace

arrow::Status AddNumberChecks(const ColumnRules& rules, const arrow::DataType& type,
                              ColumnChecks* checks) {
  if (arrow::is_floating(type.id())) {
    AddFloatChecks(rules, type, checks);
    return arrow::Status::OK();
  }
  return VisitScaled(type, [&]<typename Cells>(std::type_identity<Cells>, int scale) {
    ScaledRules<Cells>(scale, checks).Add(rules);
    return arrow::Status::OK();
  });
}

arrow::Status AddNumberEnumCheck(std::string rule, const std::vector<JsonValue>& values,
                                 const arrow::DataType& type, ColumnChecks* checks) {
  std::vector<ExactNumber> numbers;
  for (const JsonValue& value : values) {
    if (value.kind != JsonKind::kNumber) continue;
    ARROW_ASSIGN_OR_RAISE(ExactNumber number, ExactNumber::Parse(value.text));
    numbers.push_back(std::move(number));
  }
  if (arrow::is_floating(type.id())) {
    AddFloatSetCheck(std::move(rule), numbers, type, checks);
    return arrow::Status::OK();
  }
  return VisitScaled(type, [&]<typename Cells>(std::type_identity<Cells>, int scale) {
    ScaledRules<Cells>(scale, checks).AddSet(std::move(rule), numbers);
    return arrow::Status::OK();
  });
}

}  // namespace keelboat
