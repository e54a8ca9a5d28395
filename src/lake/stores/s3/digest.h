#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelboat::s3 {

/// The 32 bytes of a SHA-256.
std::string Sha256(std::string_view bytes);

/// Lower-case hex.
std::string Hex(std::string_view bytes);
std::string Sha256Hex(std::string_view bytes);

std::string Base64(std::string_view bytes);

/// \brief SHA-256 of an upload's parts, given theirs, as S3 spells that of the object:
/// the digest of the digests in base64, a dash and their number.
std::string CompositeSha256(const std::vector<std::string>& parts);

}  // namespace keelboat::s3
