#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "keelboat/error.h"
#include "lake/stores/s3/digest.h"
#include "net/form_text.h"
#include "net/http_client.h"

namespace keelboat {

/// \brief A bucket in memory that speaks S3, and whose n-th request can fail.
///
/// Knows what keelboat asks; signatures are another test's. Listings have three keys a
/// page. Thread-safe. Shared by the clients made of it.
class FakeS3 {
 public:
  enum class Fault {
    kReset,         ///< Nothing was done, the connection broke.
    kAnswerLost,    ///< It was done, the connection broke before the answer.
    kSlowDown,      ///< 503 SlowDown.
    kInternal,      ///< 500 InternalError.
    kGone,          ///< This request and all after it break.
    kCompleteFails  ///< 200 whose body is an error, as of a completion.
  };

  explicit FakeS3(std::string bucket) : bucket_(std::move(bucket)) {}

  /// The n-th request from now fails, and `times - 1` after it.
  void FailAt(int request, Fault fault, int times = 1) {
    const std::lock_guard lock(mutex_);
    requests_ = 0;
    fail_at_ = request;
    fault_ = fault;
    times_ = times;
    faulted_ = false;
  }
  /// The answer to the next put below that part of a key is lost.
  void LosePutOf(const std::string& part) {
    faulted_ = false;
    lose_put_of_ = part;
  }
  void Heal() { FailAt(0, Fault::kReset); }
  bool faulted() const { return faulted_; }
  int requests() const { return requests_; }
  void IgnoreConditions() { ignores_conditions_ = true; }
  /// Has never heard of checksums.
  void RefuseChecksums() { refuses_checksums_ = true; }
  /// Requests signed with that access key are refused from now on.
  void Expire(const std::string& access_key) { expired_ = access_key; }
  /// Other bytes than were put.
  void Damage(const std::string& key) { objects_.at(key).bytes.at(0) ^= 1; }
  /// Puts the parts of uploads together otherwise than they were sent.
  void DamageUploads() { damages_uploads_ = true; }
  /// What the bucket was made with.
  const std::string& made_with() const { return made_with_; }
  void RemoveBucket() { bucket_there_ = false; }
  /// Ranges are answered with the whole object, or with another range.
  void IgnoreRanges() { ignores_ranges_ = true; }
  void ShiftRanges() { shifts_ranges_ = true; }
  /// Every request is answered so.
  void AnswerAlways(int status, std::string body, std::vector<HttpHeader> headers = {}) {
    always_ = {{status, std::move(headers), ""}, std::move(body)};
  }
  /// Keys that can be seen.
  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, object] : objects_) keys.push_back(key);
    return keys;
  }
  std::size_t open_uploads() const { return uploads_.size(); }
  std::vector<std::string> urls() const { return urls_; }

  std::unique_ptr<HttpClient> Client() { return std::make_unique<Connection>(this); }

 private:
  struct Object {
    std::string bytes;
    std::string tag;
    std::string checksum;
  };
  struct Upload {
    std::string key;
    std::map<int, std::string> parts;
  };
  class Connection final : public HttpClient {
   public:
    explicit Connection(FakeS3* bucket) : bucket_(bucket) {}
    arrow::Result<HttpResponse> Send(const HttpRequest& request, int64_t,
                                     const std::stop_token&) override {
      return bucket_->Hear(request);
    }
    arrow::Result<HttpStream> Open(const HttpRequest&, const std::stop_token&) override {
      return MakeError(ErrorKind::kInternal, "nobody streams from a bucket");
    }

   private:
    FakeS3* const bucket_;
  };

  static constexpr const char* kTime = "2026-11-21T02:00:00.000Z";

  static std::string Decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      unsigned byte = static_cast<unsigned char>(text[i]);
      if (text[i] == '%') {
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
        i += 2;
      }
      plain += static_cast<char>(byte);
    }
    return plain;
  }

  static HttpResponse Failure(int status, const std::string& code) {
    return {{status, {}, ""},
            "<?xml version=\"1.0\"?><Error><Code>" + code +
                "</Code><Message>in other words</Message></Error>"};
  }

  arrow::Result<HttpResponse> Hear(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    urls_.push_back(request.method + " " + request.url);
    if (always_.head.status != 0) return always_;
    if (!lose_put_of_.empty() && request.method == "PUT" &&
        request.url.find(lose_put_of_) != std::string::npos) {
      lose_put_of_.clear();
      faulted_ = true;
      (void)Serve(request);
      return MakeError(ErrorKind::kUnavailable, "the connection to the bucket was lost");
    }
    ++requests_;
    const bool fails = fail_at_ != 0 && requests_ >= fail_at_ &&
                       (fault_ == Fault::kGone || requests_ < fail_at_ + times_);
    if (!fails) return Serve(request);
    faulted_ = true;
    const arrow::Status broken =
        MakeError(ErrorKind::kUnavailable, "the connection to the bucket was lost");
    switch (fault_) {
      case Fault::kSlowDown:
        return Failure(503, "SlowDown");
      case Fault::kInternal:
        return Failure(500, "InternalError");
      case Fault::kCompleteFails:
        return Failure(200, "InternalError");
      case Fault::kAnswerLost:
        (void)Serve(request);
        return broken;
      case Fault::kReset:
      case Fault::kGone:
        break;
    }
    return broken;
  }

  static std::string Checksum(const std::string& bytes) {
    return s3::Base64(s3::Sha256(bytes));
  }

  HttpResponse Serve(const HttpRequest& request) {
    const std::string path = request.url.substr(request.url.find('/', 8));
    const std::size_t mark = std::min(path.find('?'), path.size());
    const std::string own = "/" + bucket_;
    if (!path.starts_with(own)) return Failure(404, "NoSuchBucket");
    std::string key = Decoded(path.substr(0, mark)).substr(own.size());
    if (!key.empty()) key.erase(0, 1);
    std::map<std::string, std::string> query;
    for (std::string rest = path.substr(std::min(mark + 1, path.size()));
         !rest.empty();) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      const std::size_t equals = rest.find('=');
      query[rest.substr(0, equals)] = Decoded(rest.substr(equals + 1, end - equals - 1));
      rest.erase(0, end + 1);
    }
    std::map<std::string, std::string> headers;
    for (const HttpHeader& header : request.headers) headers[header.name] = header.value;
    if (!expired_.empty() && headers["authorization"].find("Credential=" + expired_ +
                                                           "/") != std::string::npos) {
      return Failure(400, "ExpiredToken");
    }
    if (key.empty() && request.method == "PUT") {
      if (bucket_there_) return Failure(409, "BucketAlreadyOwnedByYou");
      bucket_there_ = true;
      made_with_ = request.body;
      return {{200, {}, ""}, ""};
    }
    if (!bucket_there_) return Failure(404, "NoSuchBucket");
    if (refuses_checksums_ && (headers.contains("x-amz-checksum-sha256") ||
                               headers.contains("x-amz-checksum-algorithm"))) {
      return Failure(501, "NotImplemented");
    }
    if (headers.contains("x-amz-checksum-sha256") &&
        headers["x-amz-checksum-sha256"] != Checksum(request.body)) {
      return Failure(400, "BadDigest");
    }
    if (key.empty()) {
      return query.contains("uploads") ? ListUploads(query) : List(query);
    }
    if (request.method == "POST") return Post(key, query, request.body);
    if (request.method == "PUT" && query.contains("partNumber")) {
      return PutPart(request.body, query);
    }
    if (request.method == "PUT") return Put(key, request.body, headers);
    if (request.method == "DELETE" && query.contains("uploadId")) {
      return uploads_.erase(query["uploadId"]) == 0 ? Failure(404, "NoSuchUpload")
                                                    : HttpResponse{{204, {}, ""}, ""};
    }
    if (request.method == "DELETE") {
      objects_.erase(key);
      return {{204, {}, ""}, ""};
    }
    return Get(key, headers);
  }

  std::string NewTag() { return "\"tag-" + std::to_string(++tags_) + "\""; }

  HttpResponse Put(const std::string& key, const std::string& body,
                   const std::map<std::string, std::string>& headers) {
    if (headers.contains("if-none-match") && objects_.contains(key) &&
        !ignores_conditions_) {
      return Failure(412, "PreconditionFailed");
    }
    const auto checksum = headers.find("x-amz-checksum-sha256");
    objects_[key] = {body, NewTag(), checksum == headers.end() ? "" : checksum->second};
    return {{200, {{"etag", objects_[key].tag}}, ""}, ""};
  }

  HttpResponse Get(const std::string& key,
                   const std::map<std::string, std::string>& headers) const {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Failure(404, "NoSuchKey");
    const auto& [bytes, tag, checksum] = found->second;
    const auto match = headers.find("if-match");
    if (match != headers.end() && match->second != tag) {
      return Failure(412, "PreconditionFailed");
    }
    HttpResponse answer{{200, {{"etag", tag}}, ""}, bytes};
    if (headers.contains("x-amz-checksum-mode") && !checksum.empty()) {
      answer.head.headers.push_back({"x-amz-checksum-sha256", checksum});
    }
    const auto range = headers.find("range");
    if (range == headers.end() || ignores_ranges_) return answer;
    if (bytes.empty()) return Failure(416, "InvalidRange");
    const std::string text = range->second.substr(std::string("bytes=").size());
    const std::size_t dash = text.find('-');
    std::size_t begin = 0;
    std::size_t end = bytes.size();
    if (dash == 0) {
      begin =
          bytes.size() - std::min<std::size_t>(bytes.size(), std::stoul(text.substr(1)));
    } else {
      begin = std::stoul(text.substr(0, dash));
      end = std::min<std::size_t>(end, std::stoul(text.substr(dash + 1)) + 1);
    }
    if (shifts_ranges_ && dash != 0) {
      ++begin;
      end = std::min(end + 1, bytes.size());
    }
    answer.head.status = 206;
    answer.head.headers.push_back({"content-range", "bytes " + std::to_string(begin) +
                                                        "-" + std::to_string(end - 1) +
                                                        "/" +
                                                        std::to_string(bytes.size())});
    answer.body = bytes.substr(begin, end - begin);
    return answer;
  }

  HttpResponse Post(const std::string& key, std::map<std::string, std::string>& query,
                    const std::string& body) {
    if (query.contains("uploads")) {
      const std::string id = "upload/" + std::to_string(++tags_) + "+=";
      uploads_[id].key = key;
      return {{200, {}, ""},
              "<InitiateMultipartUploadResult><UploadId>" + id +
                  "</UploadId></InitiateMultipartUploadResult>"};
    }
    const auto found = uploads_.find(query["uploadId"]);
    if (found == uploads_.end()) return Failure(404, "NoSuchUpload");
    std::string bytes;
    std::vector<std::string> digests;
    for (const auto& [number, part] : found->second.parts) {
      bytes += part;
      digests.push_back(s3::Sha256(part));
      const bool told = body.find("<ChecksumSHA256>") != std::string::npos;
      if (told && body.find(s3::Base64(digests.back())) == std::string::npos) {
        return Failure(400, "InvalidPart");
      }
    }
    std::string whole = s3::CompositeSha256(digests);
    if (damages_uploads_) whole = s3::CompositeSha256({});
    objects_[key] = {bytes, NewTag(), whole};
    uploads_.erase(found);
    return {{200, {}, ""},
            "<CompleteMultipartUploadResult><ChecksumSHA256>" + whole +
                "</ChecksumSHA256></CompleteMultipartUploadResult>"};
  }

  HttpResponse PutPart(const std::string& body,
                       std::map<std::string, std::string>& query) {
    const auto found = uploads_.find(query["uploadId"]);
    if (found == uploads_.end()) return Failure(404, "NoSuchUpload");
    found->second.parts[std::stoi(query["partNumber"])] = body;
    return {{200, {{"etag", NewTag()}}, ""}, ""};
  }

  HttpResponse List(std::map<std::string, std::string>& query) const {
    std::string body;
    int count = 0;
    std::string last;
    bool more = false;
    for (auto at = objects_.upper_bound(query["continuation-token"]);
         at != objects_.end(); ++at) {
      const auto& [key, object] = *at;
      if (!key.starts_with(query["prefix"])) continue;
      more = ++count > 3;
      if (more) break;
      last = key;
      body += "<Contents><Key>" + PercentEncoded(key) + "</Key><LastModified>" + kTime +
              "</LastModified><Size>" + std::to_string(object.bytes.size()) +
              "</Size></Contents>";
    }
    body += std::string("<IsTruncated>") + (more ? "true" : "false") + "</IsTruncated>";
    if (more) body += "<NextContinuationToken>" + last + "</NextContinuationToken>";
    return {{200, {{"server", "FakeS3"}, {"date", "Sat, 21 Nov 2026 02:00:00 GMT"}}, ""},
            "<ListBucketResult>" + body + "</ListBucketResult>"};
  }

  HttpResponse ListUploads(std::map<std::string, std::string>& query) const {
    std::string body;
    for (const auto& [id, upload] : uploads_) {
      if (!upload.key.starts_with(query["prefix"])) continue;
      body += "<Upload><Key>" + PercentEncoded(upload.key) + "</Key><UploadId>" + id +
              "</UploadId><Initiated>" + kTime + "</Initiated></Upload>";
    }
    return {{200, {}, ""},
            "<ListMultipartUploadsResult>" + body + "</ListMultipartUploadsResult>"};
  }

  const std::string bucket_;
  std::mutex mutex_;
  std::map<std::string, Object> objects_;
  std::map<std::string, Upload> uploads_;
  std::vector<std::string> urls_;
  HttpResponse always_;
  bool ignores_conditions_ = false;
  bool ignores_ranges_ = false;
  bool shifts_ranges_ = false;
  bool refuses_checksums_ = false;
  bool damages_uploads_ = false;
  bool bucket_there_ = true;
  std::string made_with_;
  std::string expired_;
  std::string lose_put_of_;
  int tags_ = 0;
  int requests_ = 0;
  int fail_at_ = 0;
  int times_ = 1;
  Fault fault_ = Fault::kReset;
  bool faulted_ = false;
};

}  // namespace keelboat
