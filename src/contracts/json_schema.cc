#include "contracts/json_schema.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "contracts/pattern_match.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

/// Keywords that say nothing about which rows are valid.
const std::vector<std::string>& Annotations() {
  static const std::vector<std::string> names = {
      "$schema", "$id",      "$anchor",    "$comment", "title",    "description",
      "default", "examples", "deprecated", "readOnly", "writeOnly"};
  return names;
}

const std::vector<std::string>& RootKeywords() {
  static const std::vector<std::string> names = {
      "type", "properties", "required", "additionalProperties", "x-on-violation"};
  return names;
}

const std::vector<std::string>& ColumnKeywords() {
  static const std::vector<std::string> names = {"type",
                                                 "enum",
                                                 "const",
                                                 "minimum",
                                                 "maximum",
                                                 "exclusiveMinimum",
                                                 "exclusiveMaximum",
                                                 "multipleOf",
                                                 "minLength",
                                                 "maxLength",
                                                 "pattern",
                                                 "format",
                                                 "x-mask"};
  return names;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Reads one document; holds what every error needs.
class SchemaReader {
 public:
  explicit SchemaReader(const std::string& file_name) { rules_.file_name = file_name; }

  arrow::Result<ContractRules> Read(const JsonValue& document) {
    for (const JsonMember& member : document.members) {
      ARROW_RETURN_NOT_OK(ReadRootMember(member));
    }
    return std::move(rules_);
  }

 private:
  arrow::Status Error(int line, std::string message) const {
    return JsonError(rules_.file_name, line, std::move(message));
  }

  arrow::Status Expect(const JsonMember& member, JsonKind kind,
                       const std::string& place) const {
    return ExpectKind(member, kind, place, rules_.file_name);
  }

  arrow::Status UnknownKeyword(const JsonMember& member, const std::string& place,
                               const std::vector<std::string>& known) const {
    std::vector<std::string> candidates = known;
    candidates.insert(candidates.end(), Annotations().begin(), Annotations().end());
    return Error(member.line, place + ": '" + member.name +
                                  "' is not a supported keyword" +
                                  DidYouMean(member.name, candidates) +
                                  "; supported here: " + Join(known));
  }

  arrow::Status ReadRootMember(const JsonMember& member) {
    const std::string& name = member.name;
    if (name == "type") {
      if (member.value.kind == JsonKind::kString && member.value.text == "object") {
        return arrow::Status::OK();
      }
      return Error(member.value.line, "type: a row is an 'object'");
    }
    if (name == "properties") {
      ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kObject, name));
      for (const JsonMember& property : member.value.members) {
        ARROW_RETURN_NOT_OK(ReadColumn(property));
      }
      return arrow::Status::OK();
    }
    if (name == "required") return ReadRequired(member);
    if (name == "additionalProperties") {
      ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kBoolean, name));
      rules_.additional_columns = member.value.boolean;
      return arrow::Status::OK();
    }
    if (name == "x-on-violation") {
      ARROW_ASSIGN_OR_RAISE(rules_.on_violation,
                            ReadOnViolation(member, rules_.file_name));
      return arrow::Status::OK();
    }
    if (name == "$schema") return ReadDialect(member);
    if (Contains(Annotations(), name)) return arrow::Status::OK();
    return UnknownKeyword(member, name, RootKeywords());
  }

  arrow::Status ReadDialect(const JsonMember& member) const {
    ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kString, member.name));
    for (const char* old : {"draft-03", "draft-04"}) {
      if (member.value.text.find(old) != std::string::npos) {
        return Error(member.value.line, "$schema: " + std::string(old) +
                                            " gives keywords another meaning; write the "
                                            "contract for JSON Schema 2020-12");
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadRequired(const JsonMember& member) {
    ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kArray, member.name));
    for (const JsonValue& item : member.value.items) {
      if (item.kind != JsonKind::kString) {
        return Error(item.line, std::string("required: expected column names, found ") +
                                    JsonKindName(item.kind));
      }
      if (Contains(rules_.required, item.text)) {
        return Error(item.line, "required: '" + item.text + "' is listed twice");
      }
      rules_.required.push_back(item.text);
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadColumn(const JsonMember& property) {
    ColumnRules column;
    column.place = "properties." + property.name;
    column.line = property.line;
    if (property.value.kind == JsonKind::kBoolean) {
      column.forbidden = !property.value.boolean;
    } else {
      ARROW_RETURN_NOT_OK(Expect(property, JsonKind::kObject, column.place));
      for (const JsonMember& member : property.value.members) {
        ARROW_RETURN_NOT_OK(ReadColumnMember(member, &column));
      }
      ARROW_RETURN_NOT_OK(CheckLimits(column));
    }
    rules_.columns.emplace(property.name, std::move(column));
    return arrow::Status::OK();
  }

  arrow::Status ReadColumnMember(const JsonMember& member, ColumnRules* column) {
    const std::string& name = member.name;
    const std::string place = column->place + "." + name;
    if (name == "type") return ReadType(member, place, column);
    if (name == "enum") return ReadEnum(member, place, column);
    if (name == "const") {
      column->constant = member.value;
      return CheckScalar(member.value, place);
    }
    if (name == "minimum") return ReadNumber(member, place, &column->minimum);
    if (name == "maximum") return ReadNumber(member, place, &column->maximum);
    if (name == "exclusiveMinimum") {
      return ReadNumber(member, place, &column->exclusive_minimum);
    }
    if (name == "exclusiveMaximum") {
      return ReadNumber(member, place, &column->exclusive_maximum);
    }
    if (name == "multipleOf") return ReadMultipleOf(member, place, column);
    if (name == "minLength") return ReadLength(member, place, &column->min_length);
    if (name == "maxLength") return ReadLength(member, place, &column->max_length);
    if (name == "pattern") return ReadPattern(member, place, column);
    if (name == "format") return ReadFormat(member, place, column);
    if (name == "x-mask") {
      ARROW_ASSIGN_OR_RAISE(column->mask, ReadMaskKind(member, place, rules_.file_name));
      return arrow::Status::OK();
    }
    if (Contains(Annotations(), name)) return arrow::Status::OK();
    return UnknownKeyword(member, place, ColumnKeywords());
  }

  arrow::Status ReadType(const JsonMember& member, const std::string& place,
                         ColumnRules* column) {
    std::vector<JsonValue> names;
    if (member.value.kind == JsonKind::kArray) {
      names = member.value.items;
    } else {
      names.push_back(member.value);
    }
    if (names.empty()) return Error(member.value.line, place + ": the list is empty");
    TypeSet types;
    for (const JsonValue& name : names) {
      ARROW_RETURN_NOT_OK(AddType(name, place, &types));
    }
    column->types = types;
    column->null_rule = "type " + types.ToString();
    return arrow::Status::OK();
  }

  arrow::Status AddType(const JsonValue& name, const std::string& place, TypeSet* types) {
    if (name.kind != JsonKind::kString) {
      return Error(name.line, place + ": expected the name of a type, found " +
                                  JsonKindName(name.kind));
    }
    const std::vector<std::pair<std::string, bool*>> known = {
        {"string", &types->string},
        {"integer", &types->integer},
        {"number", &types->number},
        {"boolean", &types->boolean},
        {"null", &types->null}};
    std::vector<std::string> candidates;
    for (const auto& [known_name, flag] : known) {
      candidates.push_back(known_name);
      if (known_name != name.text) continue;
      if (*flag) return Error(name.line, place + ": '" + name.text + "' is listed twice");
      *flag = true;
      return arrow::Status::OK();
    }
    if (name.text == "object" || name.text == "array") {
      return Error(name.line,
                   place + ": '" + name.text +
                       "' is not a column's type; a JSON column is a 'string'");
    }
    return Error(name.line, place + ": '" + name.text + "' is not a type" +
                                DidYouMean(name.text, candidates) +
                                "; types are: " + Join(candidates));
  }

  arrow::Status CheckScalar(const JsonValue& value, const std::string& place) const {
    if (value.kind != JsonKind::kArray && value.kind != JsonKind::kObject) {
      return arrow::Status::OK();
    }
    return Error(value.line, place + ": " + JsonKindName(value.kind) +
                                 " is never the value of a column");
  }

  arrow::Status ReadEnum(const JsonMember& member, const std::string& place,
                         ColumnRules* column) {
    ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kArray, place));
    if (member.value.items.empty()) {
      return Error(member.value.line, place + ": the list is empty: no value can pass");
    }
    for (const JsonValue& item : member.value.items) {
      ARROW_RETURN_NOT_OK(CheckScalar(item, place));
    }
    column->enumeration = member.value.items;
    return arrow::Status::OK();
  }

  arrow::Status ReadNumber(const JsonMember& member, const std::string& place,
                           std::optional<ExactNumber>* number) {
    ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kNumber, place));
    ARROW_ASSIGN_OR_RAISE(*number, ExactNumber::Parse(member.value.text));
    return arrow::Status::OK();
  }

  arrow::Status ReadMultipleOf(const JsonMember& member, const std::string& place,
                               ColumnRules* column) {
    ARROW_RETURN_NOT_OK(ReadNumber(member, place, &column->multiple_of));
    if (column->multiple_of->negative() || column->multiple_of->zero()) {
      return Error(member.value.line, place + ": must be above 0");
    }
    if (column->multiple_of->digit_count() > 76) {
      return Error(member.value.line, place + ": has more than 76 digits");
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadLength(const JsonMember& member, const std::string& place,
                           std::optional<int64_t>* length) {
    std::optional<ExactNumber> number;
    ARROW_RETURN_NOT_OK(ReadNumber(member, place, &number));
    if (number->negative() || !number->IsIntegerAt(0)) {
      return Error(member.value.line, place + ": must be an integer of 0 or more");
    }
    const arrow::Decimal256 most(std::numeric_limits<int64_t>::max());
    const arrow::Decimal256 whole = number->FloorAt(0);
    *length = whole > most ? std::numeric_limits<int64_t>::max()
                           : static_cast<int64_t>(whole.low_bits());
    return arrow::Status::OK();
  }

  arrow::Status ReadPattern(const JsonMember& member, const std::string& place,
                            ColumnRules* column) {
    ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kString, place));
    if (arrow::Status valid = CheckPattern(member.value.text); !valid.ok()) {
      return Error(member.value.line, place + ": " + valid.message());
    }
    column->pattern = member.value.text;
    return arrow::Status::OK();
  }

  arrow::Status ReadFormat(const JsonMember& member, const std::string& place,
                           ColumnRules* column) {
    ARROW_RETURN_NOT_OK(Expect(member, JsonKind::kString, place));
    std::vector<std::string> candidates;
    for (TextFormat format : {TextFormat::kDate, TextFormat::kDateTime, TextFormat::kTime,
                              TextFormat::kEmail, TextFormat::kUuid}) {
      candidates.emplace_back(TextFormatName(format));
      if (candidates.back() == member.value.text) column->format = format;
    }
    if (column->format) return arrow::Status::OK();
    return Error(member.value.line, place + ": '" + member.value.text +
                                        "' is not a supported format" +
                                        DidYouMean(member.value.text, candidates) +
                                        "; supported: " + Join(candidates));
  }

  /// Limits that no value can meet are a slip of the pen.
  arrow::Status CheckLimits(const ColumnRules& column) const {
    if (column.min_length && column.max_length &&
        *column.min_length > *column.max_length) {
      return Error(column.line, column.place + ": minLength is above maxLength");
    }
    if (column.minimum && column.maximum &&
        column.minimum->Compare(*column.maximum) > 0) {
      return Error(column.line, column.place + ": minimum is above maximum");
    }
    return arrow::Status::OK();
  }

  ContractRules rules_;
};

}  // namespace

arrow::Result<ContractRules> ReadJsonSchema(const JsonValue& document,
                                            const std::string& file_name) {
  return SchemaReader(file_name).Read(document);
}

}  // namespace keelboat
