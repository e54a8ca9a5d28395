#include "lake/view/key_hash.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include <arrow/array.h>
#include <arrow/type.h>

#include "keelboat/error.h"

#define XXH_INLINE_ALL
#include <arrow/vendored/xxhash.h>

namespace keelboat {
namespace {

using arrow::Type;

enum class Kind : char { kNull, kInteger, kDate, kTime, kFloat, kDecimal, kText, kBytes };

// Bytes of one key; grows once and is used for all rows.
class KeyBytes {
 public:
  void Clear() { bytes_.clear(); }
  void Add(Kind kind) { bytes_.push_back(static_cast<char>(kind)); }
  void Add(Kind kind, int64_t number) {
    Add(kind);
    AddNumber(static_cast<uint64_t>(number));
  }
  void Add(Kind kind, std::string_view text) {
    Add(kind);
    AddNumber(text.size());
    bytes_.append(text);
  }
  void AddDecimal(int32_t scale, const uint8_t* value) {
    Add(Kind::kDecimal);
    bytes_.push_back(static_cast<char>(scale));
    bytes_.append(reinterpret_cast<const char*>(value), 16);
  }
  KeyHash Hash() const {
    const XXH128_hash_t hash = XXH3_128bits(bytes_.data(), bytes_.size());
    return {hash.high64, hash.low64};
  }

 private:
  void AddNumber(uint64_t number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    bytes_.append(bytes, sizeof bytes);
  }

  static_assert(std::endian::native == std::endian::little);
  std::string bytes_;
};

void AddFloat(double value, KeyBytes* bytes) {
  if (value == 0) value = 0;  // Of the two zeros the positive one.
  bytes->Add(Kind::kFloat, std::bit_cast<int64_t>(value));
}

template <typename ArrayType>
const ArrayType& As(const arrow::Array& column) {
  return static_cast<const ArrayType&>(column);
}

// Of a value that is not null.
void AddValue(const arrow::Array& column, int64_t row, KeyBytes* bytes) {
  switch (column.type_id()) {
    case Type::BOOL:
      return bytes->Add(Kind::kInteger,
                        int64_t{As<arrow::BooleanArray>(column).Value(row)});
    case Type::INT8:
      return bytes->Add(Kind::kInteger, int64_t{As<arrow::Int8Array>(column).Value(row)});
    case Type::INT16:
      return bytes->Add(Kind::kInteger,
                        int64_t{As<arrow::Int16Array>(column).Value(row)});
    case Type::INT32:
      return bytes->Add(Kind::kInteger,
                        int64_t{As<arrow::Int32Array>(column).Value(row)});
    case Type::INT64:
      return bytes->Add(Kind::kInteger, As<arrow::Int64Array>(column).Value(row));
    case Type::DATE32:
      return bytes->Add(Kind::kDate, int64_t{As<arrow::Date32Array>(column).Value(row)});
    case Type::TIMESTAMP:
      return bytes->Add(Kind::kTime, As<arrow::TimestampArray>(column).Value(row));
    case Type::FLOAT:
      return AddFloat(As<arrow::FloatArray>(column).Value(row), bytes);
    case Type::DOUBLE:
      return AddFloat(As<arrow::DoubleArray>(column).Value(row), bytes);
    case Type::DECIMAL128:
      return bytes->AddDecimal(
          static_cast<const arrow::DecimalType&>(*column.type()).scale(),
          As<arrow::Decimal128Array>(column).GetValue(row));
    case Type::STRING:
      return bytes->Add(Kind::kText, As<arrow::StringArray>(column).GetView(row));
    case Type::LARGE_STRING:
      return bytes->Add(Kind::kText, As<arrow::LargeStringArray>(column).GetView(row));
    case Type::STRING_VIEW:
      return bytes->Add(Kind::kText, As<arrow::StringViewArray>(column).GetView(row));
    case Type::BINARY:
      return bytes->Add(Kind::kBytes, As<arrow::BinaryArray>(column).GetView(row));
    case Type::LARGE_BINARY:
      return bytes->Add(Kind::kBytes, As<arrow::LargeBinaryArray>(column).GetView(row));
    case Type::BINARY_VIEW:
      return bytes->Add(Kind::kBytes, As<arrow::BinaryViewArray>(column).GetView(row));
    default:
      return;  // CheckType let no other pass.
  }
}

arrow::Status CheckType(const std::string& name, const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::DATE32:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DECIMAL128:
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
      return arrow::Status::OK();
    case Type::TIMESTAMP:
      if (static_cast<const arrow::TimestampType&>(type).unit() ==
          arrow::TimeUnit::MICRO) {
        return arrow::Status::OK();
      }
      break;
    default:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "column '" + name + "' of type " + type.ToString() +
                       " cannot be part of a key in the lake",
                   {{"column", name}});
}

}  // namespace

arrow::Status HashKeys(const arrow::RecordBatch& batch,
                       const std::vector<std::string>& key,
                       std::vector<KeyHash>* hashes) {
  std::vector<const arrow::Array*> columns;
  arrow::ArrayVector owned;
  for (const std::string& name : key) {
    auto column = batch.GetColumnByName(name);
    if (column == nullptr) {
      return MakeError(ErrorKind::kNotFound, "there is no key column '" + name + "'",
                       {{"column", name}});
    }
    ARROW_RETURN_NOT_OK(CheckType(name, *column->type()));
    columns.push_back(column.get());
    owned.push_back(std::move(column));
  }
  hashes->clear();
  hashes->reserve(static_cast<std::size_t>(batch.num_rows()));
  KeyBytes bytes;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    bytes.Clear();
    for (const arrow::Array* column : columns) {
      if (column->IsNull(row)) {
        bytes.Add(Kind::kNull);
      } else {
        AddValue(*column, row, &bytes);
      }
    }
    hashes->push_back(bytes.Hash());
  }
  return arrow::Status::OK();
}

}  // namespace keelboat
