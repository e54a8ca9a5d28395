#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/status.h>

#include "lake/stores/s3/s3_client.h"

namespace keelboat::s3 {

/// Last part of the key of a probe begins so; it is deleted at once, and never listed.
inline constexpr std::string_view kProbePrefix = ".keelboat-probe-";

/// \brief Puts that fail when the name is taken.
///
/// Before the first one, a probe beside its object proves that the store keeps the
/// condition; the result is remembered. With `single_writer` the store is asked before
/// each put instead, which is as good as long as this process is the only one that
/// writes. Thread-safe.
class ConditionalPut {
 public:
  explicit ConditionalPut(std::shared_ptr<const S3Client> client)
      : client_(std::move(client)) {}

  /// kConflict: the key is taken. kUnsupported: the store ignores the condition.
  arrow::Status Put(const std::string& key, std::string_view bytes);

 private:
  arrow::Status Prove(const std::string& beside);
  arrow::Status PutIfNoneMatch(const std::string& key, std::string_view bytes) const;
  arrow::Status PutAfterLooking(const std::string& key, std::string_view bytes);

  const std::shared_ptr<const S3Client> client_;
  std::mutex mutex_;
  std::optional<arrow::Status> proof_;
};

}  // namespace keelboat::s3
