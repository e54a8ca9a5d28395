#include "contracts/column_check.h"

#include <arrow/type.h>

#include "contracts/cell_text.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

/// Nulls where the contract allows none.
class NullCheck : public ColumnCheck {
 public:
  using ColumnCheck::ColumnCheck;

  arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                        std::vector<int64_t>* rows) const override {
    if (column->null_count() == 0) return arrow::Status::OK();
    for (int64_t row = 0; row < column->length(); ++row) {
      if (column->IsNull(row)) rows->push_back(row);
    }
    return arrow::Status::OK();
  }
};

bool IsNumeric(ValueKind kind) {
  return kind == ValueKind::kInteger || kind == ValueKind::kDecimal ||
         kind == ValueKind::kFloat;
}

/// Refuses rules that the column's type gives no meaning to.
class FitJudge {
 public:
  FitJudge(const ColumnRules& rules, const arrow::Field& field, std::string file_name)
      : rules_(rules),
        type_(*field.type()),
        kind_(ValueKindOf(type_)),
        file_name_(std::move(file_name)) {}

  arrow::Status Judge() const {
    if (kind_ == ValueKind::kOther) {
      if (!SaysAnything()) return arrow::Status::OK();
      return Error("", "the column's type " + type_.ToString() + " cannot have rules");
    }
    ARROW_RETURN_NOT_OK(JudgeTypes());
    ARROW_RETURN_NOT_OK(JudgeKeywords());
    if (rules_.enumeration) {
      ARROW_RETURN_NOT_OK(JudgeValues("enum", *rules_.enumeration));
    }
    if (rules_.constant) ARROW_RETURN_NOT_OK(JudgeValues("const", {*rules_.constant}));
    return JudgeFormat();
  }

 private:
  bool SaysAnything() const {
    return rules_.types || rules_.enumeration || rules_.constant || rules_.minimum ||
           rules_.maximum || rules_.exclusive_minimum || rules_.exclusive_maximum ||
           rules_.multiple_of || rules_.min_length || rules_.max_length ||
           rules_.pattern || rules_.format || rules_.mask;
  }

  arrow::Status Error(const std::string& keyword, const std::string& message) const {
    const std::string place =
        keyword.empty() ? rules_.place : rules_.place + "." + keyword;
    return JsonError(file_name_, rules_.line, place + ": " + message);
  }

  arrow::Status DoesNotApply(const std::string& keyword) const {
    return Error(keyword, keyword + " does not apply to " + ValueKindName(kind_) + " (" +
                              type_.ToString() + ")");
  }

  arrow::Status JudgeTypes() const {
    if (!rules_.types) return arrow::Status::OK();
    const TypeSet& types = *rules_.types;
    const char* fitting = "string";
    bool fits = types.string;
    if (IsNumeric(kind_)) {
      fits = types.integer || types.number;
      fitting = kind_ == ValueKind::kInteger ? "integer" : "number";
    } else if (kind_ == ValueKind::kBoolean) {
      fits = types.boolean;
      fitting = "boolean";
    }
    if (fits) return arrow::Status::OK();
    return Error("type", "'" + types.ToString() + "' does not fit " +
                             ValueKindName(kind_) + " (" + type_.ToString() +
                             "), which is '" + fitting + "'");
  }

  arrow::Status JudgeKeywords() const {
    const bool numeric = IsNumeric(kind_);
    const bool text = kind_ == ValueKind::kText;
    const bool bytes = text || kind_ == ValueKind::kBinary;
    if (rules_.minimum && !numeric) return DoesNotApply("minimum");
    if (rules_.maximum && !numeric) return DoesNotApply("maximum");
    if (rules_.exclusive_minimum && !numeric) return DoesNotApply("exclusiveMinimum");
    if (rules_.exclusive_maximum && !numeric) return DoesNotApply("exclusiveMaximum");
    if (rules_.multiple_of && !numeric) return DoesNotApply("multipleOf");
    if (rules_.min_length && !bytes) return DoesNotApply("minLength");
    if (rules_.max_length && !bytes) return DoesNotApply("maxLength");
    if (rules_.pattern && !text) return DoesNotApply("pattern");
    if (rules_.mask == MaskKind::kPartial && kind_ == ValueKind::kBinary) {
      return Error("x-mask", "partial does not apply to a binary column; use hash");
    }
    return arrow::Status::OK();
  }

  arrow::Status JudgeValues(const std::string& keyword,
                            const std::vector<JsonValue>& values) const {
    if (kind_ == ValueKind::kBinary) return DoesNotApply(keyword);
    JsonKind expected = JsonKind::kString;
    if (IsNumeric(kind_)) expected = JsonKind::kNumber;
    if (kind_ == ValueKind::kBoolean) expected = JsonKind::kBoolean;
    for (const JsonValue& value : values) {
      if (value.kind == JsonKind::kNull || value.kind == expected) continue;
      return JsonError(file_name_, value.line,
                       rules_.place + "." + keyword + ": " + JsonKindName(value.kind) +
                           " is never the value of " + ValueKindName(kind_) + " (" +
                           type_.ToString() + ")");
    }
    return arrow::Status::OK();
  }

  arrow::Status JudgeFormat() const {
    if (!rules_.format || kind_ == ValueKind::kText) return arrow::Status::OK();
    const TextFormat format = *rules_.format;
    const bool fits =
        (format == TextFormat::kDate && kind_ == ValueKind::kDate) ||
        (format == TextFormat::kDateTime && kind_ == ValueKind::kDateTime) ||
        (format == TextFormat::kTime &&
         (kind_ == ValueKind::kDuration || kind_ == ValueKind::kTimeOfDay));
    if (fits) return arrow::Status::OK();
    return Error("format", std::string("'") + TextFormatName(format) + "' does not fit " +
                               ValueKindName(kind_) + " (" + type_.ToString() + ")");
  }

  const ColumnRules& rules_;
  const arrow::DataType& type_;
  ValueKind kind_;
  std::string file_name_;
};

std::string ShortText(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::kString:
      return "\"" + value.text + "\"";
    case JsonKind::kNumber:
      return value.text;
    case JsonKind::kBoolean:
      return value.boolean ? "true" : "false";
    default:
      return "null";
  }
}

arrow::Status AddValuesCheck(const std::string& keyword,
                             const std::vector<JsonValue>& values, bool nulls_checked,
                             ValueKind kind, const arrow::DataType& type,
                             ColumnChecks* checks) {
  std::string rule = keyword;
  bool has_null = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    has_null = has_null || values[i].kind == JsonKind::kNull;
    if (i < 5) rule += (i == 0 ? " " : ", ") + ShortText(values[i]);
    if (i == 5) rule += ", …";
  }
  if (!has_null && !nulls_checked) {
    checks->push_back(std::make_unique<NullCheck>(rule));
  }
  if (IsNumeric(kind)) return AddNumberEnumCheck(std::move(rule), values, type, checks);
  AddTextEnumCheck(std::move(rule), values, type, checks);
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<ColumnChecks> MakeColumnChecks(const ColumnRules& rules,
                                             const arrow::Field& field,
                                             const std::string& file_name) {
  ARROW_RETURN_NOT_OK(FitJudge(rules, field, file_name).Judge());
  const arrow::DataType* type = field.type().get();
  if (type->id() == arrow::Type::DICTIONARY) {
    type = static_cast<const arrow::DictionaryType*>(type)->value_type().get();
  }
  const ValueKind kind = ValueKindOf(*type);
  ColumnChecks checks;
  const bool nulls_checked = rules.types && !rules.types->null;
  if (nulls_checked) {
    checks.push_back(std::make_unique<NullCheck>(rules.null_rule));
  }
  if (IsNumeric(kind)) {
    ARROW_RETURN_NOT_OK(AddNumberChecks(rules, *type, &checks));
  } else {
    AddTextChecks(rules, *type, &checks);
  }
  if (rules.enumeration) {
    ARROW_RETURN_NOT_OK(
        AddValuesCheck("enum", *rules.enumeration, nulls_checked, kind, *type, &checks));
  }
  if (rules.constant) {
    ARROW_RETURN_NOT_OK(
        AddValuesCheck("const", {*rules.constant}, nulls_checked, kind, *type, &checks));
  }
  return checks;
}

}  // namespace keelboat
