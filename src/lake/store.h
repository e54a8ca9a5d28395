#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "core/clock.h"

namespace keelboat {

struct ObjectInfo {
  std::string path;  ///< Relative to the store's root, '/' between the parts.
  int64_t size = 0;
  SystemTime modified;
};

/// \brief Named byte objects under one root: a folder, or a bucket and prefix.
///
/// Paths are relative to the root and never hold "..". Thread-safe. An object is
/// seen whole or not at all. A full disk is kUnavailable with detail
/// "errno"="ENOSPC" and names the path.
class Store {
 public:
  virtual ~Store() = default;

  /// Absolute place of a path, as other programs spell it: "/data/lake/x" or "s3://b/x".
  virtual std::string Uri(const std::string& path) const = 0;
  /// Opens a new object for writing. It becomes visible, and durable, when its
  /// `Close` returns OK; destroyed or aborted before, it leaves nothing behind.
  virtual arrow::Result<std::shared_ptr<arrow::io::OutputStream>> Create(
      const std::string& path) = 0;
  virtual arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path) = 0;
  /// Reads a small object whole; kNotFound when it does not exist.
  virtual arrow::Result<std::string> Get(const std::string& path) = 0;
  /// Writes a small object unless it exists: then kConflict and nothing changed.
  /// Atomic and durable; of several writers exactly one gets OK.
  virtual arrow::Status PutIfAbsent(const std::string& path, std::string_view bytes) = 0;
  /// Writes or replaces a small object, atomically.
  virtual arrow::Status Put(const std::string& path, std::string_view bytes) = 0;
  /// All objects whose path begins with `prefix`, sorted by path, in all sub-folders.
  /// Objects still being written are not listed.
  virtual arrow::Result<std::vector<ObjectInfo>> List(const std::string& prefix) = 0;
  /// Removes an object; OK when it does not exist.
  virtual arrow::Status Delete(const std::string& path) = 0;
  /// Removes what writers that died left half-written under `prefix` and that is older
  /// than `before`. Returns how many. (Local: temporary files. S3: open multipart
  /// uploads.)
  virtual arrow::Result<int64_t> DeleteUnfinished(const std::string& prefix,
                                                  SystemTime before) = 0;
  /// \brief Makes the place itself where it is missing, and nothing else: the folder, or
  /// the bucket.
  ///
  /// Returns what was made, or with `dry_run` would be, for people: "bucket company-lake
  /// in eu-west-1"; empty: it was there.
  virtual arrow::Result<std::vector<std::string>> Setup(bool dry_run) = 0;
  /// \brief Path of a copy of an object on this machine, kept since it was written here.
  ///
  /// Whole, and the reader's until DropLocalCopies. Most stores keep none.
  virtual std::optional<std::string> LocalCopy(const std::string& path) {
    (void)path;
    return std::nullopt;
  }
  /// Frees the copies of all objects whose path begins with `prefix`.
  virtual void DropLocalCopies(const std::string& prefix) { (void)prefix; }
  /// What there is to say about the place, for people: "MinIO at http://…, not
  /// encrypted". Asks the server, where there is one.
  virtual arrow::Result<std::string> Describe() { return std::string(); }
};

}  // namespace keelboat
