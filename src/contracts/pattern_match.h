#pragma once

#include <memory>
#include <string>

#include <arrow/array/array_primitive.h>
#include <arrow/result.h>
#include <arrow/status.h>

namespace keelboat {

/// Patterns go through Arrow's own regular expression kernel (RE2). A second RE2 in the
/// process would be a danger: libarrow_compute exports the symbols of the one inside it.

/// kConfig with RE2's reason when the pattern is not one that RE2 can run.
arrow::Status CheckPattern(const std::string& pattern);

/// Whether each text contains a match; null where the text is null.
arrow::Result<std::shared_ptr<arrow::BooleanArray>> MatchPattern(
    const std::shared_ptr<arrow::Array>& texts, const std::string& pattern);

}  // namespace keelboat
