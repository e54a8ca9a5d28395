#include "contracts/pattern_match.h"

#include <arrow/array/builder_binary.h>
#include <arrow/compute/api_scalar.h>
#include <arrow/compute/exec.h>
#include <arrow/datum.h>

#include "contracts/compute.h"
#include "keelboat/error.h"

namespace keelboat {

arrow::Status CheckPattern(const std::string& pattern) {
  // The kernel compiles the pattern only when it has something to match.
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Append(""));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> one, builder.Finish());
  arrow::Status tried = MatchPattern(one, pattern).status();
  if (tried.ok()) return tried;
  std::string reason = tried.message();
  const std::string prefix = "Invalid regular expression: ";
  if (reason.rfind(prefix, 0) == 0) reason = reason.substr(prefix.size());
  return MakeError(ErrorKind::kConfig,
                   "'" + pattern + "' is not an RE2 pattern (" + reason +
                       "); lookaround and backreferences are not part of RE2");
}

arrow::Result<std::shared_ptr<arrow::BooleanArray>> MatchPattern(
    const std::shared_ptr<arrow::Array>& texts, const std::string& pattern) {
  ARROW_RETURN_NOT_OK(PrepareCompute());
  const arrow::compute::MatchSubstringOptions options(pattern);
  ARROW_ASSIGN_OR_RAISE(
      arrow::Datum matched,
      arrow::compute::CallFunction("match_substring_regex", {texts}, &options));
  return std::static_pointer_cast<arrow::BooleanArray>(matched.make_array());
}

}  // namespace keelboat
