#include "formats/parquet/statistics.h"

#include <memory>
#include <utility>

#include <arrow/array/array_binary.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>
#include <parquet/types.h>

namespace keelboat {
namespace {

template <typename ParquetType>
const ::parquet::TypedStatistics<ParquetType>& Typed(
    const ::parquet::Statistics& statistics) {
  return static_cast<const ::parquet::TypedStatistics<ParquetType>&>(statistics);
}

ColumnBound IntegerBound(int64_t value, bool is_decimal) {
  if (is_decimal) return arrow::Decimal128(value);
  return value;
}

ColumnBound BytesBound(std::string_view bytes, bool is_decimal) {
  if (!is_decimal) return std::string(bytes);
  auto decimal = arrow::Decimal128::FromBigEndian(
      reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int32_t>(bytes.size()));
  if (!decimal.ok()) return {};
  return *decimal;
}

std::pair<ColumnBound, ColumnBound> BoundsOf(const ::parquet::Statistics& statistics,
                                             const ::parquet::ColumnDescriptor& column) {
  const bool is_decimal =
      column.logical_type() != nullptr && column.logical_type()->is_decimal();
  switch (column.physical_type()) {
    case ::parquet::Type::BOOLEAN: {
      const auto& typed = Typed<::parquet::BooleanType>(statistics);
      return {int64_t{typed.min()}, int64_t{typed.max()}};
    }
    case ::parquet::Type::INT32: {
      const auto& typed = Typed<::parquet::Int32Type>(statistics);
      return {IntegerBound(typed.min(), is_decimal),
              IntegerBound(typed.max(), is_decimal)};
    }
    case ::parquet::Type::INT64: {
      const auto& typed = Typed<::parquet::Int64Type>(statistics);
      return {IntegerBound(typed.min(), is_decimal),
              IntegerBound(typed.max(), is_decimal)};
    }
    case ::parquet::Type::FLOAT: {
      const auto& typed = Typed<::parquet::FloatType>(statistics);
      return {static_cast<double>(typed.min()), static_cast<double>(typed.max())};
    }
    case ::parquet::Type::DOUBLE: {
      const auto& typed = Typed<::parquet::DoubleType>(statistics);
      return {typed.min(), typed.max()};
    }
    case ::parquet::Type::BYTE_ARRAY: {
      const auto& typed = Typed<::parquet::ByteArrayType>(statistics);
      return {BytesBound(std::string_view(typed.min()), is_decimal),
              BytesBound(std::string_view(typed.max()), is_decimal)};
    }
    case ::parquet::Type::FIXED_LEN_BYTE_ARRAY: {
      const auto& typed = Typed<::parquet::FLBAType>(statistics);
      const auto width = static_cast<std::size_t>(column.type_length());
      auto view = [&](const ::parquet::FixedLenByteArray& value) {
        return std::string_view(reinterpret_cast<const char*>(value.ptr), width);
      };
      return {BytesBound(view(typed.min()), is_decimal),
              BytesBound(view(typed.max()), is_decimal)};
    }
    default:
      return {};
  }
}

}  // namespace

void TextBounds::Add(const arrow::StringArray& texts) {
  // Of this batch first, so that long texts are copied once a batch at most.
  std::string_view least = min_;
  std::string_view greatest = max_;
  bool seen = seen_;
  const bool no_nulls = texts.null_count() == 0;
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (!no_nulls && texts.IsNull(row)) continue;
    const std::string_view text = texts.GetView(row);
    if (!seen || text < least) least = text;
    if (!seen || text > greatest) greatest = text;
    seen = true;
  }
  if (!seen) return;
  seen_ = true;
  if (least.data() != min_.data()) min_.assign(least);
  if (greatest.data() != max_.data()) max_.assign(greatest);
}

ColumnStatistics ReadColumnStatistics(const ::parquet::FileMetaData& metadata,
                                      int column) {
  ColumnStatistics result;
  bool bounded = true;
  const ::parquet::ColumnDescriptor& descriptor = *metadata.schema()->Column(column);
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    auto chunk = metadata.RowGroup(group)->ColumnChunk(column);
    std::shared_ptr<::parquet::Statistics> statistics = chunk->statistics();
    const int64_t nulls = statistics == nullptr ? 0 : statistics->null_count();
    result.null_count += nulls;
    if (nulls == chunk->num_values()) continue;
    if (statistics == nullptr || !statistics->HasMinMax()) {
      bounded = false;
      continue;
    }
    auto [min, max] = BoundsOf(*statistics, descriptor);
    const bool first = result.min.index() == 0;
    if (first || min < result.min) result.min = std::move(min);
    if (first || result.max < max) result.max = std::move(max);
  }
  if (!bounded) result.min = result.max = ColumnBound();
  return result;
}

}  // namespace keelboat
