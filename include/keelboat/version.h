#pragma once

namespace keelboat {

/// The version of this library and command line, semantic versioning.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace keelboat
