#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contracts/contract.h"
#include "contracts/exact_number.h"
#include "contracts/json_text.h"

namespace keelboat {

/// The JSON types that a `type` keyword lists.
struct TypeSet {
  bool string = false;
  bool integer = false;
  bool number = false;
  bool boolean = false;
  bool null = false;

  /// "integer or null", in a fixed order.
  std::string ToString() const;
};

enum class TextFormat { kDate, kDateTime, kTime, kEmail, kUuid };

/// A column's DECIMAL(p,s) in a column-list contract.
struct DecimalShape {
  int precision = 0;
  int scale = 0;
};

/// \brief What a contract says of one column, whichever form said it. A value.
struct ColumnRules {
  /// Where the contract says it: "properties.price" or "columns.price".
  std::string place;
  int line = 1;
  /// None: any type, and null.
  std::optional<TypeSet> types;
  /// Name of the rule that a null breaks: "type integer" or "nullable false".
  std::string null_rule;
  /// `"column": false`: the column must not exist.
  bool forbidden = false;
  std::optional<std::vector<JsonValue>> enumeration;
  std::optional<JsonValue> constant;
  std::optional<ExactNumber> minimum;
  std::optional<ExactNumber> maximum;
  std::optional<ExactNumber> exclusive_minimum;
  std::optional<ExactNumber> exclusive_maximum;
  std::optional<ExactNumber> multiple_of;
  std::optional<DecimalShape> decimal;
  std::optional<int64_t> min_length;
  std::optional<int64_t> max_length;
  std::optional<std::string> pattern;
  std::optional<TextFormat> format;
  std::optional<MaskKind> mask;
};

/// \brief A whole contract, whichever form it came in. A value.
struct ContractRules {
  std::string file_name;
  OnViolation on_violation = OnViolation::kFail;
  /// `additionalProperties`.
  bool additional_columns = true;
  std::vector<std::string> required;
  std::vector<std::string> declared_key;
  std::map<std::string, ColumnRules> columns;
};

/// Returns "date", "date-time", …
const char* TextFormatName(TextFormat format);

/// Reads the value of `x-on-violation`; kConfig when it is none of the three.
arrow::Result<OnViolation> ReadOnViolation(const JsonMember& member,
                                           const std::string& file_name);
/// Reads "hash" or "partial"; `place` is where it stands.
arrow::Result<MaskKind> ReadMaskKind(const JsonMember& member, const std::string& place,
                                     const std::string& file_name);
/// kConfig unless the member's value is of that kind.
arrow::Status ExpectKind(const JsonMember& member, JsonKind kind,
                         const std::string& place, const std::string& file_name);

}  // namespace keelboat
