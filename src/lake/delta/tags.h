#pragma once

namespace keelboat::delta {

/// Key in an added file's tags under which its checksum stands: "sha256:<hex>".
inline constexpr const char* kChecksumTag = "keelboat.checksum";

}  // namespace keelboat::delta
