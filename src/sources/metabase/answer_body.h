#pragma once

#include <string>

#include <arrow/result.h>

#include "sources/metabase/api.h"

namespace keelboat::metabase {

/// \brief Reads the body of a small answer: `{"data":{"rows":[…],"cols":[…]},…}`.
///
/// Pure. An answer is one only when the JSON is whole and its status is "completed": an
/// error object in a body that was sent as a success is that error, and a body that ends
/// early kUnavailable. Keys come in any order.
arrow::Result<Answer> ReadAnswer(std::string body);

/// The body of a question to POST /api/dataset; also `query` of an export's form.
/// kConfig when the parameters are no JSON of the right kind.
arrow::Result<std::string> QuestionJson(const Question& question, int64_t database);

}  // namespace keelboat::metabase
