#include "lake/stores/s3/object_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <arrow/buffer.h>

#include "keelboat/error.h"

namespace keelboat::s3 {
namespace {

constexpr int64_t kTailBytes = int64_t{64} << 10;
constexpr int64_t kAheadBytes = int64_t{8} << 20;
constexpr int kWhole = 200;
constexpr int kPartialContent = 206;
constexpr int kRangeNotSatisfiable = 416;

S3Request RangeRequest(const std::string& key, std::string range) {
  S3Request request;
  request.key = key;
  request.headers = {{"range", std::move(range)}};
  request.doing = "reading";
  request.right = "s3:GetObject";
  return request;
}

// What stands behind the slash of "bytes 0-9/1234".
arrow::Result<int64_t> SizeOf(std::string_view range, const std::string& uri) {
  const std::size_t slash = range.rfind('/');
  int64_t size = 0;
  if (slash != std::string_view::npos) {
    const std::string_view text = range.substr(slash + 1);
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, size);
    if (read.ec == std::errc() && read.ptr == end && !text.empty()) return size;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "reading " + uri + ": the store does not say how large it is");
}

}  // namespace

arrow::Result<std::shared_ptr<ObjectReader>> ObjectReader::Open(
    std::shared_ptr<const S3Client> client, std::string key) {
  std::shared_ptr<ObjectReader> file(new ObjectReader(std::move(client), std::move(key)));
  S3Request request = RangeRequest(file->key_, "bytes=-" + std::to_string(kTailBytes));
  // Of an empty object no range can be had.
  request.also_fine = kRangeNotSatisfiable;
  ARROW_ASSIGN_OR_RAISE(auto answer, file->client_->Send(request));
  HttpResponse& response = answer;
  if (response.head.status == kRangeNotSatisfiable) return file;
  file->tag_ = response.head.Find("etag");
  file->size_ = static_cast<int64_t>(response.body.size());
  if (response.head.status == kPartialContent) {
    ARROW_ASSIGN_OR_RAISE(file->size_, SizeOf(response.head.Find("content-range"),
                                              file->client_->UriOf(file->key_)));
  }
  file->block_ = std::move(response.body);
  file->block_at_ = file->size_ - static_cast<int64_t>(file->block_.size());
  return file;
}

arrow::Result<std::string> ObjectReader::Fetch(int64_t position, int64_t count) const {
  S3Request request = RangeRequest(key_, "bytes=" + std::to_string(position) + "-" +
                                             std::to_string(position + count - 1));
  if (!tag_.empty()) request.headers.emplace_back("if-match", tag_);
  auto answer = client_->Send(request);
  if (!answer.ok() && KindOf(answer.status()) == ErrorKind::kConflict) {
    return MakeError(
        ErrorKind::kData,
        "reading " + client_->UriOf(key_) + ": the object was replaced while it was read",
        {{"path", client_->UriOf(key_)}});
  }
  ARROW_RETURN_NOT_OK(answer.status());
  std::string bytes = std::move(answer->body);
  // Some servers send the whole object whatever they are asked for.
  if (answer->head.status == kWhole && static_cast<int64_t>(bytes.size()) == size_) {
    return bytes.substr(static_cast<std::size_t>(position),
                        static_cast<std::size_t>(count));
  }
  const std::string_view range = answer->head.Find("content-range");
  const std::string expected = "bytes " + std::to_string(position) + "-" +
                               std::to_string(position + count - 1) + "/";
  if (!range.starts_with(expected)) {
    return MakeError(ErrorKind::kUnavailable,
                     "reading " + client_->UriOf(key_) + ": other bytes came ('" +
                         std::string(range) + "') than were asked for");
  }
  if (static_cast<int64_t>(bytes.size()) != count) {
    return MakeError(ErrorKind::kUnavailable, "reading " + client_->UriOf(key_) + ": " +
                                                  std::to_string(bytes.size()) +
                                                  " bytes came of " +
                                                  std::to_string(count));
  }
  return bytes;
}

bool ObjectReader::TakeFromBlock(int64_t position, int64_t count, void* out) {
  const int64_t offset = position - block_at_;
  if (offset < 0 || offset + count > static_cast<int64_t>(block_.size())) return false;
  std::memcpy(out, block_.data() + offset, static_cast<std::size_t>(count));
  read_end_ = position + count;
  return true;
}

arrow::Result<int64_t> ObjectReader::ReadAt(int64_t position, int64_t nbytes, void* out) {
  if (closed_) return arrow::Status::Invalid("reading a closed file");
  if (position < 0 || nbytes < 0) return arrow::Status::Invalid("no such range");
  const int64_t count = std::min(nbytes, std::max<int64_t>(size_ - position, 0));
  if (count == 0) return 0;
  int64_t fetched = count;
  {
    const std::lock_guard lock(mutex_);
    if (TakeFromBlock(position, count, out)) return count;
    if (position == read_end_ || position == 0) fetched = std::max(count, kAheadBytes);
  }
  fetched = std::min(fetched, size_ - position);
  ARROW_ASSIGN_OR_RAISE(std::string bytes, Fetch(position, fetched));
  std::memcpy(out, bytes.data(), static_cast<std::size_t>(count));
  const std::lock_guard lock(mutex_);
  read_end_ = position + count;
  if (fetched > count) {
    block_ = std::move(bytes);
    block_at_ = position;
  }
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectReader::ReadAt(int64_t position,
                                                                   int64_t nbytes) {
  if (nbytes < 0) return arrow::Status::Invalid("no such range");
  const int64_t most = std::min(nbytes, std::max<int64_t>(size_ - position, 0));
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(most));
  ARROW_ASSIGN_OR_RAISE(int64_t count, ReadAt(position, most, buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(count));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<int64_t> ObjectReader::Read(int64_t nbytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(int64_t count, ReadAt(position_, nbytes, out));
  position_ += count;
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectReader::Read(int64_t nbytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, nbytes));
  position_ += buffer->size();
  return buffer;
}

arrow::Status ObjectReader::Seek(int64_t position) {
  if (position < 0) return arrow::Status::Invalid("no such position");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status ObjectReader::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

}  // namespace keelboat::s3
