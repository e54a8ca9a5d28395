#pragma once

#include <string>

#include <arrow/result.h>

#include "lake/stores/s3/key_source.h"
#include "lake/stores/s3/lent_keys.h"

namespace keelboat::s3 {

/// \brief The keys of a profile in the files that AWS's own programs keep.
///
/// `places.profile` empty means "default", and kNotFound when that has no keys. kConfig:
/// a profile that was named and is not there, or whose keys come in a way that is not
/// read (single sign-on, another role, a program), with the remedy.
arrow::Result<LentKeys> KeysOfProfile(const KeyPlaces& places);

}  // namespace keelboat::s3
