#pragma once

#include <string_view>

#include <arrow/status.h>

namespace keelboat::metabase {

/// \brief Turns an error object of Metabase into a status of the right kind.
///
/// Pure. `json_object` begins with the object's brace; what follows the object is
/// ignored. `http_status` is 0 or 2xx for an object found in a body that began well. The
/// message keeps the database's own words; stack traces do not get through. Details:
/// error_type, sqlstate, http_status. Never OK: an object without an error in it is one
/// that was not expected here.
arrow::Status ErrorOfBody(std::string_view json_object, int http_status);

/// \brief The same for a whole answer that is no success, whatever its body is.
///
/// Bodies that are no JSON (a proxy's page, plain text) are named as such, with the
/// status and their first words.
arrow::Status ErrorOfAnswer(std::string_view body, std::string_view content_type,
                            int http_status);

}  // namespace keelboat::metabase
