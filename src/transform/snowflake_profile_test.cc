#include "transform/snowflake_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

SnowflakeProfileOptions Options() {
  return {.target = "prod",
          .account = "org-name",
          .user = "LOADER",
          .password = "s3cret",
          .warehouse = "LOAD_WH",
          .role = "LOADER_ROLE",
          .database = "OLIST",
          .schema = "analytics",
          .query_tag = "keelboat 20261121T020000Z-7f3a",
          .threads = 8};
}

TEST(SnowflakeProfile, WritesOneTarget) {
  EXPECT_EQ(SnowflakeProfile(Options()), R"(keelboat:
  target: "prod"
  outputs:
    "prod":
      type: snowflake
      account: "org-name"
      user: "LOADER"
      password: "{{ env_var('DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PASSWORD') }}"
      warehouse: "LOAD_WH"
      role: "LOADER_ROLE"
      database: "OLIST"
      schema: "analytics"
      threads: 8
      query_tag: "keelboat 20261121T020000Z-7f3a"
      connect_retries: 3
      connect_timeout: 5
      client_session_keep_alive: false
)");
}

TEST(SnowflakeProfile, GivesThePasswordToTheProcessOnly) {
  EXPECT_THAT(SnowflakeProfile(Options()), Not(HasSubstr("s3cret")));
  EXPECT_THAT(SnowflakeProfileVariables(Options()),
              ElementsAre(Pair("DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PASSWORD", "s3cret")));
}

TEST(SnowflakeProfile, LogsInWithAKeyPair) {
  SnowflakeProfileOptions options = Options();
  options.private_key_file = "/keys/loader.p8";
  options.private_key_passphrase = "passw0rd";
  const std::string text = SnowflakeProfile(options);
  EXPECT_THAT(text, Not(HasSubstr("      password:")));
  EXPECT_THAT(text, HasSubstr("      private_key_path: \"{{ env_var('DBT_ENV_SECRET_"
                              "KEELBOAT_SNOWFLAKE_PRIVATE_KEY_PATH') }}\"\n"));
  EXPECT_THAT(text, HasSubstr("      private_key_passphrase: \"{{ env_var("));
  EXPECT_THAT(text, Not(HasSubstr("/keys/loader.p8")));
  EXPECT_THAT(text, Not(HasSubstr("passw0rd")));
  EXPECT_THAT(
      SnowflakeProfileVariables(options),
      ElementsAre(
          Pair("DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "passw0rd"),
          Pair("DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PRIVATE_KEY_PATH", "/keys/loader.p8")));
}

TEST(SnowflakeProfile, LeavesOutThePassphraseOfAnOpenKey) {
  SnowflakeProfileOptions options = Options();
  options.private_key_file = "/keys/loader.p8";
  EXPECT_THAT(SnowflakeProfile(options), Not(HasSubstr("passphrase")));
  EXPECT_EQ(SnowflakeProfileVariables(options).size(), 1);
}

TEST(SnowflakeProfile, ATokenStandsForThePassword) {
  SnowflakeProfileOptions options = Options();
  options.token = "pat-1";
  EXPECT_THAT(SnowflakeProfile(options),
              HasSubstr("      password: \"{{ env_var('DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_"
                        "TOKEN') }}\"\n"));
  EXPECT_THAT(SnowflakeProfileVariables(options),
              ElementsAre(Pair("DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_TOKEN", "pat-1")));
}

TEST(SnowflakeProfile, NamesAPrivateEndpoint) {
  SnowflakeProfileOptions options = Options();
  options.host = "127.0.0.1";
  options.port = 8084;
  options.protocol = "http";
  EXPECT_THAT(SnowflakeProfile(options),
              HasSubstr("      host: \"127.0.0.1\"\n      port: 8084\n"
                        "      protocol: \"http\"\n"));
}

TEST(SnowflakeProfile, QuotesWhatYamlAndJinjaWouldRead) {
  SnowflakeProfileOptions options = Options();
  options.user = "on: #{{ x }}";
  EXPECT_THAT(SnowflakeProfile(options),
              HasSubstr(R"(user: "on: #{{ '{' }}{{ '{' }} x }}")"));
}

}  // namespace
}  // namespace keelboat
