#include "core/nearest.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

const std::vector<std::string> kTables = {"customers", "orders", "order_items",
                                          "sellers"};

TEST(Nearest, FindsTyposSwapsAndCase) {
  EXPECT_EQ(NearestNames("custmers", kTables, 1), std::vector<std::string>{"customers"});
  EXPECT_EQ(NearestNames("odrers", kTables, 1), std::vector<std::string>{"orders"});
  EXPECT_EQ(NearestNames("ORDERS", kTables, 1), std::vector<std::string>{"orders"});
  EXPECT_EQ(NearestNames("items", kTables, 1), std::vector<std::string>{"order_items"});
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  EXPECT_TRUE(NearestNames("geolocation", kTables).empty());
  EXPECT_EQ(DidYouMean("zzz", kTables), "");
  EXPECT_TRUE(NearestNames("", kTables).empty());
}

TEST(Nearest, WritesASentence) {
  EXPECT_EQ(DidYouMean("custmers", kTables), " (did you mean 'customers'?)");
  EXPECT_EQ(DidYouMean("order", {"orders", "border"}),
            " (did you mean 'orders' or 'border'?)");
}

}  // namespace
}  // namespace keelboat
