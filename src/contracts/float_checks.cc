#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <arrow/type.h>
#include <arrow/type_traits.h>

#include "contracts/column_check.h"
#include "contracts/float_multiple.h"

namespace keelboat {
namespace {

/// The float or double nearest to the number, as the column itself would hold it.
template <typename T>
T Nearest(const ExactNumber& number) {
  T value = 0;
  const std::string& text = number.text();
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) {
    const ExactNumber one = ExactNumber::Parse("1").ValueOrDie();
    const ExactNumber minus_one = ExactNumber::Parse("-1").ValueOrDie();
    const T infinity = std::numeric_limits<T>::infinity();
    if (number.Compare(one) > 0) return infinity;
    return number.Compare(minus_one) < 0 ? -infinity : T{0};
  }
  return value;
}

/// Floats outside [low, high], and NaN, are bad.
template <typename T>
class FloatRangeCheck : public ColumnCheck {
 public:
  FloatRangeCheck(std::string rule, T low, T high)
      : ColumnCheck(std::move(rule)), low_(low), high_(high) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const T* values = column->data()->GetValues<T>(1);
    CollectRareBad(
        *column,
        [this, values](int64_t row) {
          return !((values[row] >= low_) & (values[row] <= high_));
        },
        rows);
    return arrow::Status::OK();
  }

 private:
  T low_;
  T high_;
};

template <typename T>
class FloatMultipleCheck : public ColumnCheck {
 public:
  FloatMultipleCheck(std::string rule, const ExactNumber& step)
      : ColumnCheck(std::move(rule)), step_(step) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const T* values = column->data()->GetValues<T>(1);
    FloatMultiple multiple(step_);
    CollectBad(*column, [&](int64_t row) { return !multiple.Holds(values[row]); }, rows);
    return arrow::Status::OK();
  }

 private:
  ExactNumber step_;
};

template <typename T>
class FloatWholeCheck : public ColumnCheck {
 public:
  using ColumnCheck::ColumnCheck;

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const T* values = column->data()->GetValues<T>(1);
    CollectBad(
        *column,
        [values](int64_t row) {
          return !std::isfinite(values[row]) || std::trunc(values[row]) != values[row];
        },
        rows);
    return arrow::Status::OK();
  }
};

template <typename T>
class FloatSetCheck : public ColumnCheck {
 public:
  FloatSetCheck(std::string rule, const std::vector<ExactNumber>& numbers)
      : ColumnCheck(std::move(rule)) {
    for (const ExactNumber& number : numbers) values_.push_back(Nearest<T>(number));
  }

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const T* cells = column->data()->GetValues<T>(1);
    CollectBad(
        *column,
        [&](int64_t row) {
          return std::find(values_.begin(), values_.end(), cells[row]) == values_.end();
        },
        rows);
    return arrow::Status::OK();
  }

 private:
  std::vector<T> values_;
};

template <typename T>
void AddChecksOf(const ColumnRules& rules, ColumnChecks* checks) {
  const T infinity = std::numeric_limits<T>::infinity();
  const auto add = [&](const char* keyword, const ExactNumber& bound, T low, T high) {
    checks->push_back(std::make_unique<FloatRangeCheck<T>>(
        std::string(keyword) + " " + bound.text(), low, high));
  };
  if (rules.types && !rules.types->number) {
    checks->push_back(
        std::make_unique<FloatWholeCheck<T>>("type " + rules.types->ToString()));
  }
  if (const auto& bound = rules.minimum) {
    add("minimum", *bound, Nearest<T>(*bound), infinity);
  }
  if (const auto& bound = rules.exclusive_minimum) {
    const T above = std::nextafter(Nearest<T>(*bound), infinity);
    add("exclusiveMinimum", *bound, above, infinity);
  }
  if (const auto& bound = rules.maximum) {
    add("maximum", *bound, -infinity, Nearest<T>(*bound));
  }
  if (const auto& bound = rules.exclusive_maximum) {
    const T below = std::nextafter(Nearest<T>(*bound), -infinity);
    add("exclusiveMaximum", *bound, -infinity, below);
  }
  if (rules.multiple_of) {
    checks->push_back(std::make_unique<FloatMultipleCheck<T>>(
        "multipleOf " + rules.multiple_of->text(), *rules.multiple_of));
  }
  if (rules.decimal) {
    // A float has no digits behind the point to count, only a size.
    const int whole = rules.decimal->precision - rules.decimal->scale;
    const T limit =
        Nearest<T>(ExactNumber::Parse("1e" + std::to_string(whole)).ValueOrDie());
    checks->push_back(std::make_unique<FloatRangeCheck<T>>(
        "type DECIMAL(" + std::to_string(rules.decimal->precision) + "," +
            std::to_string(rules.decimal->scale) + ")",
        std::nextafter(-limit, T{0}), std::nextafter(limit, T{0})));
  }
}

}  // namespace

void AddFloatChecks(const ColumnRules& rules, const arrow::DataType& type,
                    ColumnChecks* checks) {
  if (type.id() == arrow::Type::DOUBLE) return AddChecksOf<double>(rules, checks);
  AddChecksOf<float>(rules, checks);
}

void AddFloatSetCheck(std::string rule, const std::vector<ExactNumber>& numbers,
                      const arrow::DataType& type, ColumnChecks* checks) {
  if (type.id() == arrow::Type::DOUBLE) {
    checks->push_back(std::make_unique<FloatSetCheck<double>>(std::move(rule), numbers));
  } else {
    checks->push_back(std::make_unique<FloatSetCheck<float>>(std::move(rule), numbers));
  }
}

}  // namespace keelboat
