#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace keelboat::s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  ///< Of temporary keys; else empty.
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What of a request is signed.
struct Signable {
  std::string method;
  std::string path;  ///< Percent-encoded, as it is sent: "/bucket/a%20b".
  Fields query;      ///< Names and values as they are meant, not encoded.
  Fields headers;    ///< Names in lower case; "host" among them.
  std::string payload_sha256;
};

/// "name=value&name=value", percent-encoded and in the order that signatures want.
std::string CanonicalQuery(const Fields& query);

/// \brief The headers that sign a request by AWS Signature Version 4, for service "s3".
///
/// Pure. Returns "authorization", "x-amz-content-sha256", "x-amz-date" and, for temporary
/// keys, "x-amz-security-token". `region`: "us-east-1".
Fields Sign(const Signable& request, const Credentials& credentials,
            const std::string& region, SystemTime now);

}  // namespace keelboat::s3
