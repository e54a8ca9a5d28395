#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "sources/metabase/api.h"
#include "sources/metabase/engine_kind.h"

namespace keelboat::metabase {

/// How a column's JSON values are read. Each accepts what Metabase's servers are known
/// to send for it, and nothing that would not be exact.
enum class CellForm : uint8_t {
  kBool,       ///< true, false, 0, 1.
  kInteger,    ///< Digits, as a number or a string; also 1E+3, 5.0, true.
  kFloat,      ///< A number or its text, "NaN", "Infinity", "-Infinity".
  kDecimal,    ///< Digits with fraction and exponent, as a number or a string.
  kText,       ///< A string; of anything else its JSON text.
  kDate,       ///< "2024-01-02…", or days since 1970-01-01.
  kTimestamp,  ///< ISO 8601, or a number of `epoch_unit`s since 1970-01-01.
  kTime,       ///< "10:20:30.5", an offset is dropped.
  kHexBytes,   ///< "C42360D7FF".
};

/// \brief What becomes of one column of an answer: the one place that decides. A value.
struct ColumnType {
  std::shared_ptr<arrow::DataType> arrow;
  CellForm form = CellForm::kText;
  /// kTimestamp given as a number: how many of Arrow's units one is.
  int64_t epoch_unit = 1;
  bool nullable = true;
  /// kLogicalTypeKey of the field, or empty.
  std::string logical;
  /// SQL by which the column is selected so that its JSON is exact, with {} for the
  /// column itself; empty: as it is.
  std::string selected_as;
  /// Why values may differ from the stored ones when the column is not selected so
  /// (answers that cannot be wrapped); empty: they do not.
  std::string loss;
};

/// \brief The type of a column from Metabase's and the database's own words for it.
///
/// `wrapped`: the column will be selected through `selected_as`. kUnsupported for types
/// without values (states of aggregate functions) and for bytes where they would be cut.
arrow::Result<ColumnType> TypeOfColumn(EngineKind engine, const AnswerColumn& column,
                                       bool wrapped);

/// The same column as text, as the database itself prints it.
ColumnType TextType(EngineKind engine, const ColumnType& type);

}  // namespace keelboat::metabase
