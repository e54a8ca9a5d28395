#include "lake/stores/s3/s3_error.h"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "keelboat/error.h"
#include "lake/stores/s3/xml_answer.h"

namespace keelboat::s3 {
namespace {

struct Meaning {
  std::string_view code;
  ErrorKind kind;
  std::string_view message;
};

constexpr std::string_view kRegionRemedy =
    "the bucket is in another region: set lake.region to the bucket's";
constexpr std::string_view kSlowDown = "the store asks to slow down";
constexpr std::string_view kDamagedOnItsWay = "the bytes were damaged on their way";

constexpr Meaning kMeanings[] = {
    {"InvalidAccessKeyId", ErrorKind::kAuth,
     "the store knows no such access key: check lake.access_key (temporary keys that "
     "have "
     "expired are unknown, too)"},
    {"SignatureDoesNotMatch", ErrorKind::kAuth,
     "the secret key does not belong to the access key: check lake.secret_key"},
    {"ExpiredToken", ErrorKind::kAuth,
     "the temporary keys have expired: get new ones (lake.access_key, lake.secret_key, "
     "lake.session_token)"},
    {"InvalidToken", ErrorKind::kAuth,
     "the store does not take the session token: check that lake.session_token belongs "
     "to the keys"},
    {"InvalidTokenId", ErrorKind::kAuth,
     "the store does not take the session token: check that lake.session_token belongs "
     "to the keys"},
    {"TokenRefreshRequired", ErrorKind::kAuth,
     "the temporary keys must be renewed: get new ones"},
    {"NoSuchBucket", ErrorKind::kNotFound,
     "there is no such bucket: make it with `keelboat setup`, or correct lake.url"},
    {"BucketAlreadyExists", ErrorKind::kConflict,
     "somebody else has a bucket of that name: choose another (lake.url)"},
    {"InvalidBucketName", ErrorKind::kConfig,
     "the store takes no bucket of that name: correct lake.url"},
    {"NoSuchKey", ErrorKind::kNotFound, "there is no such object"},
    // MinIO says so too where it had no room to note the upload.
    {"NoSuchUpload", ErrorKind::kNotFound,
     "the upload is gone: somebody ended it, or the store is full"},
    {"PreconditionFailed", ErrorKind::kConflict, "it exists already"},
    {"ConditionalRequestConflict", ErrorKind::kUnavailable,
     "another writer is at the same object"},
    {"OperationAborted", ErrorKind::kUnavailable, "another writer is at the same object"},
    {"SlowDown", ErrorKind::kThrottled, kSlowDown},
    {"SlowDownRead", ErrorKind::kThrottled, kSlowDown},
    {"SlowDownWrite", ErrorKind::kThrottled, kSlowDown},
    {"RequestLimitExceeded", ErrorKind::kThrottled, kSlowDown},
    {"TooManyRequests", ErrorKind::kThrottled, kSlowDown},
    {"RequestTimeout", ErrorKind::kTimeout, "the store waited too long for the request"},
    {"BadDigest", ErrorKind::kUnavailable, kDamagedOnItsWay},
    {"XAmzContentSHA256Mismatch", ErrorKind::kUnavailable, kDamagedOnItsWay},
    {"IncompleteBody", ErrorKind::kUnavailable, kDamagedOnItsWay},
    {"NotImplemented", ErrorKind::kUnsupported,
     "the store does not offer what keelboat needs (conditional puts, multipart "
     "uploads): use another store, or say lake.single_writer: true if it lacks only the "
     "conditional puts and nothing but one keelboat at a time writes to this lake"},
    {"PermanentRedirect", ErrorKind::kConfig, kRegionRemedy},
    {"TemporaryRedirect", ErrorKind::kConfig, kRegionRemedy},
    {"AuthorizationHeaderMalformed", ErrorKind::kConfig, kRegionRemedy},
    {"IllegalLocationConstraintException", ErrorKind::kConfig, kRegionRemedy},
    {"InvalidRegion", ErrorKind::kConfig, kRegionRemedy},
};

bool IsFull(std::string_view code, int status) {
  constexpr int kInsufficientStorage = 507;
  return code == "XMinioStorageFull" || code == "StorageFull" ||
         code == "QuotaExceeded" || code == "XMinioAdminBucketQuotaExceeded" ||
         status == kInsufficientStorage;
}

bool IsRedirection(int status) { return status >= 300 && status < 400; }

Meaning MeaningOf(std::string_view code, int status, bool is_s3) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == code) return meaning;
  }
  constexpr int kTooMany = 429;
  constexpr int kBusy = 503;
  if (status == kTooMany || (status == kBusy && code.empty())) {
    return {code, ErrorKind::kThrottled, kSlowDown};
  }
  if (status >= 500) {
    return {code, ErrorKind::kUnavailable, "the store is in trouble"};
  }
  if (IsRedirection(status)) return {code, ErrorKind::kConfig, kRegionRemedy};
  if (status == 412) return {code, ErrorKind::kConflict, "it exists already"};
  if (status == 404 && (is_s3 || code.empty())) {
    return {code, ErrorKind::kNotFound, "there is no such object"};
  }
  return {code, ErrorKind::kUnsupported, "the store refuses the request"};
}

// "Sat, 21 Nov 2026 18:53:37 GMT".
std::optional<SystemTime> TimeOf(std::string_view date) {
  const std::string text(date);
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return SystemTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

std::optional<std::chrono::seconds> ClockSkew(const HttpHead& head, SystemTime now) {
  const auto there = TimeOf(head.Find("date"));
  if (!there.has_value()) return std::nullopt;
  return std::chrono::round<std::chrono::seconds>(now - *there);
}

std::string SkewText(std::chrono::seconds skew) {
  constexpr int64_t kMinute = 60;
  const int64_t seconds = std::abs(skew.count());
  const std::string size = seconds < 2 * kMinute
                               ? std::to_string(seconds) + " s"
                               : std::to_string(seconds / kMinute) + " min";
  return size + (skew.count() < 0 ? " behind" : " ahead of");
}

arrow::Status ErrorOfAnswer(const HttpHead& head, std::string_view body,
                            const Purpose& purpose, SystemTime now) {
  const auto xml = ParseXml(body);
  const bool is_s3 = xml.ok() && xml->name == "Error";
  const std::string code(is_s3 ? xml->Text("Code") : std::string_view());
  ErrorDetail::Map details = {{"http_status", std::to_string(head.status)},
                              {"path", purpose.place}};
  if (!code.empty()) details["s3_code"] = code;
  const std::string context = purpose.doing + " " + purpose.place + ": ";
  auto make = [&](ErrorKind kind, const std::string& message) {
    return MakeError(kind, context + message, std::move(details));
  };
  if (IsFull(code, head.status)) {
    details["errno"] = "ENOSPC";
    return make(ErrorKind::kUnavailable,
                "the store is full: free some space or raise its quota");
  }
  if (code == "RequestTimeTooSkewed") {
    const auto skew = ClockSkew(head, now);
    return make(ErrorKind::kAuth,
                "this machine's clock is " +
                    (skew.has_value() ? SkewText(*skew) + " the store's"
                                      : std::string("too far from the store's")) +
                    ": set it (NTP)");
  }
  if (code == "AccessDenied" || (head.status == 403 && code.empty() && body.empty())) {
    const bool of_bucket =
        purpose.right.starts_with("s3:List") || purpose.right == "s3:CreateBucket";
    return make(ErrorKind::kDenied, "access denied: grant these keys " + purpose.right +
                                        " on arn:aws:s3:::" + purpose.bucket +
                                        (of_bucket ? "" : "/*"));
  }
  const std::string_view location = head.Find("location");
  if (!is_s3 && IsRedirection(head.status) && !location.empty() &&
      head.Find("x-amz-bucket-region").empty()) {
    return make(ErrorKind::kConfig,
                "the server sends its callers to " +
                    std::string(location.substr(0, location.find('/', 8))) +
                    ": set lake.endpoint to that");
  }
  if (!is_s3 && !body.empty() && head.status < 500 && head.status != 429) {
    return make(ErrorKind::kConfig,
                "HTTP " + std::to_string(head.status) +
                    " and no word of S3: does lake.endpoint name the S3 port (MinIO: "
                    "9000, not the console's)?");
  }
  const Meaning meaning = MeaningOf(code, head.status, is_s3);
  std::string message(meaning.message);
  if (meaning.message == kRegionRemedy) {
    std::string region(head.Find("x-amz-bucket-region"));
    if (region.empty() && is_s3) region = xml->Text("Region");
    if (!region.empty()) message += " (" + region + ")";
  }
  std::string words = code.empty() ? "HTTP " + std::to_string(head.status) : code;
  if (is_s3 && !xml->Text("Message").empty()) {
    words += ": " + std::string(xml->Text("Message"));
  }
  const bool plain =
      meaning.kind == ErrorKind::kNotFound || meaning.kind == ErrorKind::kConflict;
  return make(meaning.kind, plain ? message : message + " (" + words + ")");
}

}  // namespace keelboat::s3
