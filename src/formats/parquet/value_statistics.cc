#include "formats/parquet/value_statistics.h"

#include <cmath>
#include <utility>

#include <arrow/array.h>
#include <arrow/type.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using arrow::Type;

template <typename ArrayType>
const ArrayType& As(const arrow::Array& column) {
  return static_cast<const ArrayType&>(column);
}

// Widens the bounds by the values of a batch, each as `read` gives it.
template <typename Value, typename Read>
void Widen(const arrow::Array& column, ColumnStatistics* statistics, Read read) {
  const bool no_nulls = column.null_count() == 0;
  const auto* min_so_far = std::get_if<Value>(&statistics->min);
  const auto* max_so_far = std::get_if<Value>(&statistics->max);
  bool seen = min_so_far != nullptr;
  Value min = seen ? *min_so_far : Value();
  Value max = seen ? *max_so_far : Value();
  for (int64_t row = 0; row < column.length(); ++row) {
    if (!no_nulls && column.IsNull(row)) continue;
    const Value value = read(row);
    if (!seen || value < min) min = value;
    if (!seen || max < value) max = value;
    seen = true;
  }
  if (!seen) return;
  statistics->min = min;
  statistics->max = max;
}

template <typename ArrayType>
void WidenIntegers(const arrow::Array& column, ColumnStatistics* statistics) {
  Widen<int64_t>(column, statistics, [&](int64_t row) {
    return static_cast<int64_t>(As<ArrayType>(column).Value(row));
  });
}

// NaN is no bound; a footer's zero is the negative one below and the positive one above.
template <typename ArrayType>
void WidenFloats(const arrow::Array& column, ColumnStatistics* statistics) {
  const auto& floats = As<ArrayType>(column);
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row)) continue;
    const auto value = static_cast<double>(floats.Value(row));
    if (std::isnan(value)) {
      statistics->has_nan = true;
      continue;
    }
    const auto* min = std::get_if<double>(&statistics->min);
    if (min == nullptr || value < *min) statistics->min = value == 0 ? -0.0 : value;
    const auto* max = std::get_if<double>(&statistics->max);
    if (max == nullptr || *max < value) statistics->max = value == 0 ? 0.0 : value;
  }
}

}  // namespace

ValueStatistics::ValueStatistics(int columns)
    : columns_(static_cast<std::size_t>(columns)),
      texts_(static_cast<std::size_t>(columns)),
      is_text_(static_cast<std::size_t>(columns), false) {}

arrow::Status ValueStatistics::AddColumn(const arrow::Array& column, std::size_t index) {
  ColumnStatistics* statistics = &columns_[index];
  statistics->null_count += column.null_count();
  switch (column.type_id()) {
    case Type::BOOL:
      WidenIntegers<arrow::BooleanArray>(column, statistics);
      break;
    case Type::INT8:
      WidenIntegers<arrow::Int8Array>(column, statistics);
      break;
    case Type::INT16:
      WidenIntegers<arrow::Int16Array>(column, statistics);
      break;
    case Type::INT32:
      WidenIntegers<arrow::Int32Array>(column, statistics);
      break;
    case Type::INT64:
      WidenIntegers<arrow::Int64Array>(column, statistics);
      break;
    case Type::DATE32:
      WidenIntegers<arrow::Date32Array>(column, statistics);
      break;
    case Type::TIMESTAMP:
      WidenIntegers<arrow::TimestampArray>(column, statistics);
      break;
    case Type::FLOAT:
      WidenFloats<arrow::FloatArray>(column, statistics);
      break;
    case Type::DOUBLE:
      WidenFloats<arrow::DoubleArray>(column, statistics);
      break;
    case Type::DECIMAL128:
      Widen<arrow::Decimal128>(column, statistics, [&](int64_t row) {
        return arrow::Decimal128(As<arrow::Decimal128Array>(column).GetValue(row));
      });
      break;
    case Type::STRING:
      is_text_[index] = true;
      texts_[index].Add(As<arrow::StringArray>(column));
      break;
    case Type::BINARY:
      Widen<std::string>(column, statistics, [&](int64_t row) {
        return As<arrow::BinaryArray>(column).GetString(row);
      });
      break;
    default:
      return MakeError(ErrorKind::kUnsupported,
                       "no statistics of type " + column.type()->ToString());
  }
  return arrow::Status::OK();
}

arrow::Status ValueStatistics::Add(const arrow::RecordBatch& batch) {
  for (int index = 0; index < batch.num_columns(); ++index) {
    ARROW_RETURN_NOT_OK(AddColumn(*batch.column(index), static_cast<std::size_t>(index)));
  }
  rows_ += batch.num_rows();
  return arrow::Status::OK();
}

std::vector<ColumnStatistics> ValueStatistics::Columns() const {
  std::vector<ColumnStatistics> columns = columns_;
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (!is_text_[index]) continue;
    columns[index].min = texts_[index].min();
    columns[index].max = texts_[index].max();
  }
  return columns;
}

}  // namespace keelboat
