#include "core/batch_memory.h"

#include <gtest/gtest.h>

#include <arrow/memory_pool.h>

namespace keelboat {
namespace {

// The pinned Arrow has it. Where another has not, peaks of memory are to be measured
// anew.
TEST(BatchMemoryTest, IsJemallocs) {
  EXPECT_EQ(BatchMemory()->backend_name(), "jemalloc");
}

}  // namespace
}  // namespace keelboat
