#include "lake/stores/s3/upload.h"

#include <utility>

#include "keelboat/error.h"
#include "lake/stores/s3/digest.h"
#include "lake/stores/s3/xml_answer.h"

namespace keelboat::s3 {
namespace {

constexpr const char* kDoing = "writing";
constexpr const char* kPutRight = "s3:PutObject";

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

S3Request PutRequest(const std::string& key) {
  S3Request request;
  request.method = "PUT";
  request.key = key;
  request.doing = kDoing;
  request.right = kPutRight;
  return request;
}

arrow::Result<UploadedPart> SendOnePart(const S3Client& client, const S3Request& request,
                                        const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto answer, client.Send(request, stop));
  UploadedPart part{std::string(answer.head.Find("etag")), request.body_sha256};
  if (part.tag.empty()) {
    return MakeError(ErrorKind::kUnsupported,
                     "writing " + client.UriOf(request.key) +
                         ": the store took a part and gave no ETag for it");
  }
  return part;
}

}  // namespace

std::string UploadNoteOf(const std::string& key) {
  const std::size_t slash = key.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return key.substr(0, name) + std::string(kUploadNotePrefix) + key.substr(name);
}

arrow::Status AbortUpload(const S3Client& client, const std::string& key,
                          const std::string& upload_id) {
  S3Request request;
  request.method = "DELETE";
  request.key = key;
  request.query = {{"uploadId", upload_id}};
  request.doing = "ending the upload of";
  request.right = "s3:AbortMultipartUpload";
  const arrow::Status status = client.Send(request).status();
  const bool gone = !status.ok() && DetailOf(status, "s3_code") == "NoSuchUpload";
  return gone ? arrow::Status::OK() : status;
}

Upload::Upload(std::shared_ptr<const S3Client> client, std::string key)
    : client_(std::move(client)), key_(std::move(key)) {}

Upload::~Upload() { (void)Abort(); }

arrow::Status Upload::Write(const void* data, int64_t nbytes) {
  if (closed_) {
    return MakeError(ErrorKind::kInternal,
                     "writing a closed object: " + client_->UriOf(key_));
  }
  const char* bytes = static_cast<const char*>(data);
  position_ += nbytes;
  const auto part_bytes = static_cast<std::size_t>(client_->options().part_bytes);
  for (auto left = static_cast<std::size_t>(nbytes); left > 0;) {
    // A part leaves when more comes: the last one must not be empty.
    if (buffer_.size() == part_bytes) ARROW_RETURN_NOT_OK(SendPart());
    const std::size_t count = std::min(left, part_bytes - buffer_.size());
    buffer_.append(bytes, count);
    bytes += count;
    left -= count;
  }
  return arrow::Status::OK();
}

arrow::Status Upload::Begin() {
  S3Request request = PutRequest(key_);
  request.method = "POST";
  request.query = {{"uploads", ""}};
  checksums_ = client_->checksums();
  if (checksums_) request.headers = {{"x-amz-checksum-algorithm", "SHA256"}};
  auto answer = client_->Send(request);
  if (checksums_ && DetailOf(answer.status(), "s3_code") == "NotImplemented") {
    client_->DropChecksums();
    checksums_ = false;
    request.headers.clear();
    answer = client_->Send(request);
  }
  ARROW_RETURN_NOT_OK(answer.status());
  ARROW_ASSIGN_OR_RAISE(auto xml, ParseXml(answer->body));
  upload_id_ = xml.Text("UploadId");
  if (upload_id_.empty()) {
    return MakeError(ErrorKind::kUnsupported,
                     "writing " + client_->UriOf(key_) +
                         ": the store began an upload without an id for it");
  }
  // Some stores list uploads by their exact key only, so a note has to tell of it.
  S3Request note = PutRequest(UploadNoteOf(key_));
  note.body = upload_id_;
  return client_->Send(note).status();
}

arrow::Status Upload::SendPart() {
  if (upload_id_.empty()) ARROW_RETURN_NOT_OK(Begin());
  const auto most = static_cast<std::size_t>(client_->options().parts_in_flight);
  while (in_flight_.size() >= most) ARROW_RETURN_NOT_OK(AwaitOldest());
  S3Request request = PutRequest(key_);
  request.query = {{"partNumber", std::to_string(++parts_)}, {"uploadId", upload_id_}};
  request.send_checksum = checksums_;
  request.body = std::exchange(buffer_, {});
  in_flight_.push_back(
      std::async(std::launch::async, [client = client_, request = std::move(request),
                                      stop = stop_.get_token()]() mutable {
        request.body_sha256 = Sha256(request.body);
        return SendOnePart(*client, request, stop);
      }));
  return arrow::Status::OK();
}

arrow::Status Upload::AwaitOldest() {
  auto oldest = std::move(in_flight_.front());
  in_flight_.pop_front();
  ARROW_ASSIGN_OR_RAISE(UploadedPart part, oldest.get());
  arrived_.push_back(std::move(part));
  return arrow::Status::OK();
}

arrow::Status Upload::Close() {
  if (closed_) return arrow::Status::OK();
  arrow::Status status = Finish();
  // What Abort cannot do is DeleteUnfinished's to do.
  if (!status.ok()) (void)Abort();
  closed_ = true;
  return status;
}

arrow::Status Upload::Finish() {
  if (upload_id_.empty() && parts_ == 0) return PutWhole();
  ARROW_RETURN_NOT_OK(SendPart());
  while (!in_flight_.empty()) ARROW_RETURN_NOT_OK(AwaitOldest());
  ARROW_RETURN_NOT_OK(Complete());
  upload_id_.clear();
  S3Request note;
  note.method = "DELETE";
  note.key = UploadNoteOf(key_);
  note.doing = "deleting";
  note.right = "s3:DeleteObject";
  // The object is there; a note that stays is DeleteUnfinished's.
  (void)client_->Send(note);
  return arrow::Status::OK();
}

arrow::Status Upload::PutWhole() {
  S3Request request = PutRequest(key_);
  request.send_checksum = true;
  request.body = std::exchange(buffer_, {});
  return client_->Send(request).status();
}

arrow::Status Upload::Complete() {
  S3Request request = PutRequest(key_);
  request.method = "POST";
  request.query = {{"uploadId", upload_id_}};
  request.body = "<CompleteMultipartUpload>";
  std::vector<std::string> digests;
  for (std::size_t i = 0; i < arrived_.size(); ++i) {
    request.body += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
                    Escaped(arrived_[i].tag) + "</ETag>";
    if (checksums_) {
      digests.push_back(arrived_[i].sha256);
      request.body += "<ChecksumSHA256>" + Base64(digests.back()) + "</ChecksumSHA256>";
    }
    request.body += "</Part>";
  }
  request.body += "</CompleteMultipartUpload>";
  auto answer = client_->Send(request);
  if (!answer.ok()) {
    // Done by an attempt whose answer was lost?
    const bool gone = DetailOf(answer.status(), "s3_code") == "NoSuchUpload";
    return gone && CheckCompleted().ok() ? arrow::Status::OK() : answer.status();
  }
  // This answer begins before the work is done: its body alone says how it went.
  ARROW_ASSIGN_OR_RAISE(auto xml, ParseXml(answer->body));
  if (xml.name == "CompleteMultipartUploadResult") {
    const std::string_view whole = xml.Text("ChecksumSHA256");
    if (!checksums_ || whole.empty() || whole == CompositeSha256(digests)) {
      return arrow::Status::OK();
    }
    return MakeError(ErrorKind::kUnavailable,
                     "writing " + client_->UriOf(key_) +
                         ": the store put the parts together otherwise than they were "
                         "sent");
  }
  HttpHead failed = answer->head;
  failed.status = 500;
  return ErrorOfAnswer(
      failed, answer->body,
      {kDoing, client_->UriOf(key_), client_->options().bucket, kPutRight},
      client_->clock().Now());
}

arrow::Status Upload::CheckCompleted() const {
  S3Request request;
  request.key = key_;
  request.headers = {{"range", "bytes=0-0"}};
  request.doing = "reading";
  request.right = "s3:GetObject";
  ARROW_ASSIGN_OR_RAISE(auto answer, client_->Send(request));
  const std::string_view range = answer.head.Find("content-range");
  if (range.ends_with("/" + std::to_string(position_))) return arrow::Status::OK();
  return MakeError(ErrorKind::kUnavailable, "the object is not the one that was written");
}

arrow::Status Upload::Abort() {
  if (closed_) return arrow::Status::OK();
  closed_ = true;
  stop_.request_stop();
  buffer_.clear();
  // A part that arrives after the end of its upload would stay for ever.
  while (!in_flight_.empty()) (void)AwaitOldest();
  if (upload_id_.empty()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(AbortUpload(*client_, key_, upload_id_));
  S3Request note;
  note.method = "DELETE";
  note.key = UploadNoteOf(key_);
  note.doing = "deleting";
  note.right = "s3:DeleteObject";
  return client_->Send(note).status();
}

}  // namespace keelboat::s3
