#include "lake/stores/s3/s3_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "keelboat/error.h"
#include "keelboat/version.h"
#include "lake/stores/s3/object_reader.h"
#include "lake/stores/s3/s3_client.h"
#include "lake/stores/s3/upload.h"
#include "lake/stores/s3/xml_answer.h"

namespace keelboat {
namespace {

using s3::Fields;
using s3::S3Client;
using s3::S3Request;
using s3::XmlElement;

// Clocks further apart than this are told; S3 itself refuses at 15 minutes.
constexpr std::chrono::seconds kNotableSkew{60};

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is the whole path.
}

// "2026-11-21T18:53:37.123Z".
arrow::Result<SystemTime> TimeIn(const XmlElement& element, std::string_view name) {
  const std::string_view text = element.Text(name);
  // As FormatTime writes it: no fraction, or six digits of it.
  const std::size_t dot = text.find('.');
  std::string full(text);
  if (dot != std::string_view::npos && text.ends_with('Z')) {
    constexpr std::size_t kDigits = 6;
    std::string fraction(text.substr(dot + 1, text.size() - dot - 2));
    fraction.resize(kDigits, '0');
    full = std::string(text.substr(0, dot)) + "." + fraction + "Z";
  }
  const auto time = ParseTime(full);
  if (time.has_value()) return *time;
  return MakeError(ErrorKind::kUnavailable, "the store's listing has no " +
                                                std::string(name) + " in '" +
                                                std::string(element.Text(name)) + "'");
}

// Listings come with their keys percent-encoded, because XML cannot hold all of them.
arrow::Result<std::string> DecodedKey(std::string_view text) {
  std::string key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      key += ' ';
    } else if (text[i] != '%') {
      key += text[i];
    } else {
      unsigned byte = 0;
      const char* digits = text.data() + i + 1;
      const bool enough = i + 2 < text.size();
      const auto read = std::from_chars(digits, digits + (enough ? 2 : 0), byte, 16);
      if (!enough || read.ptr != digits + 2) {
        return MakeError(ErrorKind::kUnavailable,
                         "the store's listing has a key that is "
                         "none: " +
                             std::string(text));
      }
      key += static_cast<char>(byte);
      i += 2;
    }
  }
  return key;
}

class S3Store final : public Store {
 public:
  explicit S3Store(std::shared_ptr<const S3Client> client)
      : client_(std::move(client)),
        root_(client_->options().prefix.empty() ? "" : client_->options().prefix + "/") {}

  std::string Uri(const std::string& path) const override {
    return client_->UriOf(path.empty() ? client_->options().prefix : root_ + path);
  }

  arrow::Result<std::shared_ptr<arrow::io::OutputStream>> Create(
      const std::string& path) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    return std::make_shared<s3::Upload>(client_, root_ + path);
  }

  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    return s3::ObjectReader::Open(client_, root_ + path);
  }

  arrow::Result<std::string> Get(const std::string& path) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    ARROW_ASSIGN_OR_RAISE(auto answer,
                          client_->Send(Request("GET", path, "reading", "s3:GetObject")));
    return std::move(answer.response.body);
  }

  arrow::Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return PutBytes(path, bytes, {{"if-none-match", "*"}});
  }

  arrow::Status Put(const std::string& path, std::string_view bytes) override {
    return PutBytes(path, bytes, {});
  }

  arrow::Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    ARROW_ASSIGN_OR_RAISE(auto objects, ListAll(prefix));
    std::erase_if(objects, [](const ObjectInfo& object) {
      return NameOf(object.path).starts_with(s3::kUploadNotePrefix);
    });
    return objects;
  }

  arrow::Status Delete(const std::string& path) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    const arrow::Status status =
        client_->Send(Request("DELETE", path, "deleting", "s3:DeleteObject")).status();
    // Some stores say so where S3 itself does not.
    const bool gone = !status.ok() && DetailOf(status, "s3_code") == "NoSuchKey";
    return gone ? arrow::Status::OK() : status;
  }

  arrow::Result<int64_t> DeleteUnfinished(const std::string& prefix,
                                          SystemTime before) override {
    ARROW_ASSIGN_OR_RAISE(int64_t deleted, EndNotedUploads(prefix, before));
    ARROW_ASSIGN_OR_RAISE(int64_t listed, EndListedUploads(prefix, before));
    return deleted + listed;
  }

  arrow::Result<std::string> Describe() override {
    S3Request request = ListRequest("");
    request.query.emplace_back("max-keys", "1");
    ARROW_ASSIGN_OR_RAISE(auto answer, client_->Send(request));
    const HttpHead& head = answer.response.head;
    std::string text(head.Find("server"));
    if (text.empty()) text = "S3";
    text += " at " + client_->base_url() + ", ";
    text += head.tls_version.empty() ? "not encrypted" : head.tls_version;
    const auto skew = s3::ClockSkew(head, client_->clock().Now());
    if (skew.has_value() && std::chrono::abs(*skew) >= kNotableSkew) {
      text += ", this machine's clock is " + s3::SkewText(*skew) +
              " the store's: set it (NTP) before it is refused";
    }
    return text;
  }

 private:
  static arrow::Status CheckPath(std::string_view path) {
    bool good = !path.empty() && path.find('\0') == std::string_view::npos;
    for (std::size_t start = 0; good && start <= path.size();) {
      const std::size_t end = std::min(path.find('/', start), path.size());
      const std::string_view part = path.substr(start, end - start);
      good = !part.empty() && part != "." && part != "..";
      start = end + 1;
    }
    if (good) return arrow::Status::OK();
    return MakeError(ErrorKind::kInternal,
                     "not a path of the store: '" + std::string(path) + "'");
  }

  S3Request Request(std::string method, const std::string& path, std::string doing,
                    std::string right) const {
    S3Request request;
    request.method = std::move(method);
    request.key = root_ + path;
    request.doing = std::move(doing);
    request.right = std::move(right);
    return request;
  }

  S3Request ListRequest(const std::string& prefix) const {
    S3Request request;
    request.query = {
        {"list-type", "2"}, {"encoding-type", "url"}, {"prefix", root_ + prefix}};
    request.doing = "listing";
    request.right = "s3:ListBucket";
    return request;
  }

  arrow::Status PutBytes(const std::string& path, std::string_view bytes,
                         Fields headers) {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    S3Request request = Request("PUT", path, "writing", "s3:PutObject");
    request.headers = std::move(headers);
    request.body = bytes;
    return client_->Send(request).status();
  }

  // With the notes about uploads.
  arrow::Result<std::vector<ObjectInfo>> ListAll(const std::string& prefix) const {
    std::vector<ObjectInfo> objects;
    for (std::string next;;) {
      S3Request request = ListRequest(prefix);
      if (!next.empty()) request.query.emplace_back("continuation-token", next);
      ARROW_ASSIGN_OR_RAISE(auto answer, client_->Send(request));
      ARROW_ASSIGN_OR_RAISE(auto xml, s3::ParseXml(answer.response.body));
      for (const XmlElement& element : xml.children) {
        if (element.name != "Contents") continue;
        ARROW_ASSIGN_OR_RAISE(std::string key, DecodedKey(element.Text("Key")));
        // Markers that consoles make for folders are no objects of ours.
        if (!key.starts_with(root_) || key.ends_with('/')) continue;
        ObjectInfo object;
        object.path = key.substr(root_.size());
        const std::string_view size = element.Text("Size");
        std::from_chars(size.data(), size.data() + size.size(), object.size);
        ARROW_ASSIGN_OR_RAISE(object.modified, TimeIn(element, "LastModified"));
        objects.push_back(std::move(object));
      }
      if (xml.Text("IsTruncated") != "true") break;
      next = xml.Text("NextContinuationToken");
      if (next.empty()) {
        return MakeError(ErrorKind::kUnavailable,
                         "the store's listing is cut without saying where to go on");
      }
    }
    std::sort(objects.begin(), objects.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
    return objects;
  }

  arrow::Result<int64_t> EndNotedUploads(const std::string& prefix, SystemTime before) {
    // The note of an object may lie before the prefix of its name.
    const std::string folder = prefix.substr(0, prefix.size() - NameOf(prefix).size());
    ARROW_ASSIGN_OR_RAISE(auto objects, ListAll(folder));
    int64_t ended = 0;
    for (const ObjectInfo& note : objects) {
      const std::string name = NameOf(note.path);
      if (!name.starts_with(s3::kUploadNotePrefix) || note.modified >= before) continue;
      const std::string path = note.path.substr(0, note.path.size() - name.size()) +
                               name.substr(s3::kUploadNotePrefix.size());
      if (!path.starts_with(prefix)) continue;
      ARROW_ASSIGN_OR_RAISE(std::string id, Get(note.path));
      ARROW_RETURN_NOT_OK(s3::AbortUpload(*client_, root_ + path, id));
      ARROW_RETURN_NOT_OK(Delete(note.path));
      ++ended;
    }
    return ended;
  }

  // Those that died before their note was written.
  arrow::Result<int64_t> EndListedUploads(const std::string& prefix, SystemTime before) {
    int64_t ended = 0;
    std::string key_marker;
    std::string id_marker;
    while (true) {
      S3Request request;
      request.query = {
          {"uploads", ""}, {"encoding-type", "url"}, {"prefix", root_ + prefix}};
      if (!key_marker.empty()) {
        request.query.emplace_back("key-marker", key_marker);
        request.query.emplace_back("upload-id-marker", id_marker);
      }
      request.doing = "listing uploads of";
      request.right = "s3:ListBucketMultipartUploads";
      ARROW_ASSIGN_OR_RAISE(auto answer, client_->Send(request));
      ARROW_ASSIGN_OR_RAISE(auto xml, s3::ParseXml(answer.response.body));
      for (const XmlElement& element : xml.children) {
        if (element.name != "Upload") continue;
        ARROW_ASSIGN_OR_RAISE(SystemTime begun, TimeIn(element, "Initiated"));
        ARROW_ASSIGN_OR_RAISE(std::string key, DecodedKey(element.Text("Key")));
        if (begun >= before || !key.starts_with(root_ + prefix)) continue;
        ARROW_RETURN_NOT_OK(
            s3::AbortUpload(*client_, key, std::string(element.Text("UploadId"))));
        ++ended;
      }
      if (xml.Text("IsTruncated") != "true") return ended;
      ARROW_ASSIGN_OR_RAISE(key_marker, DecodedKey(xml.Text("NextKeyMarker")));
      id_marker = xml.Text("NextUploadIdMarker");
      if (key_marker.empty()) return ended;
    }
  }

  const std::shared_ptr<const S3Client> client_;
  const std::string root_;  // "" or "prefix/".
};

arrow::Status CheckOptions(const S3Options& options) {
  auto wrong = [](const std::string& message) {
    return MakeError(ErrorKind::kConfig, message);
  };
  if (options.bucket.empty()) {
    return wrong("the lake's url names no bucket: s3://bucket/prefix");
  }
  if (options.credentials.access_key.empty() || options.credentials.secret_key.empty()) {
    return wrong(
        "a lake in a bucket needs keys: set lake.access_key and lake.secret_key");
  }
  if (options.region.empty()) return wrong("lake.region is empty");
  std::string_view endpoint = options.endpoint;
  if (endpoint.empty()) return arrow::Status::OK();
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  const std::size_t host = endpoint.starts_with("https://")  ? 8
                           : endpoint.starts_with("http://") ? 7
                                                             : 0;
  if (host == 0 || host >= endpoint.size() ||
      endpoint.find_first_of("/?#@ ", host) != std::string_view::npos) {
    return wrong(
        "lake.endpoint must be http://host:port or https://host:port, without "
        "a path");
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::shared_ptr<Store>> MakeS3Store(S3Options options,
                                                  std::unique_ptr<HttpClient> http,
                                                  const Clock& clock) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  return std::make_shared<S3Store>(
      std::make_shared<S3Client>(std::move(options), std::move(http), clock));
}

arrow::Result<std::shared_ptr<Store>> MakeS3Store(S3Options options, const Clock& clock) {
  HttpOptions http;
  http.connect_timeout = options.connect_timeout;
  http.silence_timeout = options.silence_timeout;
  http.tls_ca = options.tls_ca;
  http.user_agent = std::string("keelboat/") + kVersion;
  ARROW_ASSIGN_OR_RAISE(auto client, HttpClient::Make(std::move(http)));
  return MakeS3Store(std::move(options), std::move(client), clock);
}

}  // namespace keelboat
