#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "contracts/contract_rules.h"

namespace keelboat {

/// \brief One rule, made ready for one column's type. Used by one thread at a time.
class ColumnCheck {
 public:
  explicit ColumnCheck(std::string rule) : rule_(std::move(rule)) {}
  virtual ~ColumnCheck() = default;

  /// Appends the rows that break the rule, in order. The column is of the type that
  /// the check was made for, and dense.
  virtual arrow::Status FindBad(const std::shared_ptr<arrow::Array>& column,
                                std::vector<int64_t>* rows) const = 0;

  /// As reports name it: "minimum 0".
  const std::string& rule() const { return rule_; }

 private:
  std::string rule_;
};

using ColumnChecks = std::vector<std::unique_ptr<ColumnCheck>>;

/// \brief Makes the checks that a column of this type needs.
///
/// Rules that no value of the type can break make none. kConfig when a rule does not
/// fit the type.
arrow::Result<ColumnChecks> MakeColumnChecks(const ColumnRules& rules,
                                             const arrow::Field& field,
                                             const std::string& file_name);

/// What MakeColumnChecks is made of; each part adds its own rules to `checks`.
arrow::Status AddNumberChecks(const ColumnRules& rules, const arrow::DataType& type,
                              ColumnChecks* checks);
void AddFloatChecks(const ColumnRules& rules, const arrow::DataType& type,
                    ColumnChecks* checks);
void AddFloatSetCheck(std::string rule, const std::vector<ExactNumber>& numbers,
                      const arrow::DataType& type, ColumnChecks* checks);
void AddTextChecks(const ColumnRules& rules, const arrow::DataType& type,
                   ColumnChecks* checks);
/// `enum` (or `const`, as a list of one) for every kind that is not a number.
void AddTextEnumCheck(std::string rule, const std::vector<JsonValue>& values,
                      const arrow::DataType& type, ColumnChecks* checks);
/// `enum` or `const` of a column of numbers.
arrow::Status AddNumberEnumCheck(std::string rule, const std::vector<JsonValue>& values,
                                 const arrow::DataType& type, ColumnChecks* checks);

/// Appends the rows that are valid and bad.
template <typename IsBad>
void CollectBad(const arrow::Array& column, const IsBad& is_bad,
                std::vector<int64_t>* rows) {
  const bool all_valid = column.null_count() == 0;
  for (int64_t row = 0; row < column.length(); ++row) {
    if ((all_valid || column.IsValid(row)) && is_bad(row)) rows->push_back(row);
  }
}

/// The same for cheap tests: looks first, without branches, whether anything is bad.
template <typename IsBad>
void CollectRareBad(const arrow::Array& column, const IsBad& is_bad,
                    std::vector<int64_t>* rows) {
  bool any = false;
  const int64_t length = column.length();
  for (int64_t row = 0; row < length; ++row) any |= is_bad(row);
  if (any) CollectBad(column, is_bad, rows);
}

}  // namespace keelboat
