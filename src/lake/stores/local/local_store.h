#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

#include "lake/store.h"
#include "lake/stores/local/posix.h"

namespace keelboat {

/// \brief A store in a folder of this machine.
///
/// The folder is made by the first write, not before. An object is written as
/// ".keelboat-tmp-…" beside its final place, synced, and then linked to its name,
/// so it is seen whole or not at all, also after a power cut.
///
/// \param path of the folder; relative paths are taken from the working directory now.
/// \param posix the system calls; borrowed, must outlive the store.
arrow::Result<std::shared_ptr<Store>> MakeLocalStore(
    const std::string& path, local::Posix& posix = local::Posix::System());

}  // namespace keelboat
