#include "lake/stores/s3/listing.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "keelboat/error.h"
#include "lake/stores/s3/xml_answer.h"

namespace keelboat::s3 {
namespace {

arrow::Status Damaged(const std::string& what) {
  return MakeError(ErrorKind::kUnavailable, "the store's listing " + what);
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
  return Damaged("has no " + std::string(name) + " in '" + std::string(text) + "'");
}

arrow::Result<int64_t> SizeIn(const XmlElement& element) {
  const std::string_view text = element.Text("Size");
  const char* end = text.data() + text.size();
  int64_t size = 0;
  const auto read = std::from_chars(text.data(), end, size);
  if (read.ec == std::errc() && read.ptr == end && size >= 0) return size;
  return Damaged("has no Size in '" + std::string(text) + "'");
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
        return Damaged("has a key that is none: " + std::string(text));
      }
      key += static_cast<char>(byte);
      i += 2;
    }
  }
  return key;
}

arrow::Result<XmlElement> Ask(const S3Client& client, const S3Request& request,
                              std::string_view root) {
  ARROW_ASSIGN_OR_RAISE(auto answer, client.Send(request));
  ARROW_ASSIGN_OR_RAISE(auto xml, ParseXml(answer.body));
  if (xml.name == root) return xml;
  return Damaged("is a '" + xml.name + "'");
}

}  // namespace

S3Request ListRequest(const std::string& prefix) {
  S3Request request;
  request.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix}};
  request.doing = "listing";
  request.right = "s3:ListBucket";
  return request;
}

arrow::Result<std::vector<ObjectInfo>> ListObjects(const S3Client& client,
                                                   const std::string& prefix) {
  std::vector<ObjectInfo> objects;
  for (std::string next;;) {
    S3Request request = ListRequest(prefix);
    if (!next.empty()) request.query.emplace_back("continuation-token", next);
    ARROW_ASSIGN_OR_RAISE(auto xml, Ask(client, request, "ListBucketResult"));
    for (const XmlElement& element : xml.children) {
      if (element.name != "Contents") continue;
      ARROW_ASSIGN_OR_RAISE(std::string key, DecodedKey(element.Text("Key")));
      // Markers that consoles make for folders are no objects of ours.
      if (!key.starts_with(prefix) || key.ends_with('/')) continue;
      ObjectInfo object;
      object.path = std::move(key);
      ARROW_ASSIGN_OR_RAISE(object.size, SizeIn(element));
      ARROW_ASSIGN_OR_RAISE(object.modified, TimeIn(element, "LastModified"));
      objects.push_back(std::move(object));
    }
    if (xml.Text("IsTruncated") != "true") break;
    const std::string before = std::exchange(next, xml.Text("NextContinuationToken"));
    if (next.empty() || next == before) {
      return Damaged("is cut without saying where to go on");
    }
  }
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
  return objects;
}

arrow::Result<std::vector<OpenUpload>> ListUploads(const S3Client& client,
                                                   const std::string& prefix) {
  std::vector<OpenUpload> uploads;
  std::pair<std::string, std::string> next;
  while (true) {
    S3Request request;
    request.query = {{"uploads", ""}, {"encoding-type", "url"}, {"prefix", prefix}};
    if (!next.first.empty()) {
      request.query.emplace_back("key-marker", next.first);
      request.query.emplace_back("upload-id-marker", next.second);
    }
    request.doing = "listing uploads of";
    request.right = "s3:ListBucketMultipartUploads";
    ARROW_ASSIGN_OR_RAISE(auto xml, Ask(client, request, "ListMultipartUploadsResult"));
    for (const XmlElement& element : xml.children) {
      if (element.name != "Upload") continue;
      OpenUpload upload;
      ARROW_ASSIGN_OR_RAISE(upload.begun, TimeIn(element, "Initiated"));
      ARROW_ASSIGN_OR_RAISE(upload.key, DecodedKey(element.Text("Key")));
      upload.id = element.Text("UploadId");
      if (upload.key.starts_with(prefix)) uploads.push_back(std::move(upload));
    }
    if (xml.Text("IsTruncated") != "true") return uploads;
    const auto before = next;
    ARROW_ASSIGN_OR_RAISE(next.first, DecodedKey(xml.Text("NextKeyMarker")));
    next.second = xml.Text("NextUploadIdMarker");
    if (next.first.empty() || next == before) {
      return Damaged("of uploads is cut without saying where to go on");
    }
  }
}

}  // namespace keelboat::s3
