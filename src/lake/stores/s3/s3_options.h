#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/retry.h"
#include "lake/stores/s3/key_source.h"
#include "lake/stores/s3/signature.h"

namespace keelboat {

/// How a bucket is named in a request.
enum class S3Addressing {
  kAuto,     ///< Path with an endpoint of one's own; with AWS the host, where it can be.
  kPath,     ///< "https://host/bucket/key".
  kVirtual,  ///< "https://bucket.host/key".
};

/// A bucket, how it is reached, and what of it is a lake.
struct S3Options {
  std::string bucket;
  std::string prefix;    ///< No slash at either end; may be empty.
  std::string endpoint;  ///< "http://host:9000", without a path; empty: AWS.
  std::string region = "us-east-1";
  S3Addressing addressing = S3Addressing::kAuto;
  s3::Credentials credentials;  ///< Empty: those that `key_places` lead to.
  std::string keys_origin;      ///< Of `credentials`, where the user did not write them.
  s3::KeyPlaces key_places;
  std::string tls_ca;  ///< PEM file of authorities; empty: the machine's own.
  std::chrono::milliseconds connect_timeout{10'000};
  /// The longest that the store may neither take nor send anything.
  std::chrono::milliseconds silence_timeout{60'000};
  /// For each request. Throttled, unreachable, timed out: tried again.
  RetryPolicy retry{.max_retries = 5,
                    .delay = std::chrono::milliseconds(200),
                    .exponential_backoff = true,
                    .max_delay = std::chrono::seconds(5)};
  /// The user's word that nobody else writes at the same time. For stores that keep no
  /// condition of a put: whether an object is there is then asked before.
  bool single_writer = false;
  /// Larger objects travel in parts of this size; at least 5 MiB.
  int64_t part_bytes = int64_t{8} << 20;
  /// Parts of one object that travel at the same time, while the next one is filled.
  int parts_in_flight = 2;
};

}  // namespace keelboat
