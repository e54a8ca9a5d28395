// Keys that are found and renewed, and a store that signs with them.
#include "lake/stores/s3/key_source.h"

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/stores/s3/s3_store.h"
#include "support/fake_s3.h"
#include "support/lake_fixture.h"

namespace keelboat {
namespace {

using s3::Credentials;
using s3::KeyPlaces;
using s3::KeySource;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMetadata = "http://169.254.169.254";
constexpr const char* kRoles = "/latest/meta-data/iam/security-credentials/";

/// A service that lends keys. Shared by the clients made of it.
class FakeService {
 public:
  std::map<std::string, HttpResponse> answers;  ///< By url.
  std::string needs_header;                     ///< "name: value", of each GET.
  std::string needs_body;                       ///< Of each POST.
  int asked = 0;                                ///< How often for keys.

  void Lend(const std::string& url, const std::string& id, const std::string& expires) {
    keys_url_ = url;
    answers[url] = {{200, {}, ""},
                    R"({"Code": "Success", "AccessKeyId": ")" + id +
                        R"(", "SecretAccessKey": "s3cret", "Token": "token of )" + id +
                        R"(", "Expiration": ")" + expires + R"("})"};
  }
  void Exchange(const std::string& url, const std::string& id,
                const std::string& expires) {
    keys_url_ = url;
    answers[url] = {
        {200, {}, ""},
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/"
        "2011-06-15/\"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>" +
            id +
            "</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>"
            "token of " +
            id + "</SessionToken><Expiration>" + expires +
            "</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
            "</AssumeRoleWithWebIdentityResponse>"};
  }
  std::unique_ptr<HttpClient> Client() { return std::make_unique<Connection>(this); }

 private:
  class Connection final : public HttpClient {
   public:
    explicit Connection(FakeService* service) : service_(*service) {}
    arrow::Result<HttpResponse> Send(const HttpRequest& request, int64_t,
                                     const std::stop_token&) override {
      if (request.url == service_.keys_url_) ++service_.asked;
      bool fine = service_.needs_header.empty() || request.method != "GET";
      for (const auto& [name, value] : request.headers) {
        fine = fine || name + ": " + value == service_.needs_header;
      }
      if (request.method == "POST") fine = request.body == service_.needs_body;
      if (!fine) return HttpResponse{{401, {}, ""}, ""};
      const auto found = service_.answers.find(request.url);
      if (found != service_.answers.end()) return found->second;
      return MakeError(ErrorKind::kUnavailable, "no connection to " + request.url);
    }
    arrow::Result<HttpStream> Open(const HttpRequest&, const std::stop_token&) override {
      return MakeError(ErrorKind::kInternal, "nobody streams keys");
    }

   private:
    FakeService& service_;
  };

  std::string keys_url_;
};

class KeySourceTest : public testing::Test {
 protected:
  KeySourceTest() {
    places_.credentials_file = folder_.path() + "/credentials";
    places_.config_file = folder_.path() + "/config";
  }

  void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  std::unique_ptr<KeySource> Find() {
    return s3::MakeFoundKeys(places_, service_.Client(), clock_);
  }
  std::string In(std::chrono::minutes time) {
    return FormatTime(std::chrono::floor<std::chrono::seconds>(clock_.Now()) + time);
  }
  // An instance with a role.
  void MakeInstance() {
    places_.metadata_url = kMetadata;
    service_.needs_header = "X-aws-ec2-metadata-token: session";
    service_.answers[std::string(kMetadata) + "/latest/api/token"] = {{200, {}, ""},
                                                                      "session"};
    service_.answers[std::string(kMetadata) + kRoles] = {{200, {}, ""}, "etl\n"};
  }
  std::string RoleUrl() const { return std::string(kMetadata) + kRoles + "etl"; }

  TemporaryFolder folder_;
  ManualClock clock_;
  FakeService service_;
  KeyPlaces places_;
};

TEST_F(KeySourceTest, OfAProfile) {
  Write(places_.credentials_file,
        "# keys\n[default]\naws_access_key_id=AK1\naws_secret_access_key = a=b/c\n"
        "s3 =\n  aws_access_key_id = nested\n\n[ etl ]\naws_access_key_id = AK2\n"
        "aws_secret_access_key = x\naws_session_token = t\n");
  Write(places_.config_file,
        "[profile other]\naws_access_key_id = AK3\naws_secret_access_key = y\n"
        "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = etl\n"
        "[profile empty]\nregion = eu-west-1\n");
  auto keys = Find();
  ASSERT_OK_AND_ASSIGN(Credentials found, keys->Keys({}));
  EXPECT_EQ(found.access_key, "AK1");
  EXPECT_EQ(found.secret_key, "a=b/c");
  EXPECT_EQ(keys->Origin(), "profile 'default' of " + places_.credentials_file);
  places_.profile = "etl";
  EXPECT_EQ(Find()->Keys({}).ValueOrDie().session_token, "t");
  places_.profile = "other";
  EXPECT_EQ(Find()->Keys({}).ValueOrDie().access_key, "AK3");
  const std::pair<const char*, const char*> wrong[] = {
      {"role", "by role_arn, which is not followed here: run `aws configure"},
      {"empty", "has no keys: correct lake.profile"},
      {"nobody", "there is no profile 'nobody'"}};
  for (const auto& [name, words] : wrong) {
    places_.profile = name;
    const arrow::Status status = Find()->Keys({}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kConfig) << name;
    EXPECT_THAT(status.message(), HasSubstr(words));
  }
}

TEST_F(KeySourceTest, OfAWebIdentityWhoseTokenChanges) {
  const std::string token = folder_.path() + "/token";
  Write(token, "first/token\n");
  Write(places_.credentials_file,
        "[default]\naws_access_key_id = P\naws_secret_access_key = p\n");
  places_.web_identity_file = token;
  places_.web_identity_role = "arn:aws:iam::1:role/etl";
  places_.token_service_url = "https://sts.eu-west-1.amazonaws.com";
  const std::string url = places_.token_service_url + "/";
  const std::string body =
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
      "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fetl&RoleSessionName=keelboat&WebIdentityToken=";
  service_.needs_body = body + "first%2Ftoken";
  service_.Exchange(url, "AK1", In(std::chrono::minutes(60)));
  auto keys = Find();
  ASSERT_OK_AND_ASSIGN(Credentials first, keys->Keys({}));
  EXPECT_EQ(first.access_key, "AK1");
  EXPECT_EQ(first.session_token, "token of AK1");
  EXPECT_EQ(keys->Origin(), "the role arn:aws:iam::1:role/etl of a web identity");
  clock_.Advance(std::chrono::minutes(54));
  ASSERT_OK(keys->Keys({}).status());
  EXPECT_EQ(service_.asked, 1);
  Write(token, "second");
  service_.needs_body = body + "second";
  service_.Exchange(url, "AK2", In(std::chrono::minutes(60)));
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_EQ(keys->Keys({}).ValueOrDie().access_key, "AK2");
  // A profile that somebody names comes before it.
  places_.profile = "default";
  EXPECT_EQ(Find()->Keys({}).ValueOrDie().access_key, "P");
}

TEST_F(KeySourceTest, OfAWebIdentityThatIsRefused) {
  const std::string token = folder_.path() + "/token";
  Write(token, "secret-token");
  places_.web_identity_file = token;
  places_.token_service_url = "https://sts.amazonaws.com";
  arrow::Status status = Find()->Keys({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("set AWS_ROLE_ARN"));
  places_.web_identity_role = "arn:aws:iam::1:role/etl";
  service_.needs_body =
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
      "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fetl&RoleSessionName=keelboat&"
      "WebIdentityToken=secret-token";
  status = Find()->Keys({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status;
  const std::tuple<int, const char*, ErrorKind> answers[] = {
      {403, "AccessDenied", ErrorKind::kAuth},
      {400, "ExpiredTokenException", ErrorKind::kAuth},
      {400, "IDPCommunicationError", ErrorKind::kUnavailable},
      {503, "ServiceUnavailable", ErrorKind::kUnavailable}};
  for (const auto& [code, name, kind] : answers) {
    service_.answers[places_.token_service_url + "/"] = {
        {code, {}, ""},
        "<ErrorResponse><Error><Code>" + std::string(name) +
            "</Code><Message>Not so</Message></Error></ErrorResponse>"};
    status = Find()->Keys({}).status();
    EXPECT_EQ(KindOf(status), kind) << name << status;
    EXPECT_THAT(status.message(), AllOf(HasSubstr(name), HasSubstr("Not so"),
                                        Not(HasSubstr("secret-token"))));
  }
  service_.answers[places_.token_service_url + "/"] = {{200, {}, ""}, "<a/>"};
  EXPECT_EQ(KindOf(Find()->Keys({}).status()), ErrorKind::kAuth);
  places_.token_service_url = "http://sts.example.com";
  status = Find()->Keys({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("by https only"));
  places_.token_service_url = "https://sts.amazonaws.com";
  places_.web_identity_file = folder_.path() + "/none";
  status = Find()->Keys({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE"));
}

TEST_F(KeySourceTest, OfAnInstancesRoleRenewedBeforeTheyExpire) {
  MakeInstance();
  service_.Lend(RoleUrl(), "AK1", In(std::chrono::minutes(60)));
  auto keys = Find();
  ASSERT_OK_AND_ASSIGN(Credentials first, keys->Keys({}));
  EXPECT_EQ(first.access_key, "AK1");
  EXPECT_EQ(first.session_token, "token of AK1");
  EXPECT_EQ(keys->Origin(), "the role 'etl' of this instance");
  clock_.Advance(std::chrono::minutes(54));
  ASSERT_OK(keys->Keys({}).status());
  EXPECT_EQ(service_.asked, 1);
  // The service has no new ones yet: it is not asked before every request.
  clock_.Advance(std::chrono::minutes(2));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(keys->Keys({}).ValueOrDie().access_key, "AK1");
  EXPECT_EQ(service_.asked, 2);
  clock_.Advance(std::chrono::minutes(1));
  service_.Lend(RoleUrl(), "AK2", In(std::chrono::minutes(60)));
  EXPECT_EQ(keys->Keys({}).ValueOrDie().access_key, "AK2");
  EXPECT_EQ(service_.asked, 3);
}

TEST_F(KeySourceTest, AServiceThatIsAwayIsGotOverUntilTheKeysExpire) {
  MakeInstance();
  service_.Lend(RoleUrl(), "AK1", In(std::chrono::minutes(60)));
  auto keys = Find();
  ASSERT_OK(keys->Keys({}).status());
  service_.answers.clear();
  clock_.Advance(std::chrono::minutes(58));
  EXPECT_EQ(keys->Keys({}).ValueOrDie().access_key, "AK1");
  clock_.Advance(std::chrono::minutes(3));
  const arrow::Status status = keys->Keys({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("no connection to http://169.254.169.254"));
}

TEST_F(KeySourceTest, OfAContainersRole) {
  places_.container_url = "http://169.254.170.2/v2/credentials/1";
  places_.container_token_file = folder_.path() + "/token";
  Write(places_.container_token_file, "abc\n");
  service_.needs_header = "Authorization: abc";
  service_.Lend(places_.container_url, "AK1", In(std::chrono::minutes(60)));
  EXPECT_EQ(Find()->Keys({}).ValueOrDie().access_key, "AK1");
  places_.container_token_file += "-gone";
  EXPECT_EQ(KindOf(Find()->Keys({}).status()), ErrorKind::kConfig);
  places_.container_token_file.clear();
  places_.container_authorization = "wrong";
  const arrow::Status refused = Find()->Keys({}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kAuth);
  EXPECT_THAT(refused.message(), HasSubstr("gives no keys (HTTP 401)"));
  for (const char* url :
       {"http://example.org/keys", "http://169.254.170.2.example.org/",
        "http://localhost.example.org/", "http://127.example.org/", "ftp://127.0.0.1/"}) {
    places_.container_url = url;
    EXPECT_EQ(KindOf(Find()->Keys({}).status()), ErrorKind::kConfig) << url;
  }
}

TEST_F(KeySourceTest, WhereThereAreNoneItIsToldWhatWasTried) {
  places_.metadata_url = kMetadata;
  const arrow::Status status = Find()->Keys({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("set lake.access_key and lake.secret_key"),
                    HasSubstr("no profile 'default' in " + places_.credentials_file),
                    HasSubstr("no connection to http://169.254.169.254")));
  MakeInstance();
  service_.answers[std::string(kMetadata) + kRoles] = {{404, {}, ""}, "<html>"};
  EXPECT_THAT(Find()->Keys({}).status().message(),
              HasSubstr("this instance has no role"));
  MakeInstance();
  service_.answers[RoleUrl()] = {{200, {}, ""}, R"({"Code": "AssumeRoleUnauthorized"})"};
  EXPECT_THAT(Find()->Keys({}).status().message(),
              HasSubstr("gives no keys (AssumeRoleUnauthorized)"));
}

// The store with keys that are found.
class FoundKeysStoreTest : public KeySourceTest {
 protected:
  std::shared_ptr<Store> Make() {
    S3Options options;
    options.bucket = "lake";
    options.endpoint = "http://127.0.0.1:9000";
    options.key_places = places_;
    options.retry.max_retries = 0;
    return MakeS3Store(options, {bucket_.Client(), service_.Client()}, clock_)
        .ValueOrDie();
  }

  FakeS3 bucket_{"lake"};
};

TEST_F(FoundKeysStoreTest, KeysThatTheStoreCallsExpiredAreRenewedOnTheWay) {
  MakeInstance();
  service_.Lend(RoleUrl(), "AK1", In(std::chrono::minutes(60)));
  auto store = Make();
  ASSERT_OK(store->Put("a", "x"));
  bucket_.Expire("AK1");
  service_.Lend(RoleUrl(), "AK2", In(std::chrono::minutes(60)));
  ASSERT_OK(store->Put("b", "x"));
  EXPECT_EQ(service_.asked, 2);
  // The service has no others.
  bucket_.Expire("AK2");
  const arrow::Status status = store->Put("c", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("the temporary keys have expired"),
                    HasSubstr("the keys are those of the role 'etl' of this instance"),
                    Not(HasSubstr("s3cret"))));
}

TEST_F(FoundKeysStoreTest, AProfileThatWasRenewedIsReadAgain) {
  Write(places_.credentials_file,
        "[default]\naws_access_key_id=AK1\naws_secret_access_key=x\n");
  auto store = Make();
  ASSERT_OK(store->Put("a", "x"));
  bucket_.Expire("AK1");
  Write(places_.credentials_file,
        "[default]\naws_access_key_id=AK2\naws_secret_access_key=x\n");
  ASSERT_OK(store->Put("b", "x"));
}

TEST_F(FoundKeysStoreTest, KeysThatAreNowhereAreAnErrorOfTheFirstRequest) {
  const arrow::Status status = Make()->Put("a", "x");
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("writing s3://lake/a"), HasSubstr("needs keys")));
}

}  // namespace
}  // namespace keelboat
