#pragma once

#include <string>
#include <string_view>

#include <arrow/result.h>

#include "keelboat/query.h"

namespace keelboat {

/// \brief Reads a query from the text of its file.
///
/// Front matter is the comment that the file begins with, `--` lines or one `/* … */`,
/// when it holds one of the keys; then it is YAML. A comment of other words is a comment.
/// `place` stands in errors. The name is that of the file; another in the front matter is
/// kConfig.
arrow::Result<NamedQuery> ParseQueryFile(std::string_view text, const std::string& name,
                                         const std::string& place);

}  // namespace keelboat
