#pragma once

#include <memory>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/lake.h"
#include "lake/store.h"

namespace keelboat {

/// \brief A lake of Delta Lake tables on a store: one folder a table.
///
/// `clock` stamps commits and must outlive the lake. The bytes: docs/formats/lake.md.
arrow::Result<std::shared_ptr<Lake>> MakeDeltaLake(std::shared_ptr<Store> store,
                                                   const Clock& clock = Clock::System());

}  // namespace keelboat
