#pragma once

#include <string>
#include <string_view>

#include <arrow/result.h>

#include "sources/source.h"

namespace keelboat::mysql {

/// \brief The user's query as it can stand in parentheses behind FROM.
///
/// Drops a semicolon at the end, and what follows it. kConfig for what is not exactly one
/// statement that begins with SELECT, WITH, VALUES or TABLE, for INTO, for locking
/// clauses, and for quotes, comments and parentheses that do not end. Pure; the server
/// has the last word on the rest, and its session cannot write.
arrow::Result<std::string> QueryText(std::string_view sql);

/// "table orders", or "the query".
std::string NameOf(const Relation& relation);

}  // namespace keelboat::mysql
