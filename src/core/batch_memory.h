#pragma once

#include <arrow/type_fwd.h>

namespace keelboat {

/// \brief The pool that batches are allocated from; lives for the whole process.
///
/// jemalloc's where Arrow has it, otherwise Arrow's default: columns are of a few hundred
/// KiB, and the default, mimalloc, holds a quarter more memory for such than was asked
/// for.
arrow::MemoryPool* BatchMemory();

}  // namespace keelboat
