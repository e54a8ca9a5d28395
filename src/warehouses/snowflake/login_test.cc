#include "warehouses/snowflake/login.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "keelboat/error.h"
#include "warehouses/snowflake/driver_errors.h"

namespace keelboat::snowflake {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SnowflakeOptions Good() {
  SnowflakeOptions options;
  options.driver = "/proc/self/exe";  // A file that is there.
  options.account = "myorg-myaccount";
  options.user = "loader";
  options.password = "hunter2";
  options.database = "olist";
  return options;
}

std::map<std::string, std::string> OptionsOf(const SnowflakeOptions& options) {
  auto made = LoginOptions(options);
  EXPECT_TRUE(made.ok()) << made.status();
  if (!made.ok()) return {};
  return {made->begin(), made->end()};
}

std::string ConfigError(const SnowflakeOptions& options) {
  const arrow::Status status = CheckOptions(options);
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig) << status;
  EXPECT_THAT(status.message(), Not(HasSubstr("hunter2")));
  return status.message();
}

TEST(LoginTest, TakesTheFormsOfAccounts) {
  for (const char* account : {"myorg-myaccount", "my_org-my_account", "xy12345",
                              "xy12345.eu-central-1", "xy12345.eu-central-1.aws"}) {
    SnowflakeOptions options = Good();
    options.account = account;
    EXPECT_TRUE(CheckOptions(options).ok()) << account;
  }
}

TEST(LoginTest, SaysTheRightFormOfAnAccount) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://myorg-myaccount.snowflakecomputing.com", "'myorg-myaccount'"},
      {"myorg-myaccount.snowflakecomputing.com", "'myorg-myaccount'"},
      {"https://xy12345.eu-central-1.snowflakecomputing.com/console?x=1",
       "'xy12345.eu-central-1'"},
      {"https://app.snowflake.com/myorg/myaccount/#/home", "'myorg-myaccount'"},
      {"myorg-myaccount.eu-central-1", "'myorg-myaccount'"},
      {"my account", "'myorg-myaccount'"},
  };
  for (const auto& [account, right] : cases) {
    SnowflakeOptions options = Good();
    options.account = account;
    const std::string message = ConfigError(options);
    EXPECT_THAT(message, HasSubstr(std::string("'") + account + "' is not"));
    EXPECT_THAT(message, HasSubstr(right));
  }
  SnowflakeOptions options = Good();
  options.account.clear();
  EXPECT_THAT(ConfigError(options), HasSubstr("set 'account'"));
}

TEST(LoginTest, GoesToTheAccountsHost) {
  SnowflakeOptions options = Good();
  EXPECT_EQ(HostOf(options), "myorg-myaccount.snowflakecomputing.com");
  options.account = "my_org-my_account";
  EXPECT_EQ(HostOf(options), "my-org-my-account.snowflakecomputing.com");
  options.account = "xy12345.cn-northwest-1.aws";
  EXPECT_EQ(HostOf(options), "xy12345.cn-northwest-1.aws.snowflakecomputing.cn");
  auto made = OptionsOf(options);
  EXPECT_EQ(made["adbc.snowflake.sql.account"], "xy12345");
  EXPECT_EQ(made["adbc.snowflake.sql.uri.host"], HostOf(options));
  EXPECT_EQ(made["adbc.snowflake.sql.client_option.login_timeout"], "60s");
  EXPECT_EQ(made["adbc.snowflake.sql.client_option.request_timeout"], "300s");
  EXPECT_EQ(made["adbc.snowflake.sql.client_option.client_timeout"], "300s");
  EXPECT_FALSE(made.contains("adbc.snowflake.sql.uri.port"));
}

TEST(LoginTest, SendsPasswordsEncryptedOnly) {
  SnowflakeOptions options = Good();
  options.protocol = "http";
  EXPECT_THAT(ConfigError(options), HasSubstr("for everybody to read"));
  options.host = "127.0.0.1";
  EXPECT_TRUE(CheckOptions(options).ok());
  options.host = "https://example.com";
  EXPECT_THAT(ConfigError(options), HasSubstr("is not a host"));
  options.host = "example.com";
  options.protocol = "ftp";
  EXPECT_THAT(ConfigError(options), HasSubstr("'ftp'"));
}

TEST(LoginTest, NamesWhatIsNotSet) {
  SnowflakeOptions options = Good();
  options.user.clear();
  EXPECT_THAT(ConfigError(options), HasSubstr("'user'"));
  options = Good();
  options.database.clear();
  EXPECT_THAT(ConfigError(options), HasSubstr("'database'"));
  options = Good();
  options.password.clear();
  EXPECT_THAT(ConfigError(options), HasSubstr("'private_key' (best)"));
  options = Good();
  options.schema = "Information_Schema";
  EXPECT_THAT(ConfigError(options), HasSubstr("belongs to Snowflake"));
}

TEST(LoginTest, ChoosesTheWayOfLoggingIn) {
  EXPECT_EQ(OptionsOf(Good())["password"], "hunter2");
  SnowflakeOptions options = Good();
  options.token = "the token";
  auto made = OptionsOf(options);
  EXPECT_EQ(made["adbc.snowflake.sql.auth_type"], "auth_pat");
  EXPECT_EQ(made["adbc.snowflake.sql.client_option.auth_token"], "the token");
  EXPECT_FALSE(made.contains("password"));
  options.authenticator = "Snowflake";
  EXPECT_EQ(OptionsOf(options)["password"], "hunter2");
  options.authenticator = "oauth";
  EXPECT_THAT(ConfigError(options), HasSubstr("nothing here renews them"));
  options.authenticator = "snowflake_jwt";
  EXPECT_THAT(ConfigError(options), HasSubstr("needs 'private_key'"));
  options.authenticator = "kerberos";
  EXPECT_THAT(ConfigError(options), HasSubstr("is not known"));
}

TEST(LoginTest, RefusesWhatAsksAPerson) {
  for (const char* way : {"externalbrowser", "EXTERNALBROWSER", "username_password_mfa",
                          "https://x.okta.com"}) {
    SnowflakeOptions options = Good();
    options.authenticator = way;
    const std::string message = ConfigError(options);
    EXPECT_THAT(message, HasSubstr("asks a person"));
    EXPECT_THAT(message, HasSubstr("'private_key'"));
  }
}

TEST(LoginTest, StagesNeedABucketAndAWayIn) {
  SnowflakeOptions options = Good();
  options.load = SnowflakeLoadMode::kStage;
  EXPECT_THAT(ConfigError(options), HasSubstr("the lake is in a folder"));
  options.stage_url = "s3://lake/olist";
  EXPECT_THAT(ConfigError(options), HasSubstr("'storage_integration'"));
  options.storage_integration = "lake_access";
  EXPECT_TRUE(CheckOptions(options).ok());
}

TEST(LoginTest, SaysHowToGetTheDriver) {
  SnowflakeOptions options = Good();
  options.driver = "/nowhere/libadbc_driver_snowflake.so";
  const arrow::Status status = LoginOptions(options).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_EQ(DetailOf(status, "path"), options.driver);
  EXPECT_THAT(status.message(), HasSubstr("pip install adbc-driver-snowflake"));
}

class KeyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/keelboat-key-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// Writes a key file and gives options that use it.
  SnowflakeOptions WithKey(EVP_PKEY* key, const char* passphrase) const {
    SnowflakeOptions options = Good();
    options.private_key_file = folder_ + "/key.p8";
    FILE* file = std::fopen(options.private_key_file.c_str(), "w");
    const int written = PEM_write_PKCS8PrivateKey(
        file, key, passphrase != nullptr ? EVP_aes_256_cbc() : nullptr, passphrase,
        passphrase != nullptr ? static_cast<int>(std::strlen(passphrase)) : 0, nullptr,
        nullptr);
    std::fclose(file);
    EXPECT_EQ(written, 1);
    return options;
  }
  static std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> Rsa() {
    return {EVP_RSA_gen(2048), EVP_PKEY_free};
  }
  static std::string KeyError(const SnowflakeOptions& options) {
    const arrow::Status status = LoginOptions(options).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kConfig) << status;
    return status.message();
  }

  std::string folder_;
};

TEST_F(KeyTest, OpensKeysWithAndWithoutPassphrase) {
  auto key = Rsa();
  auto plain = OptionsOf(WithKey(key.get(), nullptr));
  EXPECT_EQ(plain["adbc.snowflake.sql.auth_type"], "auth_jwt");
  const std::string pem =
      plain["adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_value"];
  EXPECT_THAT(pem, HasSubstr("-----BEGIN PRIVATE KEY-----"));
  SnowflakeOptions options = WithKey(key.get(), "open sesame");
  EXPECT_THAT(KeyError(options), HasSubstr("set 'private_key_passphrase'"));
  options.private_key_passphrase = "wrong";
  EXPECT_THAT(KeyError(options), HasSubstr("does not open with the passphrase"));
  options.private_key_passphrase = "open sesame";
  EXPECT_EQ(
      OptionsOf(options)["adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_value"],
      pem);
}

TEST_F(KeyTest, RefusesWhatIsNoKeyOfSnowflakes) {
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> curve(EVP_EC_gen("P-256"),
                                                       EVP_PKEY_free);
  EXPECT_THAT(KeyError(WithKey(curve.get(), nullptr)), HasSubstr("is not an RSA key"));
  SnowflakeOptions options = Good();
  options.private_key_file = folder_ + "/other";
  EXPECT_THAT(KeyError(options), HasSubstr("is not there"));
  std::ofstream(options.private_key_file) << "-----BEGIN PUBLIC KEY-----\n";
  EXPECT_THAT(KeyError(options), HasSubstr("is not a private key in PEM form"));
}

arrow::Status Mapped(int32_t code, const std::string& message,
                     const std::string& state = "") {
  return MapDriverError({"myorg-x.snowflakecomputing.com", "myorg-x", "loader", "/d.so"},
                        {14, "[snowflake] " + message, state, code});
}

TEST(DriverErrorsTest, GivesEachFailureItsKind) {
  const std::tuple<int32_t, const char*, ErrorKind> cases[] = {
      {390100, "390100 (08004): Incorrect username or password was specified.",
       ErrorKind::kAuth},
      {0, "390144 (08004): JWT token is invalid. [x]", ErrorKind::kAuth},
      {390189, "390189 (08004): Role 'X' specified in the connect string does not exist",
       ErrorKind::kNotFound},
      {390422, "390422 (08004): Incoming request with IP/Token 1.2.3.4 is not allowed",
       ErrorKind::kAuth},
      {606, "000606 (57P03): No active warehouse selected in the current session.",
       ErrorKind::kNotFound},
      {0, "000000 (57014): Warehouse 'W' is suspended.", ErrorKind::kUnavailable},
      {90073,
       "090073 (22000): Warehouse 'W' cannot be resumed because resource monitor 'M' "
       "has exceeded its quota.",
       ErrorKind::kUnavailable},
      {625, "000625 (57014): Statement 'x' has locked table 'T' in transaction 1",
       ErrorKind::kUnavailable},
      {3001, "003001 (42501): SQL access control error: Insufficient privileges",
       ErrorKind::kDenied},
      {2003, "002003 (42S02): SQL compilation error: Object 'T' does not exist",
       ErrorKind::kNotFound},
      {91016, "091016 (22000): Remote file 's3://b/f' was not found.",
       ErrorKind::kNotFound},
      {904, "000904 (42000): SQL compilation error: invalid identifier 'X'",
       ErrorKind::kInternal},
      {630, "000630 (57014): Statement reached its statement or warehouse timeout",
       ErrorKind::kTimeout},
      {604, "000604 (57014): SQL execution canceled", ErrorKind::kCancelled},
      {0, "context canceled", ErrorKind::kCancelled},
      {0, "dial tcp 127.0.0.1:1: connect: connection refused", ErrorKind::kUnavailable},
      {0, "dial tcp: lookup x.snowflakecomputing.com: no such host",
       ErrorKind::kUnavailable},
      {0, "Post \"https://x\": unexpected EOF", ErrorKind::kUnavailable},
      {0, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
       ErrorKind::kTimeout},
      {260008,
       "260008 (08004): failed to connect to db. verify account name is correct. "
       "HTTP: 403, URL: x",
       ErrorKind::kUnavailable},
  };
  for (const auto& [code, message, kind] : cases) {
    EXPECT_EQ(KindOf(Mapped(code, message)), kind) << message;
  }
  // What the user has to set stops a whole run, not one table.
  EXPECT_EQ(DetailOf(Mapped(606, "000606 (57P03): No active warehouse"), "setting"),
            "warehouse");
  EXPECT_EQ(DetailOf(Mapped(390189, "390189 (08004): Role 'X'"), "setting"), "role");
  EXPECT_EQ(DetailOf(Mapped(2003, "002003 (42S02): Object 'T'"), "setting"), "");
  EXPECT_EQ(DetailOf(Mapped(0, "390144 (08004): JWT"), "code"), "390144");
  EXPECT_THAT(Mapped(390100, "x").message(), HasSubstr("login of 'loader'"));
  EXPECT_THAT(Mapped(0, "EOF").message(),
              HasSubstr("at 'myorg-x.snowflakecomputing.com'"));
}

TEST(DriverErrorsTest, NamesTheRowThatCopyRejected) {
  const arrow::Status status =
      Mapped(100038,
             "100038 (22018): Numeric value 'x' is not recognized\n  File "
             "'loads/X/a.parquet', line "
             "1, character 5\n  Row 12, column \"ORDERS\"[\"ID\":1]\n  If you would like "
             "to continue "
             "loading when an error is encountered, use other values such as 'SKIP_FILE'",
             "22018");
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_EQ(DetailOf(status, "file"), "loads/X/a.parquet");
  EXPECT_EQ(DetailOf(status, "row"), "12");
  EXPECT_EQ(DetailOf(status, "column"), "ID");
  EXPECT_THAT(status.message(),
              HasSubstr("row 12 of file 'loads/X/a.parquet', column ID: 100038"));
  EXPECT_THAT(status.message(), Not(HasSubstr("SKIP_FILE")));
}

TEST(DriverErrorsTest, SaysHowToGetADriverThatCannotBeLoaded) {
  const arrow::Status status =
      Mapped(0, "Could not load `/d.so`: dlopen() failed: invalid ELF header");
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("'/d.so' cannot be loaded"));
  EXPECT_THAT(status.message(), HasSubstr("pip install adbc-driver-snowflake"));
}

}  // namespace
}  // namespace keelboat::snowflake
