#include "lake/stores/s3/s3_store.h"

#include <algorithm>
#include <utility>

#include "core/clock_skew.h"
#include "keelboat/error.h"
#include "keelboat/version.h"
#include "lake/stores/s3/bucket.h"
#include "lake/stores/s3/conditional_put.h"
#include "lake/stores/s3/key_source.h"
#include "lake/stores/s3/listing.h"
#include "lake/stores/s3/object_reader.h"
#include "lake/stores/s3/s3_client.h"
#include "lake/stores/s3/upload.h"

namespace keelboat {
namespace {

using s3::S3Client;
using s3::S3Request;

// Clocks further apart than this are told; S3 itself refuses at 15 minutes.
constexpr std::chrono::seconds kNotableSkew{60};

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is the whole path.
}

// Whether an object is one of those that help to write others.
bool IsHelper(const std::string& path) {
  const std::string name = NameOf(path);
  return name.starts_with(s3::kUploadNotePrefix) || name.starts_with(s3::kProbePrefix);
}

class S3Store final : public Store {
 public:
  explicit S3Store(std::shared_ptr<const S3Client> client)
      : client_(std::move(client)),
        root_(client_->options().prefix.empty() ? "" : client_->options().prefix + "/"),
        conditional_(client_) {}

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
    S3Request request = Request("GET", path, "reading", "s3:GetObject");
    request.check_checksum = true;
    ARROW_ASSIGN_OR_RAISE(auto answer, client_->Send(request));
    return std::move(answer.body);
  }

  arrow::Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    return conditional_.Put(root_ + path, bytes);
  }

  arrow::Status Put(const std::string& path, std::string_view bytes) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    S3Request request = Request("PUT", path, "writing", "s3:PutObject");
    request.body = bytes;
    request.send_checksum = true;
    return client_->Send(request).status();
  }

  arrow::Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    ARROW_ASSIGN_OR_RAISE(auto objects, ListAll(prefix));
    std::erase_if(objects,
                  [](const ObjectInfo& object) { return IsHelper(object.path); });
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
    // Those that died before their note was written.
    ARROW_ASSIGN_OR_RAISE(auto uploads, s3::ListUploads(*client_, root_ + prefix));
    for (const s3::OpenUpload& upload : uploads) {
      if (upload.begun >= before) continue;
      ARROW_RETURN_NOT_OK(s3::AbortUpload(*client_, upload.key, upload.id));
      ++deleted;
    }
    return deleted;
  }

  arrow::Result<std::vector<std::string>> Setup(bool dry_run) override {
    return s3::SetupBucket(*client_, dry_run);
  }

  arrow::Result<std::string> Describe() override {
    S3Request request = s3::ListRequest(root_);
    request.query.emplace_back("max-keys", "1");
    ARROW_ASSIGN_OR_RAISE(auto answer, client_->Send(request));
    const HttpHead& head = answer.head;
    std::string text(head.Find("server"));
    if (text.empty()) text = "S3";
    text += " at " + client_->base_url() + ", ";
    text += head.tls_version.empty() ? "not encrypted" : head.tls_version;
    const auto skew = s3::ClockSkew(head, client_->clock().Now());
    if (skew.has_value() && std::chrono::abs(*skew) >= kNotableSkew) {
      text += ", this machine's clock is " + s3::SkewText(*skew) +
              " the store's: set it (NTP) before it is refused";
    } else if (skew.has_value()) {
      text += ", " + ClockSkewText(*skew);
    }
    if (client_->options().single_writer) text += ", taken to have a single writer";
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

  // With the helpers; paths are the store's.
  arrow::Result<std::vector<ObjectInfo>> ListAll(const std::string& prefix) const {
    ARROW_ASSIGN_OR_RAISE(auto objects, s3::ListObjects(*client_, root_ + prefix));
    for (ObjectInfo& object : objects) object.path.erase(0, root_.size());
    return objects;
  }

  arrow::Result<int64_t> EndNotedUploads(const std::string& prefix, SystemTime before) {
    // The note of an object may lie before the prefix of its name.
    const std::string folder = prefix.substr(0, prefix.size() - NameOf(prefix).size());
    ARROW_ASSIGN_OR_RAISE(auto objects, ListAll(folder));
    int64_t ended = 0;
    for (const ObjectInfo& note : objects) {
      const std::string name = NameOf(note.path);
      if (name.starts_with(s3::kProbePrefix) && note.modified < before) {
        ARROW_RETURN_NOT_OK(Delete(note.path));
      }
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

  const std::shared_ptr<const S3Client> client_;
  const std::string root_;  // "" or "prefix/".
  s3::ConditionalPut conditional_;
};

arrow::Status CheckOptions(const S3Options& options) {
  auto wrong = [](const std::string& message) {
    return MakeError(ErrorKind::kConfig, message);
  };
  if (options.bucket.empty()) {
    return wrong("the lake's url names no bucket: s3://bucket/prefix");
  }
  const s3::Credentials& keys = options.credentials;
  const bool half = keys.access_key.empty() != keys.secret_key.empty();
  if (half || (keys.access_key.empty() && options.key_places.empty())) {
    return wrong(
        "a lake in a bucket needs keys: set lake.access_key and lake.secret_key");
  }
  const std::string framed = "/" + options.prefix + "/";
  if (!options.prefix.empty() && (framed.find("//") != std::string::npos ||
                                  framed.find("/./") != std::string::npos ||
                                  framed.find("/../") != std::string::npos)) {
    return wrong("the prefix of the lake's url, '" + options.prefix +
                 "', has an empty part or a '.' or '..': s3://bucket/some/prefix");
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

arrow::Result<std::shared_ptr<Store>> MakeS3Store(S3Options options, S3Clients clients,
                                                  const Clock& clock) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  auto keys = options.credentials.access_key.empty()
                  ? s3::MakeFoundKeys(options.key_places, std::move(clients.keys), clock)
                  : s3::MakeFixedKeys(options.credentials, options.keys_origin);
  return std::make_shared<S3Store>(std::make_shared<S3Client>(
      std::move(options), std::move(clients.store), std::move(keys), clock));
}

arrow::Result<std::shared_ptr<Store>> MakeS3Store(S3Options options, const Clock& clock) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  HttpOptions http;
  http.user_agent = std::string("keelboat/") + kVersion;
  // Roles' keys come from this machine or the next.
  http.connect_timeout = std::chrono::seconds(1);
  http.silence_timeout = std::chrono::seconds(2);
  S3Clients clients;
  ARROW_ASSIGN_OR_RAISE(clients.keys, HttpClient::Make(http));
  http.connect_timeout = options.connect_timeout;
  http.silence_timeout = options.silence_timeout;
  http.tls_ca = options.tls_ca;
  ARROW_ASSIGN_OR_RAISE(clients.store, HttpClient::Make(std::move(http)));
  return MakeS3Store(std::move(options), std::move(clients), clock);
}

}  // namespace keelboat
