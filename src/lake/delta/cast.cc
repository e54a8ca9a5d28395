#include "lake/delta/cast.h"

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>
#include <arrow/util/utf8.h>

#include "core/ascii_text.h"
#include "keelboat/error.h"
#include "lake/delta/exact_text.h"

namespace keelboat::delta {
namespace {

using arrow::Array;
using arrow::ArrayData;
using arrow::DataType;
using arrow::Type;
using ArrayResult = arrow::Result<std::shared_ptr<Array>>;

// What a message needs to name a value.
struct Place {
  const arrow::Field& column;
  int64_t rows_before;
};

arrow::Status BadValue(const Place& place, int64_t row, const std::string& what) {
  const std::string number = std::to_string(place.rows_before + row + 1);
  return MakeError(ErrorKind::kData,
                   "column '" + place.column.name() + "', row " + number + ": " + what,
                   {{"column", place.column.name()}, {"row", number}});
}

// A new value buffer under the old validity. Slots before the array's offset stay unset.
template <typename Out, typename In, typename Convert>
ArrayResult MapSlots(const Array& array, const std::shared_ptr<DataType>& type,
                     const Convert& convert) {
  const ArrayData& data = *array.data();
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> values,
                        arrow::AllocateBuffer((data.offset + data.length) *
                                              static_cast<int64_t>(sizeof(Out))));
  const In* in = data.GetValues<In>(1);
  Out* out = reinterpret_cast<Out*>(values->mutable_data()) + data.offset;
  for (int64_t row = 0; row < data.length; ++row) out[row] = convert(in[row]);
  return arrow::MakeArray(ArrayData::Make(type, data.length,
                                          {data.buffers[0], std::move(values)},
                                          data.null_count, data.offset));
}

// Like MapSlots for conversions that can fail: `convert(in, &out)` says whether it did
// not. Only slots that are not null count.
template <typename Out, typename In, typename Convert>
ArrayResult MapChecked(const Array& array, const std::shared_ptr<DataType>& type,
                       const Place& place, const char* complaint,
                       const Convert& convert) {
  int64_t first_bad = -1;
  int64_t row = 0;
  ARROW_ASSIGN_OR_RAISE(auto result, (MapSlots<Out, In>(array, type, [&](In in) {
                          Out out{};
                          if (!convert(in, &out) && first_bad < 0 && array.IsValid(row)) {
                            first_bad = row;
                          }
                          ++row;
                          return out;
                        })));
  if (first_bad < 0) return result;
  return BadValue(
      place, first_bad,
      std::to_string(array.data()->GetValues<In>(1)[first_bad]) + " " + complaint);
}

template <typename Write>
ArrayResult WriteTexts(const Array& array, int64_t bytes_each, const Write& write) {
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  ARROW_RETURN_NOT_OK(builder.ReserveData(array.length() * bytes_each));
  char text[kExactTextBytes];
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const std::size_t length = write(row, text);
    builder.UnsafeAppend(text, static_cast<int32_t>(length));
  }
  return builder.Finish();
}

int64_t MicrosecondsPer(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1'000'000;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    default:
      return 1;
  }
}

bool ToMicroseconds(int64_t value, arrow::TimeUnit::type unit, int64_t* out) {
  if (unit == arrow::TimeUnit::NANO) {
    *out = value / 1'000;
    return value % 1'000 == 0;
  }
  return !__builtin_mul_overflow(value, MicrosecondsPer(unit), out);
}

constexpr const char* kInexactTime =
    "cannot be kept in microseconds without loss: round it in the query";

ArrayResult CastTimestamp(const Array& array, const std::shared_ptr<DataType>& type,
                          const Place& place) {
  const auto unit = static_cast<const arrow::TimestampType&>(*array.type()).unit();
  if (unit == arrow::TimeUnit::MICRO) return array.View(type);
  return MapChecked<int64_t, int64_t>(
      array, type, place, kInexactTime,
      [unit](int64_t in, int64_t* out) { return ToMicroseconds(in, unit, out); });
}

template <typename In>
ArrayResult CastTimeOfDay(const Array& array, arrow::TimeUnit::type unit,
                          const Place& place) {
  ARROW_ASSIGN_OR_RAISE(
      auto microseconds,
      (MapChecked<int64_t, In>(
          array, arrow::int64(), place, kInexactTime,
          [unit](In in, int64_t* out) { return ToMicroseconds(in, unit, out); })));
  const int64_t* values = microseconds->data()->template GetValues<int64_t>(1);
  return WriteTexts(array, 24, [&](int64_t row, char* text) {
    return WriteDuration(values[row], text);
  });
}

ArrayResult CastDecimal256(const Array& array, const std::shared_ptr<DataType>& type,
                           const Place& place) {
  const auto& decimals = static_cast<const arrow::Decimal256Array&>(array);
  if (type->id() == Type::STRING) {
    const int32_t scale = static_cast<const arrow::DecimalType&>(*array.type()).scale();
    return WriteTexts(array, kExactTextBytes, [&](int64_t row, char* text) {
      return WriteDecimal(arrow::Decimal256(decimals.GetValue(row)), scale, text);
    });
  }
  arrow::Decimal128Builder builder(type);
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    arrow::Decimal256 value(decimals.GetValue(row));
    auto limbs = value.little_endian_array();
    arrow::Decimal128 narrow(static_cast<int64_t>(limbs[1]), limbs[0]);
    if (arrow::Decimal256(narrow) != value) {
      return BadValue(place, row, "a decimal has more than 38 digits");
    }
    builder.UnsafeAppend(narrow);
  }
  return builder.Finish();
}

template <typename SmallDecimalArray, typename SmallDecimal>
ArrayResult CastSmallDecimal(const Array& array, const std::shared_ptr<DataType>& type) {
  const auto& decimals = static_cast<const SmallDecimalArray&>(array);
  arrow::Decimal128Builder builder(type);
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      SmallDecimal value(decimals.GetValue(row));
      builder.UnsafeAppend(arrow::Decimal128(static_cast<int64_t>(value.value())));
    }
  }
  return builder.Finish();
}

// Byte strings of another layout (64-bit offsets, views, fixed size) to 32-bit offsets.
template <typename BytesArray>
ArrayResult CastBytes(const Array& array, const std::shared_ptr<DataType>& type,
                      const Place& place) {
  const auto& bytes = static_cast<const BytesArray&>(array);
  int64_t total = 0;
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsValid(row)) total += static_cast<int64_t>(bytes.GetView(row).size());
    if (total > std::numeric_limits<int32_t>::max()) {
      return BadValue(place, row, "one batch holds more than 2 GiB in this column");
    }
  }
  arrow::BinaryBuilder builder(type, arrow::default_memory_pool());
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  ARROW_RETURN_NOT_OK(builder.ReserveData(total));
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(bytes.GetView(row));
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto result, builder.Finish());
  return result->View(type);
}

ArrayResult DecodeDictionary(const Array& array) {
  const auto& encoded = static_cast<const arrow::DictionaryArray&>(array);
  const Array& values = *encoded.dictionary();
  ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(values.type()));
  ARROW_RETURN_NOT_OK(builder->Reserve(array.length()));
  const arrow::ArraySpan span(*values.data());
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(builder->AppendArraySlice(span, encoded.GetValueIndex(row), 1));
    }
  }
  return builder->Finish();
}

arrow::Status CheckUtf8(const Array& array, const Place& place) {
  const auto& strings = static_cast<const arrow::StringArray&>(array);
  if (array.length() == 0) return arrow::Status::OK();
  // Its tables are empty before, and then everything is valid.
  static const bool ready = (arrow::util::InitializeUTF8(), true);
  (void)ready;
  const int32_t* offsets = strings.raw_value_offsets();
  const uint8_t* bytes = strings.raw_data();
  const int64_t size = offsets[array.length()] - offsets[0];
  if (IsAscii(bytes + offsets[0], size)) return arrow::Status::OK();
  // All at once: valid as a whole, and no value begins inside a character.
  bool valid = arrow::util::ValidateUTF8(bytes + offsets[0], size);
  for (int64_t row = 0; valid && row < array.length(); ++row) {
    valid =
        offsets[row] == offsets[array.length()] || (bytes[offsets[row]] & 0xC0) != 0x80;
  }
  if (valid) return arrow::Status::OK();
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsValid(row) && !arrow::util::ValidateUTF8(strings.GetView(row))) {
      return BadValue(place, row,
                      "text that is not valid UTF-8: read the column as binary or "
                      "convert it in the query");
    }
  }
  return arrow::Status::OK();
}

ArrayResult CastColumn(const std::shared_ptr<Array>& column,
                       const std::shared_ptr<DataType>& type, const Place& place) {
  const Array& array = *column;
  switch (array.type_id()) {
    case Type::UINT8:
      return MapSlots<int16_t, uint8_t>(array, type, [](uint8_t v) { return v; });
    case Type::UINT16:
      return MapSlots<int32_t, uint16_t>(array, type, [](uint16_t v) { return v; });
    case Type::UINT32:
      return MapSlots<int64_t, uint32_t>(array, type, [](uint32_t v) { return v; });
    case Type::UINT64:
      return MapSlots<arrow::Decimal128, uint64_t>(
          array, type, [](uint64_t v) { return arrow::Decimal128(0, v); });
    case Type::HALF_FLOAT:
      return MapSlots<float, uint16_t>(array, type, [](uint16_t v) {
        return arrow::util::Float16::FromBits(v).ToFloat();
      });
    case Type::DECIMAL32:
      return CastSmallDecimal<arrow::Decimal32Array, arrow::Decimal32>(array, type);
    case Type::DECIMAL64:
      return CastSmallDecimal<arrow::Decimal64Array, arrow::Decimal64>(array, type);
    case Type::DECIMAL256:
      return CastDecimal256(array, type, place);
    case Type::LARGE_STRING:
      return CastBytes<arrow::LargeStringArray>(array, type, place);
    case Type::LARGE_BINARY:
      return CastBytes<arrow::LargeBinaryArray>(array, type, place);
    case Type::STRING_VIEW:
      return CastBytes<arrow::StringViewArray>(array, type, place);
    case Type::BINARY_VIEW:
      return CastBytes<arrow::BinaryViewArray>(array, type, place);
    case Type::FIXED_SIZE_BINARY:
      return CastBytes<arrow::FixedSizeBinaryArray>(array, type, place);
    case Type::DATE64:
      return MapChecked<int32_t, int64_t>(array, type, place, "is not a whole day",
                                          [](int64_t in, int32_t* out) {
                                            constexpr int64_t kDay = 86'400'000;
                                            *out = static_cast<int32_t>(in / kDay);
                                            return in % kDay == 0 && in / kDay == *out;
                                          });
    case Type::TIMESTAMP:
      return CastTimestamp(array, type, place);
    case Type::DURATION:
      return CastTimeOfDay<int64_t>(
          array, static_cast<const arrow::DurationType&>(*array.type()).unit(), place);
    case Type::TIME32:
      return CastTimeOfDay<int32_t>(
          array, static_cast<const arrow::Time32Type&>(*array.type()).unit(), place);
    case Type::TIME64:
      return CastTimeOfDay<int64_t>(
          array, static_cast<const arrow::Time64Type&>(*array.type()).unit(), place);
    case Type::NA:
      return arrow::MakeArrayOfNull(type, array.length());
    case Type::DICTIONARY: {
      ARROW_ASSIGN_OR_RAISE(auto decoded, DecodeDictionary(array));
      return CastColumn(decoded, type, place);
    }
    case Type::EXTENSION:
      return CastColumn(static_cast<const arrow::ExtensionArray&>(array).storage(), type,
                        place);
    default:
      return column;  // The same in both, or LakeTypeOf would have refused it.
  }
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatch>> CastToLake(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& lake_schema,
    int64_t rows_before) {
  arrow::ArrayVector columns;
  columns.reserve(static_cast<std::size_t>(batch.num_columns()));
  for (int index = 0; index < batch.num_columns(); ++index) {
    const Place place{*lake_schema->field(index), rows_before};
    ARROW_ASSIGN_OR_RAISE(auto column,
                          CastColumn(batch.column(index), place.column.type(), place));
    if (column->type_id() == Type::STRING) ARROW_RETURN_NOT_OK(CheckUtf8(*column, place));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(lake_schema, batch.num_rows(), std::move(columns));
}

}  // namespace keelboat::delta
