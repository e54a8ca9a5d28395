#include "contracts/float_multiple.h"

#include <limits>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(FloatMultiple, TakesFloatsAsTheirShortestDecimal) {
  FloatMultiple tenth(ExactNumber::Parse("0.1").ValueOrDie());
  for (double value : {0.0, -0.0, 0.1, 0.3, -0.7, 1e22, 12345.6, 1e300}) {
    EXPECT_TRUE(tenth.Holds(value)) << value;
  }
  for (double value : {0.05, 0.30000000000000004, 1e-300, 5e-324}) {
    EXPECT_FALSE(tenth.Holds(value)) << value;
  }
  EXPECT_TRUE(tenth.Holds(0.3F));
  EXPECT_FALSE(tenth.Holds(0.35F));
}

TEST(FloatMultiple, WorksAtEverySize) {
  FloatMultiple three(ExactNumber::Parse("3").ValueOrDie());
  EXPECT_TRUE(three.Holds(9007199254740990.0));
  EXPECT_FALSE(three.Holds(9007199254740992.0));
  EXPECT_FALSE(three.Holds(1e300));
  EXPECT_TRUE(three.Holds(3e300));
  FloatMultiple huge(ExactNumber::Parse("1e300").ValueOrDie());
  EXPECT_TRUE(huge.Holds(0.0));
  EXPECT_TRUE(huge.Holds(2e300));
  EXPECT_FALSE(huge.Holds(1e299));
  FloatMultiple tiny(ExactNumber::Parse("5e-324").ValueOrDie());
  EXPECT_TRUE(tiny.Holds(5e-324));
  EXPECT_TRUE(tiny.Holds(0.5));
}

TEST(FloatMultiple, RefusesWhatIsNoNumber) {
  FloatMultiple one(ExactNumber::Parse("1").ValueOrDie());
  EXPECT_FALSE(one.Holds(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(one.Holds(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(one.Holds(-std::numeric_limits<float>::infinity()));
}

}  // namespace
}  // namespace keelboat
