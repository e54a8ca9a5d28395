#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <mysql.h>

namespace keelboat::mysql {

/// How a column's cells lie in a row of the binary protocol, and what becomes of them.
enum class CellKind : uint8_t {
  kFixed1,  ///< One byte, taken as it is; so are the next three.
  kFixed2,
  kFixed4,
  kFixed8,
  kBit,
  kDecimal128,
  kDecimal256,
  kDate,
  kDateTime,
  kTime,
  kText,
  kBytes,
  kGeometry,
};

/// What the server says of a column of a result.
struct ServerField {
  std::string name;
  enum_field_types type = MYSQL_TYPE_NULL;
  unsigned int flags = 0;
  unsigned int charset = 0;
  unsigned long length = 0;
  unsigned int decimals = 0;
  /// MariaDB's extended metadata: "json", "uuid", "inet6" …; empty elsewhere.
  std::string extended;

  static ServerField Of(const MYSQL_FIELD& field);
};

struct ColumnType {
  CellKind cell;
  std::shared_ptr<arrow::DataType> arrow;
  /// Value for kLogicalTypeKey, or empty.
  std::string logical;
};

/// \brief The Arrow type of a column, as TYPES.md lists it.
///
/// The one place that decides it: what is described and what is read agree because both
/// ask here. kUnsupported names a type that is not known.
arrow::Result<ColumnType> TypeOf(const ServerField& field);

/// Whether a declared type ("datetime(6)") is a calendar date that may be a zero date.
bool IsCalendarType(std::string_view declared_type);

}  // namespace keelboat::mysql
