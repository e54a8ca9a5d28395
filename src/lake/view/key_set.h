#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "lake/view/key_hash.h"
#include "lake/view/latest.h"

namespace keelboat {

/// \brief Some keys, each with the texts of its values. A value.
///
/// One thread at a time.
class KeySet {
 public:
  /// `columns` of the key, in lake types.
  explicit KeySet(std::shared_ptr<arrow::Schema> columns);
  /// None yet of a table's keys; kNotFound for a column that its schema has not.
  static arrow::Result<KeySet> Of(const arrow::Schema& schema,
                                  const std::vector<std::string>& key);

  const arrow::Schema& columns() const { return *columns_; }
  int64_t size() const { return static_cast<int64_t>(texts_.size()); }
  bool empty() const { return texts_.empty(); }
  /// A row a key, a value a column, as ValueText (core/value_text.h): what the keyset of
  /// a source's predicate takes.
  const std::vector<std::vector<std::string>>& texts() const { return texts_; }
  bool Contains(const KeyHash& hash) const;

  /// Adds row `row` of `keys`, which has the columns of the key alone; nothing where the
  /// set has it. kData for a null: such a key cannot be looked up.
  arrow::Status Add(const arrow::RecordBatch& keys, int64_t row, const KeyHash& hash);
  /// \brief Takes out the keys of all rows of a batch in lake types.
  ///
  /// Those that were found at the source, say. Errors as HashKeys.
  arrow::Status Erase(const arrow::RecordBatch& batch);

 private:
  struct Hasher {
    std::size_t operator()(const KeyHash& hash) const { return hash.low; }
  };

  std::shared_ptr<arrow::Schema> columns_;
  std::vector<std::vector<std::string>> texts_;
  /// Where in `texts_` a key stands.
  std::unordered_map<KeyHash, std::size_t, Hasher> places_;
};

/// \brief The keys that were in `old_files` and are not in `new_files`.
///
/// `schema` is the table's. `new_files` are its own too, committed or not. Memory: as
/// ViewOptions says, and the keys that are returned.
arrow::Result<KeySet> VanishedKeys(const LakeTable& table, const arrow::Schema& schema,
                                   const std::vector<DataFile>& old_files,
                                   const std::vector<DataFile>& new_files,
                                   const std::vector<std::string>& key,
                                   const std::stop_token& stop,
                                   const ViewOptions& options = {});

}  // namespace keelboat
