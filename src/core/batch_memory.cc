#include "core/batch_memory.h"

#include <arrow/memory_pool.h>

namespace keelboat {

arrow::MemoryPool* BatchMemory() {
  arrow::MemoryPool* pool = nullptr;
  const arrow::Status had = arrow::jemalloc_memory_pool(&pool);
  return had.ok() ? pool : arrow::default_memory_pool();
}

}  // namespace keelboat
