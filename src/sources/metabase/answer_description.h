#pragma once

#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "sources/metabase/api.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// \brief Describes the answer of a question without its rows.
///
/// The relation's schema has Arrow's types, unique names (a second `a` is `a_2`, a
/// nameless column `column_3`), and in its metadata all that SplitQuestion and ReadPiece
/// need to know; `sql` is the question's. A field that is turned to utf8 makes the column
/// come as the database's own text. ClickHouse is asked for its own types, other
/// databases are asked for no row. kConfig for SQL that is not one read; else as
/// Api::Ask.
arrow::Result<Relation> DescribeAnswer(Api& api, const Question& question,
                                       const std::stop_token& stop);

}  // namespace keelboat::metabase
