#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

namespace keelboat {

enum class OnViolation { kFail, kQuarantine, kWarn };
enum class MaskKind { kHash, kPartial };

/// One broken rule, over all batches checked so far.
struct Violation {
  std::string column;
  std::string rule;  ///< "minimum 0", "type integer", "pattern ^[a-z]+$", "required" …
  int64_t count = 0;
  /// Keys (or row numbers, for a table without key) of the first five rows, masked where
  /// the key's columns are masked: "order_id=abc".
  std::vector<std::string> offenders;
};

/// What became of one batch.
struct CheckedBatch {
  /// Rows to load, already masked, same columns in the same order.
  std::shared_ptr<arrow::RecordBatch> passed;
  /// Bad rows under x-on-violation: quarantine, masked, with one more utf8 column
  /// `_keelboat_reason`; null when there are none.
  std::shared_ptr<arrow::RecordBatch> quarantined;
};

/// \brief A contract bound to a schema: checks whole columns, then masks.
///
/// One thread at a time. Under `fail` and `warn` all rows pass through; the
/// caller asks `violations()` at the end of the table, before it commits.
class ContractChecker {
 public:
  virtual ~ContractChecker() = default;
  virtual arrow::Result<CheckedBatch> Check(
      const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  virtual const std::vector<Violation>& violations() const = 0;
};

/// \brief The rules and masks for one table's rows. Immutable, shareable.
///
/// Read from JSON Schema (2020-12), or from the column-list form of older
/// projects; the form is recognised by its keys.
class Contract {
 public:
  /// Parses a contract. kConfig names the file, the place in it
  /// ("properties.price.minimun"), the problem and the nearest known keyword; a keyword
  /// that is not supported is an error too.
  static arrow::Result<Contract> Parse(std::string_view json,
                                       const std::string& file_name);
  Contract(Contract&&) noexcept;
  Contract& operator=(Contract&&) noexcept;
  ~Contract();

  OnViolation on_violation() const;
  const std::map<std::string, MaskKind>& masks() const;
  /// Columns that the contract names.
  std::vector<std::string> columns() const;
  /// The key that a column-list contract declares; empty otherwise.
  const std::vector<std::string>& declared_key() const;

  /// \brief Binds to the columns that will be read.
  ///
  /// kContract when a required column is missing or `additionalProperties: false`
  /// forbids one; kConfig when a rule does not fit a column's type (pattern on a
  /// number) or a key or cursor column is masked. `key` names offenders and may be empty.
  arrow::Result<std::unique_ptr<ContractChecker>> Bind(
      const std::shared_ptr<arrow::Schema>& schema, const std::vector<std::string>& key,
      const std::string& cursor_column) const;
  /// The schema after masking (hash and partial make utf8).
  std::shared_ptr<arrow::Schema> MaskedSchema(
      const std::shared_ptr<arrow::Schema>& schema) const;

 private:
  struct Rules;
  explicit Contract(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

/// "column price: minimum 0: 3 rows (order_id=a, order_id=b, …)", one line per violation.
std::string DescribeViolations(const std::vector<Violation>& violations);

}  // namespace keelboat
