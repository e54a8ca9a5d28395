#include "lake/stores/s3/digest.h"

#include <gtest/gtest.h>

namespace keelboat::s3 {
namespace {

TEST(DigestTest, OfKnownBytes) {
  EXPECT_EQ(Sha256Hex(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Base64(Sha256("abc")), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  EXPECT_EQ(Hex(std::string("\x00\xff\x7f", 3)), "00ff7f");
}

// The digest of two digests, and how many they were.
TEST(DigestTest, OfAnUploadInParts) {
  EXPECT_EQ(CompositeSha256({Sha256("abc"), Sha256("")}),
            "bxKQiW7oGgNJF00Z9Ec9JnoQKJxASAhh1cQq//+9efk=-2");
}

}  // namespace
}  // namespace keelboat::s3
