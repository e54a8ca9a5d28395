#include "core/full_disk.h"

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

TEST(FullDisk, IsNoLostConnection) {
  const auto lost = MakeError(ErrorKind::kUnavailable, "gone", {{"errno", "2013"}});
  EXPECT_FALSE(IsFullDisk(lost));
  EXPECT_EQ(ExitCodeOf(lost), 3);
  for (const char* name : {"ENOSPC", "EDQUOT", "EFBIG"}) {
    const auto full = MakeError(ErrorKind::kUnavailable, "full", {{"errno", name}});
    EXPECT_TRUE(IsFullDisk(AddContext(full, "writing"))) << name;
    EXPECT_EQ(ExitCodeOf(AddContext(full, "writing")), 1) << name;
  }
}

}  // namespace
}  // namespace keelboat
