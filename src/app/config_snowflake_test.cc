#include "app/config_snowflake.h"

#include <gtest/gtest.h>

#include "app/config_folder.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

/// A project whose warehouse is Snowflake, in all the ways in which that can be written.
class ConfigSnowflakeTest : public ConfigFolder {
 protected:
  void SetUp() override {
    ConfigFolder::SetUp();
    Write("rsa_key.p8", "-----BEGIN PRIVATE KEY-----\n");
  }
  /// A file whose line 3 is the lake and whose line 4 is the warehouse.
  void WriteFile(const std::string& warehouse,
                 const std::string& lake = "{url: ./lake}") {
    WriteMinimal("lake: " + lake + "\nwarehouse: {type: snowflake, " + warehouse + "}\n");
  }
  SnowflakeSettings Settings(const std::map<std::string, std::string>& variables = {}) {
    const auto config = Load(variables);
    EXPECT_TRUE(config.ok()) << config.status().message();
    if (!config.ok()) return {};
    return std::get<SnowflakeSettings>(config->warehouse.settings);
  }
};

constexpr const char* kRest = "account: myorg-shop, user: u, warehouse: w, database: d";
constexpr const char* kBucket = "{url: s3://bucket/prod, access_key: ak, secret_key: sk}";

TEST_F(ConfigSnowflakeTest, ReadsEveryKey) {
  WriteFile(
      "account: myorg-shop, user: loader, private_key: rsa_key.p8, "
      "private_key_passphrase: ${PASS}, warehouse: load_wh, role: loader_role, database: "
      "shop, schema: raw, load: stage, stage: '\"my stage\"', storage_integration: "
      "s3_int, "
      "host: shop.privatelink.example.org, port: 8443, protocol: https",
      "{url: s3://bucket/prod}");
  const auto snowflake = Settings({{"PASS", "hunter2"}});
  EXPECT_EQ(snowflake.account, "myorg-shop");
  EXPECT_EQ(snowflake.user, "loader");
  EXPECT_EQ(snowflake.login, SnowflakeLogin::kKeyPair);
  EXPECT_EQ(snowflake.private_key, folder_ / "rsa_key.p8");
  EXPECT_EQ(snowflake.private_key_passphrase.Reveal(), "hunter2");
  EXPECT_EQ(snowflake.warehouse, "load_wh");
  EXPECT_EQ(snowflake.role, "loader_role");
  EXPECT_EQ(snowflake.database, "shop");
  EXPECT_EQ(snowflake.schema, "raw");
  EXPECT_EQ(snowflake.load, SnowflakeLoad::kStage);
  EXPECT_EQ(snowflake.stage, "\"my stage\"");
  EXPECT_EQ(snowflake.storage_integration, "s3_int");
  EXPECT_EQ(snowflake.host, "shop.privatelink.example.org");
  EXPECT_EQ(snowflake.port, 8443);
  EXPECT_EQ(snowflake.protocol, "https");
}

TEST_F(ConfigSnowflakeTest, LessIsEnough) {
  WriteFile(std::string(kRest) + ", password: p");
  const auto snowflake = Settings();
  EXPECT_EQ(snowflake.login, SnowflakeLogin::kPassword);
  EXPECT_EQ(snowflake.schema, "RAW");
  EXPECT_EQ(snowflake.stage, "KEELBOAT_STAGE");
  EXPECT_EQ(snowflake.load, SnowflakeLoad::kPut);
  EXPECT_EQ(snowflake.host, "");
  EXPECT_EQ(snowflake.port, 0);
  EXPECT_EQ(snowflake.role, "");
}

TEST_F(ConfigSnowflakeTest, TheStrongestLoginThatIsGivenIsUsed) {
  const std::string all =
      std::string(kRest) + ", password: ${P:-}, private_key: ${K:-}, token: ${T:-}";
  WriteFile(all);
  EXPECT_EQ(Settings({{"P", "p"}}).login, SnowflakeLogin::kPassword);
  EXPECT_EQ(Settings({{"P", "p"}, {"T", "t"}}).login, SnowflakeLogin::kToken);
  EXPECT_EQ(Settings({{"P", "p"}, {"T", "t"}, {"K", "rsa_key.p8"}}).login,
            SnowflakeLogin::kKeyPair);
  WriteFile(all + ", authenticator: snowflake");
  EXPECT_EQ(Settings({{"P", "p"}, {"K", "rsa_key.p8"}}).login, SnowflakeLogin::kPassword);
  WriteFile(all + ", authenticator: snowflake_jwt");
  EXPECT_HAS(ErrorOf({{"P", "p"}}), "keelboat.yaml:4: warehouse.private_key is empty");
}

TEST_F(ConfigSnowflakeTest, MistakesNameLineAndRemedy) {
  const std::string rest = kRest;
  const std::string account = ", user: u, password: p, warehouse: w, database: d";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {rest,
       "keelboat.yaml:4: warehouse.password is missing: log in with a password, a "
       "private_key (PEM file) or a token"},
      {"account: \"https://myorg-shop.snowflakecomputing.com/console\"" + account,
       "keelboat.yaml:4: warehouse.account must be the account's identifier alone, "
       "without https:// and .snowflakecomputing.com: write myorg-shop"},
      {"account: \"https://app.snowflake.com/myorg/shop/#/data\"" + account,
       "write myorg-shop"},
      {"account: xy12345.eu-central-1.snowflakecomputing.com" + account,
       "write xy12345.eu-central-1"},
      {"account: \"my org\"" + account, "ORGANIZATION-ACCOUNT, e.g. myorg-shop"},
      {"account: ${HIDDEN_PASSWORD}" + account, "ORGANIZATION-ACCOUNT"},
      {rest + ", pasword: hunter2", "did you mean 'password'?"},
      {rest + ", password: p, private_key: nowhere.p8",
       "warehouse.private_key: there is no file " + (folder_ / "nowhere.p8").string()},
      {rest + ", password: p, authenticator: externalbrowser",
       "in a browser that a nightly run does not have: use a key pair"},
      {rest + ", password: p, authenticator: username_password_mfa",
       "needs a person at each login: use a key pair"},
      {rest + ", password: p, authenticator: oauth", "nothing here renews them"},
      {rest + ", password: p, authenticator: snowflake_jtw",
       "did you mean 'snowflake_jwt'"},
      {rest + ", password: p, authenticator: snowflake_jwt",
       "warehouse.private_key is missing"},
      {rest + ", password: p, load: staged", "did you mean 'stage'?"},
      {rest + ", password: p, load: stage",
       "warehouse.load: stage lets Snowflake read the lake's bucket, but the lake is a "
       "folder on this machine: write `load: put`"},
      {rest + ", password: p, storage_integration: x", "goes with `load: stage`"},
      {rest + ", password: p, schema: my-raw", "warehouse.schema must be one plain name"},
      {rest + ", password: p, schema: 1raw", "warehouse.schema must be one plain name"},
      {rest + ", password: p, host: \"https://x\"", "a host's name alone"},
      {rest + ", password: p, host: x.example.org, protocol: http",
       "http would show the login"},
      {rest + ", password: p, protocol: ftp", "is not https or http"},
      {rest + ", password: p, port: 0", "from 1 to 65535"},
      {"user: u, password: p, warehouse: w, database: d", "warehouse.account is missing"},
      {"account: a, user: u, password: p, database: d", "warehouse.warehouse is missing"},
      {"account: a, user: u, password: p, warehouse: w", "warehouse.database is missing"},
      {rest + ", password: p, path: x.duckdb", "unknown key 'path' in warehouse"},
  };
  for (const auto& [warehouse, message] : cases) {
    WriteFile(warehouse);
    EXPECT_HAS(ErrorOf({{"HIDDEN_PASSWORD", "hun ter2"}}), message);
    EXPECT_EQ(ErrorOf({{"HIDDEN_PASSWORD", "hun ter2"}}).find("hun"), std::string::npos);
  }
}

TEST_F(ConfigSnowflakeTest, AStageNeedsSomethingToReadTheBucketWith) {
  const std::string stage = std::string(kRest) + ", password: p, load: stage";
  WriteFile(stage, kBucket);
  EXPECT_EQ(Settings().load, SnowflakeLoad::kStage);
  WriteFile(stage, "{url: s3://bucket/prod}");
  EXPECT_HAS(ErrorOf(), "stage needs a storage_integration, or the lake's access_key");
  WriteFile(stage + ", storage_integration: s3_int",
            "{url: s3://bucket, endpoint: \"https://minio:9000\", access_key: a, "
            "secret_key: s}");
  EXPECT_HAS(ErrorOf(), "works with AWS only");
  WriteFile(stage + ", storage_integration: s3_int",
            "{url: s3://bucket, endpoint: \"https://s3.eu-west-1.amazonaws.com\"}");
  EXPECT_EQ(Settings().storage_integration, "s3_int");
}

TEST_F(ConfigSnowflakeTest, EnvironmentsThatAreNotSelectedMayLackTheirVariables) {
  Write("keelboat.yaml", R"(sources:
  shop: {type: mysql, user: u, database: d}
environments:
  dev: {}
  prod:
    lake: {url: s3://${BUCKET}/prod, access_key: ${AK}, secret_key: ${SK}}
    warehouse: {type: snowflake, account: ${ACCOUNT}, user: ${SU}, private_key: ${KEY}, warehouse: ${WH}, database: ${DB}, load: stage, host: ${HOST}, protocol: http}
)");
  EXPECT_TRUE(Load().ok()) << Load().status().message();
  Write("keelboat.yaml", R"(sources:
  shop: {type: mysql, user: u, database: d}
environments:
  dev: {}
  prod:
    lake: {url: ./lake}
    warehouse: {type: snowflake, account: ${ACCOUNT}, user: ${SU}, password: ${P}, warehouse: ${WH}, database: ${DB}, load: stage}
)");
  EXPECT_HAS(ErrorOf(), "keelboat.yaml:7: warehouse.load: stage lets Snowflake read");
}

TEST_F(ConfigSnowflakeTest, TheOlderPipelinesVariablesAreEnough) {
  std::map<std::string, std::string> variables = {{"MYSQL_USER", "u"},
                                                  {"MYSQL_DATABASE", "shop"},
                                                  {"SNOWFLAKE_ACCOUNT", "acc"},
                                                  {"SNOWFLAKE_USER", "su"},
                                                  {"SNOWFLAKE_PASSWORD", "sp"},
                                                  {"SNOWFLAKE_WAREHOUSE", "w"},
                                                  {"SNOWFLAKE_DATABASE", "db"},
                                                  {"SNOWFLAKE_ROLE", "r"},
                                                  {"SNOWFLAKE_SCHEMA", "raw_data"}};
  auto snowflake = Settings(variables);
  EXPECT_EQ(snowflake.database, "db");
  EXPECT_EQ(snowflake.schema, "raw_data");
  EXPECT_EQ(snowflake.role, "r");
  EXPECT_EQ(snowflake.login, SnowflakeLogin::kPassword);
  EXPECT_EQ(snowflake.password.Reveal(), "sp");

  for (const char* name :
       {"SNOWFLAKE_PRIVATE_KEY_PATH", "SNOWFLAKE_PRIVATE_KEY_FILE_PATH"}) {
    auto with_key = variables;
    with_key.erase("SNOWFLAKE_PASSWORD");
    with_key[name] = "rsa_key.p8";
    with_key["SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"] = "hunter2";
    snowflake = Settings(with_key);
    EXPECT_EQ(snowflake.login, SnowflakeLogin::kKeyPair);
    EXPECT_EQ(snowflake.private_key, folder_ / "rsa_key.p8");
    EXPECT_EQ(snowflake.private_key_passphrase.Reveal(), "hunter2");
  }
  variables["SNOWFLAKE_HOST"] = "localhost";
  variables["SNOWFLAKE_PORT"] = "8085";
  variables["SNOWFLAKE_PROTOCOL"] = "http";
  snowflake = Settings(variables);
  EXPECT_EQ(snowflake.host, "localhost");
  EXPECT_EQ(snowflake.port, 8085);
  EXPECT_EQ(snowflake.protocol, "http");

  variables["SNOWFLAKE_LOAD"] = "stage";
  EXPECT_HAS(ErrorOf(variables), "but the lake is a folder on this machine");
  variables.erase("SNOWFLAKE_LOAD");
  variables.erase("SNOWFLAKE_PASSWORD");
  EXPECT_HAS(ErrorOf(variables), "variable SNOWFLAKE_PASSWORD is not set");
}

TEST_F(ConfigSnowflakeTest, SecretsAreTakenOutOfTexts) {
  WriteFile(std::string(kRest) +
            ", password: pass1234, private_key: rsa_key.p8, private_key_passphrase: "
            "phrase1234, token: token1234");
  const auto config = Load();
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(RedactSecrets("pass1234 phrase1234 token1234", *config), "*** *** ***");
}

}  // namespace
}  // namespace keelboat
