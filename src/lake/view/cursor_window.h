#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <arrow/util/decimal.h>

namespace keelboat {

/// \brief The rows of lake files whose cursor lies in [lower, upper). A value.
///
/// Numbers, dates and times; text is compared by its source alone. A null is in no
/// window.
class CursorWindow {
 public:
  /// \brief `cursor` in lake types, bounds in the text form of the source's Predicate.
  ///
  /// kUnsupported for a type whose order the lake does not know, kInternal for bounds
  /// that are not in that form.
  static arrow::Result<CursorWindow> Make(const arrow::Field& cursor,
                                          const std::string& lower,
                                          const std::string& upper);

  const std::string& column() const { return column_; }
  /// false: surely no row of the file. `stats` is Delta's JSON; may be empty.
  bool MayHold(const std::string& stats) const;
  /// Replaces `inside` by one for each row. The batch has the column, in a lake type.
  arrow::Status Select(const arrow::RecordBatch& batch, std::vector<bool>* inside) const;

 private:
  enum class Order { kNumber, kReal, kDate, kTime };
  struct Bound {
    arrow::Decimal256 number;
    int32_t scale = 0;
    double real = 0;
    int64_t micros = 0;
  };
  CursorWindow() = default;
  static arrow::Result<Bound> ParseBound(Order order, const std::string& text);
  // The least number of that scale that is not below the bound.
  static arrow::Result<arrow::Decimal128> AtScale(const Bound& bound, int32_t scale);

  std::string column_;
  Order order_ = Order::kNumber;
  Bound lower_;
  Bound upper_;
};

}  // namespace keelboat
