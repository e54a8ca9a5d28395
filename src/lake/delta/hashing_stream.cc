#include "lake/delta/hashing_stream.h"

#include <array>
#include <utility>

#include <openssl/evp.h>

#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

using Bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string Hex(const Bytes& bytes, unsigned length) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

struct HashingStream::Digest {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Digest() { EVP_MD_CTX_free(context); }
};

HashingStream::HashingStream(std::shared_ptr<arrow::io::OutputStream> target,
                             std::unique_ptr<Digest> digest)
    : target_(std::move(target)), digest_(std::move(digest)) {}

HashingStream::~HashingStream() = default;

arrow::Result<std::shared_ptr<HashingStream>> HashingStream::Make(
    std::shared_ptr<arrow::io::OutputStream> target) {
  auto digest = std::make_unique<Digest>();
  if (digest->context == nullptr ||
      EVP_DigestInit_ex(digest->context, EVP_sha256(), nullptr) != 1) {
    return MakeError(ErrorKind::kInternal, "SHA-256 is not available");
  }
  return std::shared_ptr<HashingStream>(
      new HashingStream(std::move(target), std::move(digest)));
}

arrow::Status HashingStream::Write(const void* data, int64_t nbytes) {
  if (EVP_DigestUpdate(digest_->context, data, static_cast<std::size_t>(nbytes)) != 1) {
    return MakeError(ErrorKind::kInternal, "SHA-256 is not available");
  }
  return target_->Write(data, nbytes);
}

arrow::Result<std::string> HashingStream::Checksum() {
  Bytes bytes;
  unsigned length = 0;
  if (EVP_DigestFinal_ex(digest_->context, bytes.data(), &length) != 1) {
    return MakeError(ErrorKind::kInternal, "SHA-256 is not available");
  }
  return "sha256:" + Hex(bytes, length);
}

std::string Sha256Of(const std::string& text) {
  Bytes bytes;
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &length, EVP_sha256(), nullptr);
  return Hex(bytes, length);
}

}  // namespace keelboat::delta
