#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <arrow/status.h>

#include "core/clock.h"
#include "net/http_client.h"

namespace keelboat::s3 {

/// What a request was for, so that its error can say what is missing.
struct Purpose {
  std::string doing;   ///< "writing"; lower case, a gerund.
  std::string place;   ///< "s3://bucket/prefix/key".
  std::string bucket;  ///< Where rights would have to be granted.
  std::string right;   ///< "s3:PutObject".
};

/// \brief What an answer that is no success means. Pure.
///
/// Kind and remedy by S3's code where there is one, else by the HTTP status. Details:
/// "s3_code", "http_status", "path"; "errno"="ENOSPC" when the store is full. `now` is
/// for telling how far the clocks are apart.
arrow::Status ErrorOfAnswer(const HttpHead& head, std::string_view body,
                            const Purpose& purpose, SystemTime now);

/// \brief This machine's clock against the server's, by the answer's `Date`.
///
/// Positive: ours is ahead. Nullopt where the answer has no date.
std::optional<std::chrono::seconds> ClockSkew(const HttpHead& head, SystemTime now);

/// "16 min ahead of", "2 s behind".
std::string SkewText(std::chrono::seconds skew);

}  // namespace keelboat::s3
