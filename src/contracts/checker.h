#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "contracts/column_check.h"
#include "contracts/contract.h"

namespace keelboat {

/// The checks of one column, by its position in the batch.
struct BoundColumn {
  int index = 0;
  std::string name;
  ColumnChecks checks;
};

struct BoundMask {
  int index = 0;
  std::string name;
  MaskKind kind = MaskKind::kHash;
};

/// What a contract comes to for one schema.
struct BoundContract {
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::Schema> masked_schema;
  OnViolation on_violation = OnViolation::kFail;
  std::vector<BoundColumn> columns;
  std::vector<BoundMask> masks;
  /// Positions of the key's columns; empty: offenders are named by row number.
  std::vector<int> key;
};

/// The column that tells why a row is in quarantine.
inline constexpr const char* kReasonColumn = "_keelboat_reason";

std::unique_ptr<ContractChecker> MakeChecker(BoundContract bound);

}  // namespace keelboat
