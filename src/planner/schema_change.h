#pragma once

#include <string>
#include <vector>

#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include "planner/plan.h"

namespace keelboat {

/// The source's own name of a column's type, where it told one.
std::string SourceTypeOf(const arrow::Field& field);

/// How the columns to be read differ from the lake's, where `masked` ones are texts.
SchemaDelta CompareSchemas(const arrow::Schema& lake, const arrow::Schema& source,
                           const std::vector<std::string>& masked);

/// \brief Applies `schema_change` to the plan's columns.
///
/// kContract for a change that it forbids. `freeze` leaves new columns out, with a
/// warning.
arrow::Status ApplySchemaPolicy(TablePlan& plan);

/// "added a, b; dropped c; d: int -> bigint".
std::string DescribeChange(const SchemaDelta& delta);

}  // namespace keelboat
