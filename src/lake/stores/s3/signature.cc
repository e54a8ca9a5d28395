#include "lake/stores/s3/signature.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lake/stores/s3/digest.h"
#include "net/form_text.h"

namespace keelboat::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string Hmac(const std::string& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
       &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

// "20130524T000000Z".
std::string Stamp(SystemTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(
          std::chrono::floor<std::chrono::seconds>(now)));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 20> text{};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), length};
}

}  // namespace

std::string CanonicalQuery(const Fields& query) {
  Fields encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(PercentEncoded(name), PercentEncoded(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text += name + '=' + value;
  }
  return text;
}

Fields Sign(const Signable& request, const Credentials& credentials,
            const std::string& region, SystemTime now) {
  const std::string stamp = Stamp(now);
  const std::string date = stamp.substr(0, 8);
  Fields added = {{"x-amz-content-sha256", request.payload_sha256},
                  {"x-amz-date", stamp}};
  if (!credentials.session_token.empty()) {
    added.emplace_back("x-amz-security-token", credentials.session_token);
  }
  Fields headers = request.headers;
  headers.insert(headers.end(), added.begin(), added.end());
  std::sort(headers.begin(), headers.end());
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines += name + ':' + value + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = request.method + '\n' + request.path + '\n' +
                                CanonicalQuery(request.query) + '\n' + lines + '\n' +
                                names + '\n' + request.payload_sha256;
  const std::string scope = date + '/' + region + "/s3/aws4_request";
  const std::string to_sign =
      std::string(kAlgorithm) + '\n' + stamp + '\n' + scope + '\n' + Sha256Hex(canonical);
  std::string key = Hmac("AWS4" + credentials.secret_key, date);
  for (const std::string_view part : {std::string_view(region), std::string_view("s3"),
                                      std::string_view("aws4_request")}) {
    key = Hmac(key, part);
  }
  added.emplace_back("authorization", std::string(kAlgorithm) +
                                          " Credential=" + credentials.access_key + '/' +
                                          scope + ",SignedHeaders=" + names +
                                          ",Signature=" + Hex(Hmac(key, to_sign)));
  return added;
}

}  // namespace keelboat::s3
