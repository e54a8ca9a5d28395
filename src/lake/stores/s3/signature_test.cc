#include "lake/stores/s3/signature.h"

#include <gtest/gtest.h>

#include "lake/stores/s3/digest.h"

namespace keelboat::s3 {
namespace {

// The examples of AWS's own documentation of Signature Version 4 for S3.
const Credentials kCredentials{"AKIAIOSFODNN7EXAMPLE",
                               "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";
constexpr const char* kRegion = "us-east-1";

SystemTime When() { return ParseTime("2013-05-24T00:00:00Z").value(); }

std::string SignatureOf(const Fields& headers) {
  for (const auto& [name, value] : headers) {
    if (name == "authorization") return value.substr(value.rfind('=') + 1);
  }
  return {};
}

TEST(SignatureTest, AGetOfARange) {
  const Signable request{
      "GET", "/test.txt", {}, {{"host", kHost}, {"range", "bytes=0-9"}}, Sha256Hex("")};
  EXPECT_EQ(SignatureOf(Sign(request, kCredentials, kRegion, When())),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SignatureTest, APutWithHeadersOfItsOwn) {
  const Signable request{"PUT",
                         "/test%24file.text",
                         {},
                         {{"host", kHost},
                          {"date", "Fri, 24 May 2013 00:00:00 GMT"},
                          {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                         Sha256Hex("Welcome to Amazon S3.")};
  EXPECT_EQ(SignatureOf(Sign(request, kCredentials, kRegion, When())),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SignatureTest, AQueryWithoutAValue) {
  const Signable request{
      "GET", "/", {{"lifecycle", ""}}, {{"host", kHost}}, Sha256Hex("")};
  EXPECT_EQ(SignatureOf(Sign(request, kCredentials, kRegion, When())),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SignatureTest, AListing) {
  const Signable request{
      "GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {{"host", kHost}}, Sha256Hex("")};
  EXPECT_EQ(SignatureOf(Sign(request, kCredentials, kRegion, When())),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SignatureTest, ATokenOfTemporaryKeysIsSignedAndSent) {
  Credentials temporary = kCredentials;
  temporary.session_token = "token/of=keys";
  const Signable request{"GET", "/", {}, {{"host", kHost}}, Sha256Hex("")};
  const Fields headers = Sign(request, temporary, kRegion, When());
  bool sent = false;
  for (const auto& [name, value] : headers) {
    if (name == "x-amz-security-token") sent = value == "token/of=keys";
    if (name == "authorization") {
      EXPECT_NE(value.find(";x-amz-security-token,"), std::string::npos) << value;
    }
    EXPECT_EQ(value.find(temporary.secret_key), std::string::npos);
  }
  EXPECT_TRUE(sent);
}

TEST(SignatureTest, QueriesAreEncodedAndInOrder) {
  EXPECT_EQ(CanonicalQuery({{"prefix", "a b/ü"}, {"a", "x=y"}}),
            "a=x%3Dy&prefix=a%20b%2F%C3%BC");
}

}  // namespace
}  // namespace keelboat::s3
