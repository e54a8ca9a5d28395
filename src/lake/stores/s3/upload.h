#pragma once

#include <deque>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "lake/stores/s3/s3_client.h"

namespace keelboat::s3 {

/// Last part of the key of the note about an upload in parts that is under way. It lies
/// beside the object, holds the upload's id, and goes when the upload ends.
inline constexpr std::string_view kUploadNotePrefix = ".keelboat-upload-";

/// Key of the note about an object's upload.
std::string UploadNoteOf(const std::string& key);

/// Ends an upload and frees its parts; OK when it is gone already.
arrow::Status AbortUpload(const S3Client& client, const std::string& key,
                          const std::string& upload_id);

/// What the store must be told of a part when the object is put together.
struct UploadedPart {
  std::string tag;
  std::string sha256;  ///< 32 bytes.
};

/// \brief An object on its way: one put, or parts that travel while the next is filled.
///
/// One thread at a time. Visible when `Close` returns OK. Destroyed or aborted before, it
/// leaves nothing: parts on their way are waited for, and then all are freed. When even
/// that cannot be done, or the process dies, the note tells DeleteUnfinished.
/// Memory: at most `parts_in_flight` + 1 parts.
class Upload final : public arrow::io::OutputStream {
 public:
  /// Sends nothing yet.
  Upload(std::shared_ptr<const S3Client> client, std::string key);
  ~Upload() override;

  arrow::Status Write(const void* data, int64_t nbytes) override;
  using Writable::Write;
  arrow::Status Close() override;
  arrow::Status Abort() override;
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return closed_; }

 private:
  arrow::Status Begin();
  arrow::Status SendPart();
  arrow::Status AwaitOldest();
  arrow::Status Complete();
  arrow::Status PutWhole();
  arrow::Status Finish();
  arrow::Status CheckCompleted() const;

  const std::shared_ptr<const S3Client> client_;
  const std::string key_;
  std::string buffer_;
  int64_t position_ = 0;
  bool closed_ = false;
  std::string upload_id_;
  std::vector<UploadedPart> arrived_;  // In order.
  std::deque<std::future<arrow::Result<UploadedPart>>> in_flight_;
  bool checksums_ = false;  // Of this upload, from its beginning.
  int parts_ = 0;
  std::stop_source stop_;
};

}  // namespace keelboat::s3
