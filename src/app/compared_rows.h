#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "lake/lake.h"
#include "lake/view/key_hash.h"

namespace keelboat {

/// Some rows in the columns that are compared, and what they are told apart by.
struct HashedRows {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<KeyHash> keys;
  std::vector<KeyHash> values;  ///< Of all columns.
};

/// \brief Brings rows of a source and of a lake into the same columns and types.
///
/// One thread at a time. Borrows the table.
class ComparedRows {
 public:
  /// `schema`: the columns to compare, in the source's types, after masks. Without a key
  /// the whole row is the key.
  static arrow::Result<ComparedRows> Make(const LakeTable& table,
                                          const std::shared_ptr<arrow::Schema>& schema,
                                          std::vector<std::string> key);

  /// `batch` has at least the columns, after masks.
  arrow::Status FromSource(const arrow::RecordBatch& batch, HashedRows* rows) const;
  /// A column that an old file lacks is null. kData for one that does not fit the
  /// source's type any more.
  arrow::Status FromLake(const arrow::RecordBatch& batch, HashedRows* rows) const;
  /// The keys alone, of a batch of the source that may have other columns too.
  arrow::Status SourceKeys(const arrow::RecordBatch& batch,
                           std::vector<KeyHash>* keys) const;

  const std::vector<std::string>& key() const { return key_; }
  const arrow::Schema& schema() const { return *schema_; }

 private:
  ComparedRows(const LakeTable& table, std::shared_ptr<arrow::Schema> schema,
               std::vector<std::string> key)
      : table_(&table), schema_(std::move(schema)), key_(std::move(key)) {}
  arrow::Status Hash(HashedRows* rows) const;

  const LakeTable* table_;
  std::shared_ptr<arrow::Schema> schema_;  ///< In the lake's types.
  std::vector<std::string> key_;
};

/// A value for people and for evidence; "NULL" for a null.
std::string ShowValue(const arrow::Array& column, int64_t row);

}  // namespace keelboat
