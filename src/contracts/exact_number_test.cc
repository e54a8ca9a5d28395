#include "contracts/exact_number.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

ExactNumber Number(const std::string& text) {
  auto number = ExactNumber::Parse(text);
  EXPECT_TRUE(number.ok()) << text;
  return *number;
}

TEST(ExactNumber, RoundsToAColumnsScale) {
  struct Case {
    std::string text;
    int scale;
    std::string floor;
    std::string ceil;
  };
  const std::string beyond = "1" + std::string(76, '0');
  for (const Case& one : std::vector<Case>{
           {"0", 0, "0", "0"},
           {"-0.0e5", 3, "0", "0"},
           {"1.5", 0, "1", "2"},
           {"-1.5", 0, "-2", "-1"},
           {"1.5", 1, "15", "15"},
           {"1.5", 3, "1500", "1500"},
           {"0.001", 2, "0", "1"},
           {"-0.001", 2, "-1", "0"},
           {"1e3", 2, "100000", "100000"},
           {"100", 0, "100", "100"},
           {"1E-3", 3, "1", "1"},
           {"1e75", 0, "1" + std::string(75, '0'), "1" + std::string(75, '0')},
           {"1e76", 0, beyond, beyond},
           {"1e999999999999", 0, beyond, beyond},
           {"-1e999999999999", 2, "-" + beyond, "-" + beyond},
           {"1e-999999999999", 2, "0", "1"},
           {"18446744073709551616", 0, "18446744073709551616", "18446744073709551616"}}) {
    const ExactNumber number = Number(one.text);
    EXPECT_EQ(number.FloorAt(one.scale).ToIntegerString(), one.floor) << one.text;
    EXPECT_EQ(number.CeilAt(one.scale).ToIntegerString(), one.ceil) << one.text;
    EXPECT_EQ(number.text(), one.text);
  }
}

TEST(ExactNumber, KnowsItsDigitsBehindThePoint) {
  EXPECT_TRUE(Number("1.50").IsIntegerAt(1));
  EXPECT_FALSE(Number("1.55").IsIntegerAt(1));
  EXPECT_TRUE(Number("0.00").IsIntegerAt(0));
  EXPECT_TRUE(Number("150e-1").IsIntegerAt(0));
}

TEST(ExactNumber, FindsWhatItsMultiplesAreMultiplesOf) {
  const auto divisor = [](const std::string& text, int scale) {
    auto found = Number(text).DivisorAt(scale);
    return found ? found->ToIntegerString() : std::string("none");
  };
  EXPECT_EQ(divisor("1", 0), "1");
  EXPECT_EQ(divisor("1", 2), "100");
  EXPECT_EQ(divisor("0.05", 2), "5");
  EXPECT_EQ(divisor("0.05", 0), "1");
  EXPECT_EQ(divisor("2.5", 0), "5");
  EXPECT_EQ(divisor("0.003", 1), "3");
  EXPECT_EQ(divisor("1.25", 0), "5");
  EXPECT_EQ(divisor("7e75", 0), "7" + std::string(75, '0'));
  EXPECT_EQ(divisor("7e75", 1), "none");
  EXPECT_EQ(divisor("1e-999999999999", 0), "1");
}

TEST(ExactNumber, Compares) {
  const std::vector<std::string> ascending = {"-1e300", "-11", "-2",  "-1.5",
                                              "-0.1",   "0",   "0.1", "1.5",
                                              "1.51",   "2",   "11",  "1e300"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const int expected = i < j ? -1 : i > j ? 1 : 0;
      EXPECT_EQ(Number(ascending[i]).Compare(Number(ascending[j])), expected)
          << ascending[i] << " " << ascending[j];
    }
  }
  EXPECT_EQ(Number("1.50e1").Compare(Number("15")), 0);
}

TEST(ExactNumber, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"", "-", ".5", "1.", "1e", "1e+", "+1", "0x1", "1 ", "NaN", "1,5"}) {
    auto number = ExactNumber::Parse(text);
    ASSERT_FALSE(number.ok()) << text;
    EXPECT_EQ(KindOf(number.status()), ErrorKind::kConfig);
  }
}

}  // namespace
}  // namespace keelboat
