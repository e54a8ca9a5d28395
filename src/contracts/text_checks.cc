#include <optional>
#include <unordered_set>
#include <utility>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include "contracts/cell_text.h"
#include "contracts/column_check.h"
#include "contracts/pattern_match.h"
#include "contracts/simple_pattern.h"
#include "contracts/value_format.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

/// Calls `visit` with the column as the array class it is.
template <typename Visit>
arrow::Status VisitBytes(const arrow::Array& column, const Visit& visit) {
  switch (column.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      visit(static_cast<const arrow::BinaryArray&>(column));
      return arrow::Status::OK();
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      visit(static_cast<const arrow::LargeBinaryArray&>(column));
      return arrow::Status::OK();
    default:
      return MakeError(ErrorKind::kInternal,
                       "not a column of bytes: " + column.type()->ToString());
  }
}

/// Characters (code points) of valid UTF-8: its bytes without continuation bytes.
int64_t CountCharacters(std::string_view text) {
  int64_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

/// A text has no more characters than bytes, and at least a quarter as many: most
/// values are decided by their offsets alone.
class LengthCheck : public ColumnCheck {
 public:
  LengthCheck(std::string rule, int64_t least, int64_t most, bool characters)
      : ColumnCheck(std::move(rule)),
        least_(least),
        most_(most),
        characters_(characters) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const int64_t sure_from =
        characters_ && least_ <= INT64_MAX / 4 ? least_ * 4 : least_;
    return VisitBytes(*column,
                      [&](const auto& texts) { CollectUnsure(texts, sure_from, rows); });
  }

 private:
  template <typename Texts>
  void CollectUnsure(const Texts& texts, int64_t sure_from,
                     std::vector<int64_t>* rows) const {
    const auto* offsets = texts.raw_value_offsets();
    bool any = false;
    for (int64_t row = 0; row < texts.length(); ++row) {
      const int64_t bytes = offsets[row + 1] - offsets[row];
      any |= (bytes < sure_from) | (bytes > most_);
    }
    if (!any) return;
    CollectBad(
        texts,
        [&](int64_t row) {
          const std::string_view text = texts.GetView(row);
          const auto bytes = static_cast<int64_t>(text.size());
          if (bytes >= sure_from && bytes <= most_) return false;
          const int64_t length = characters_ ? CountCharacters(text) : bytes;
          return length < least_ || length > most_;
        },
        rows);
  }

  int64_t least_;
  int64_t most_;
  bool characters_;
};

class PatternCheck : public ColumnCheck {
 public:
  explicit PatternCheck(std::string pattern)
      : ColumnCheck("pattern " + pattern), pattern_(std::move(pattern)) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::BooleanArray> matched,
                          MatchPattern(column, pattern_));
    if (matched->true_count() + matched->null_count() == matched->length()) {
      return arrow::Status::OK();
    }
    CollectBad(*matched, [&](int64_t row) { return !matched->Value(row); }, rows);
    return arrow::Status::OK();
  }

 private:
  std::string pattern_;
};

class SimplePatternCheck : public ColumnCheck {
 public:
  SimplePatternCheck(const std::string& text, SimplePattern pattern)
      : ColumnCheck("pattern " + text), pattern_(std::move(pattern)) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    return VisitBytes(*column, [&](const auto& texts) {
      CollectBad(
          texts, [&](int64_t row) { return !pattern_.Matches(texts.GetView(row)); },
          rows);
    });
  }

 private:
  SimplePattern pattern_;
};

class FormatCheck : public ColumnCheck {
 public:
  explicit FormatCheck(TextFormat format)
      : ColumnCheck(std::string("format ") + TextFormatName(format)), format_(format) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    return VisitBytes(*column, [&](const auto& texts) {
      CollectBad(
          texts, [&](int64_t row) { return !HasFormat(texts.GetView(row), format_); },
          rows);
    });
  }

 private:
  TextFormat format_;
};

/// A duration is a time of day from 00:00:00 up to, but not including, 24:00:00.
class TimeOfDayCheck : public ColumnCheck {
 public:
  explicit TimeOfDayCheck(arrow::TimeUnit::type unit)
      : ColumnCheck("format time"), end_(86'400) {
    for (int step = unit; step > arrow::TimeUnit::SECOND; --step) end_ *= 1'000;
  }

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    const auto* values = column->data()->GetValues<int64_t>(1);
    CollectRareBad(
        *column,
        [this, values](int64_t row) { return (values[row] < 0) | (values[row] >= end_); },
        rows);
    return arrow::Status::OK();
  }

 private:
  int64_t end_;
};

/// Texts, dates, times and booleans, each compared as its text.
class TextSetCheck : public ColumnCheck {
 public:
  TextSetCheck(std::string rule, std::vector<std::string> values)
      : ColumnCheck(std::move(rule)),
        values_(std::move(values)),
        known_(values_.begin(), values_.end()) {}

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    std::shared_ptr<arrow::Array> texts = column;
    if (ValueKindOf(*column->type()) != ValueKind::kText) {
      ARROW_ASSIGN_OR_RAISE(texts, TextColumn(column));
    }
    return VisitBytes(*texts, [&](const auto& views) {
      CollectBad(
          views, [&](int64_t row) { return !known_.contains(views.GetView(row)); }, rows);
    });
  }

 private:
  std::vector<std::string> values_;
  /// Views of `values_`.
  std::unordered_set<std::string_view> known_;
};

void AddPatternCheck(const std::string& pattern, ColumnChecks* checks) {
  if (std::optional<SimplePattern> simple = SimplePattern::Compile(pattern)) {
    checks->push_back(std::make_unique<SimplePatternCheck>(pattern, *std::move(simple)));
  } else {
    checks->push_back(std::make_unique<PatternCheck>(pattern));
  }
}

}  // namespace

void AddTextChecks(const ColumnRules& rules, const arrow::DataType& type,
                   ColumnChecks* checks) {
  const ValueKind kind = ValueKindOf(type);
  const bool characters = kind == ValueKind::kText;
  if (rules.min_length && *rules.min_length > 0) {
    checks->push_back(
        std::make_unique<LengthCheck>("minLength " + std::to_string(*rules.min_length),
                                      *rules.min_length, INT64_MAX, characters));
  }
  if (rules.max_length) {
    checks->push_back(
        std::make_unique<LengthCheck>("maxLength " + std::to_string(*rules.max_length), 0,
                                      *rules.max_length, characters));
  }
  if (rules.pattern) AddPatternCheck(*rules.pattern, checks);
  if (rules.format && kind == ValueKind::kText) {
    checks->push_back(std::make_unique<FormatCheck>(*rules.format));
  }
  if (rules.format && kind == ValueKind::kDuration) {
    checks->push_back(std::make_unique<TimeOfDayCheck>(
        static_cast<const arrow::DurationType&>(type).unit()));
  }
}

void AddTextEnumCheck(std::string rule, const std::vector<JsonValue>& values,
                      const arrow::DataType& type, ColumnChecks* checks) {
  std::vector<std::string> texts;
  for (const JsonValue& value : values) {
    if (value.kind == JsonKind::kString) texts.push_back(value.text);
    if (value.kind == JsonKind::kBoolean)
      texts.emplace_back(value.boolean ? "true" : "false");
  }
  if (ValueKindOf(type) == ValueKind::kDateTime) {
    for (std::string& text : texts) {
      if (text.size() > 10 && text[10] == 'T') text[10] = ' ';
    }
  }
  checks->push_back(std::make_unique<TextSetCheck>(std::move(rule), std::move(texts)));
}

}  // namespace keelboat
