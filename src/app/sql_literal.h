#pragma once

#include <string>

#include <arrow/result.h>

#include "keelboat/query.h"

namespace keelboat {

/// \brief A value as a literal of its type in the SQL of a dialect.
///
/// Letters, digits and harmless signs stand in quotes. A text with anything that could
/// mean something to a server, or to Metabase's templates, is spelled in hexadecimal, so
/// that no value can end its literal. kConfig for a text that is not of the type;
/// kUnsupported for a text that the dialect has no safe spelling for.
arrow::Result<std::string> SqlLiteral(const ParameterValue& value,
                                      const std::string& dialect);

}  // namespace keelboat
