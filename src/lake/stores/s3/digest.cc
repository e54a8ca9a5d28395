#include "lake/stores/s3/digest.h"

#include <array>

#include <openssl/evp.h>

namespace keelboat::s3 {

std::string Sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::string Base64(std::string_view bytes) {
  // Four characters for three bytes or fewer, and a zero at the end.
  std::string text(((bytes.size() + 2) / 3) * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string Sha256Hex(std::string_view bytes) { return Hex(Sha256(bytes)); }

std::string CompositeSha256(const std::vector<std::string>& parts) {
  std::string digests;
  for (const std::string& part : parts) digests += part;
  return Base64(Sha256(digests)) + "-" + std::to_string(parts.size());
}

}  // namespace keelboat::s3
