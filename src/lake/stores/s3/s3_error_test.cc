#include "lake/stores/s3/s3_error.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::s3 {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Purpose kWriting{"writing", "s3://lake/olist/x", "lake", "s3:PutObject"};

SystemTime Now() { return ParseTime("2026-11-21T02:00:00Z").value(); }

arrow::Status ErrorOf(int status, const std::string& code,
                      std::vector<HttpHeader> headers = {}) {
  return ErrorOfAnswer({status, std::move(headers), ""},
                       "<Error><Code>" + code + "</Code><Message>words</Message>" +
                           "<Region>eu-west-1</Region></Error>",
                       kWriting, Now());
}

TEST(S3ErrorTest, KindAndRemedyByCode) {
  struct Case {
    int status;
    const char* code;
    ErrorKind kind;
    const char* remedy;
  };
  const Case cases[] = {
      {403, "InvalidAccessKeyId", ErrorKind::kAuth, "check lake.access_key"},
      {403, "SignatureDoesNotMatch", ErrorKind::kAuth, "check lake.secret_key"},
      {400, "ExpiredToken", ErrorKind::kAuth, "get new ones"},
      {403, "InvalidTokenId", ErrorKind::kAuth, "lake.session_token"},
      {403, "AccessDenied", ErrorKind::kDenied,
       "grant these keys s3:PutObject on arn:aws:s3:::lake/*"},
      {404, "NoSuchBucket", ErrorKind::kNotFound,
       "`keelboat setup`, or correct lake.url"},
      {412, "PreconditionFailed", ErrorKind::kConflict, "exists already"},
      {409, "ConditionalRequestConflict", ErrorKind::kUnavailable, "another writer"},
      {503, "SlowDown", ErrorKind::kThrottled, "slow down"},
      {503, "SlowDownWrite", ErrorKind::kThrottled, "slow down"},
      {429, "SomethingElse", ErrorKind::kThrottled, "slow down"},
      {400, "RequestTimeout", ErrorKind::kTimeout, "waited too long"},
      {400, "XAmzContentSHA256Mismatch", ErrorKind::kUnavailable, "damaged"},
      {500, "InternalError", ErrorKind::kUnavailable, "in trouble"},
      {503, "ServiceUnavailable", ErrorKind::kUnavailable, "in trouble"},
      {501, "NotImplemented", ErrorKind::kUnsupported, "use another store"},
      {409, "BucketAlreadyExists", ErrorKind::kConflict, "choose another"},
      {301, "PermanentRedirect", ErrorKind::kConfig,
       "lake.region to the bucket's (eu-west"},
      {400, "AuthorizationHeaderMalformed", ErrorKind::kConfig, "lake.region"},
      {400, "EntityTooLarge", ErrorKind::kUnsupported, "EntityTooLarge: words"},
  };
  for (const Case& one : cases) {
    const arrow::Status status = ErrorOf(one.status, one.code);
    EXPECT_EQ(KindOf(status), one.kind) << one.code;
    EXPECT_EQ(DetailOf(status, "s3_code"), one.code);
    EXPECT_EQ(DetailOf(status, "http_status"), std::to_string(one.status));
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("writing s3://lake/olist/x: "), HasSubstr(one.remedy)));
  }
}

TEST(S3ErrorTest, AFullStoreIsAFullDisk) {
  const arrow::Status status = ErrorOf(507, "XMinioStorageFull");
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_EQ(DetailOf(status, "errno"), "ENOSPC");
  EXPECT_THAT(status.message(), HasSubstr("free some space"));
}

TEST(S3ErrorTest, ClocksApartAreTold) {
  const arrow::Status status =
      ErrorOf(403, "RequestTimeTooSkewed", {{"date", "Sat, 21 Nov 2026 01:40:00 GMT"}});
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.message(),
              HasSubstr("this machine's clock is 20 min ahead of the store's: set it"));
  EXPECT_THAT(ErrorOf(403, "RequestTimeTooSkewed").message(), HasSubstr("set it (NTP)"));
  EXPECT_EQ(SkewText(std::chrono::seconds(-3)), "3 s behind");
  EXPECT_FALSE(ClockSkew({200, {{"date", "yesterday"}}, ""}, Now()).has_value());
}

TEST(S3ErrorTest, ListingNeedsARightOnTheBucket) {
  const arrow::Status status =
      ErrorOfAnswer({403, {}, ""}, "<Error><Code>AccessDenied</Code></Error>",
                    {"listing", "s3://lake", "lake", "s3:ListBucket"}, Now());
  EXPECT_THAT(status.message(), testing::EndsWith("s3:ListBucket on arn:aws:s3:::lake"));
}

TEST(S3ErrorTest, AnswersThatAreNotS3s) {
  const arrow::Status page =
      ErrorOfAnswer({404, {}, ""}, "<!doctype html><html>MinIO Console", kWriting, Now());
  EXPECT_EQ(KindOf(page), ErrorKind::kConfig);
  EXPECT_THAT(page.message(), HasSubstr("does lake.endpoint name the S3 port"));
  EXPECT_EQ(KindOf(ErrorOfAnswer({404, {}, ""}, "", kWriting, Now())),
            ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(ErrorOfAnswer({503, {}, ""}, "<html>busy", kWriting, Now())),
            ErrorKind::kThrottled);
  EXPECT_EQ(KindOf(ErrorOfAnswer({502, {}, ""}, "bad gateway", kWriting, Now())),
            ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(ErrorOfAnswer({412, {}, ""}, "", kWriting, Now())),
            ErrorKind::kConflict);
}

TEST(S3ErrorTest, RedirectionsSayWhereTo) {
  // A HEAD, or a server that says no word.
  const arrow::Status silent = ErrorOfAnswer(
      {301, {{"x-amz-bucket-region", "eu-west-1"}}, ""}, "", kWriting, Now());
  EXPECT_EQ(KindOf(silent), ErrorKind::kConfig);
  EXPECT_THAT(silent.message(), HasSubstr("lake.region to the bucket's (eu-west-1)"));
  EXPECT_THAT(ErrorOf(307, "TemporaryRedirect").message(), HasSubstr("(eu-west-1)"));
  // A proxy in front of the store that wants https.
  const arrow::Status proxy =
      ErrorOfAnswer({301, {{"location", "https://minio.example.org/lake/x?y"}}, ""},
                    "<html>301 Moved Permanently</html>", kWriting, Now());
  EXPECT_EQ(KindOf(proxy), ErrorKind::kConfig);
  EXPECT_THAT(proxy.message(),
              testing::EndsWith("https://minio.example.org: set lake.endpoint to that"));
}

}  // namespace
}  // namespace keelboat::s3
