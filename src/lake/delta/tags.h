#pragma once

namespace keelboat::delta {

/// Key in an added file's tags under which its checksum stands: "sha256:<hex>".
inline constexpr const char* kChecksumTag = "keelboat.checksum";

/// The version whose commit brought the rows: "12"; kMixedVersions as "-2".
inline constexpr const char* kRowsVersionTag = "keelboat.rows_version";

/// "true" on files of the open tail, not there on others.
inline constexpr const char* kOpenTailTag = "keelboat.open_tail";

}  // namespace keelboat::delta
