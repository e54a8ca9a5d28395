#include "sources/mysql/geometry.h"

#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(Geometry, StripsAnSridOfZero) {
  const Bytes stored = {0, 0, 0, 0, 1, 1, 0, 0, 0, 0xAA, 0xBB};
  Bytes wkb;
  ASSERT_TRUE(GeometryToWkb(stored.data(), 11, &wkb));
  EXPECT_EQ(wkb, (Bytes{1, 1, 0, 0, 0, 0xAA, 0xBB}));
}

TEST(Geometry, KeepsAnyOtherSridAsEwkb) {
  const Bytes stored = {0xE6, 0x10, 0, 0, 1, 1, 0, 0, 0, 0xAA};
  Bytes wkb;
  ASSERT_TRUE(GeometryToWkb(stored.data(), 10, &wkb));
  EXPECT_EQ(wkb, (Bytes{1, 1, 0, 0, 0x20, 0xE6, 0x10, 0, 0, 0xAA}));
}

TEST(Geometry, WritesTheSridInTheGeometrysOwnByteOrder) {
  const Bytes stored = {0xE6, 0x10, 0, 0, 0, 0, 0, 0, 1, 0xAA};
  Bytes wkb;
  ASSERT_TRUE(GeometryToWkb(stored.data(), 10, &wkb));
  EXPECT_EQ(wkb, (Bytes{0, 0x20, 0, 0, 1, 0, 0, 0x10, 0xE6, 0xAA}));
}

TEST(Geometry, RefusesWhatIsNone) {
  const Bytes short_one = {0, 0, 0, 0, 1, 1, 0, 0};
  const Bytes odd_order = {0, 0, 0, 0, 7, 1, 0, 0, 0};
  Bytes wkb;
  EXPECT_FALSE(GeometryToWkb(short_one.data(), 8, &wkb));
  EXPECT_FALSE(GeometryToWkb(odd_order.data(), 9, &wkb));
}

}  // namespace
}  // namespace keelboat::mysql
