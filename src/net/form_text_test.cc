#include "net/form_text.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(FormTextTest, EncodesEveryByteThatMeansSomethingElse) {
  EXPECT_EQ(FormText({{"query", "{\"a\":1} &=+%"}, {"format_rows", "false"}}),
            "query=%7B%22a%22%3A1%7D%20%26%3D%2B%25&format_rows=false");
  EXPECT_EQ(PercentEncoded("é\n-._~"), "%C3%A9%0A-._~");
}

}  // namespace
}  // namespace keelboat
