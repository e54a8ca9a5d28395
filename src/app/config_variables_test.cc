// What a configuration takes from variables: of the environment, of .env, of the older
// pipeline.

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "app/config_folder.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

using ConfigVariablesTest = ConfigFolder;

TEST_F(ConfigVariablesTest, MissingVariableOfAnotherEnvironmentDoesNoHarm) {
  WriteMinimal(
      "environments:\n  dev: {}\n  prod: {name: ${NOPE}, run: {workers: ${N}}}\n");
  EXPECT_TRUE(Load().ok());
  EXPECT_HAS(ErrorOf({}, "prod"), "variable NOPE is not set");
}

TEST_F(ConfigVariablesTest, HostileValuesStayValues) {
  WriteMinimal("name: ${X}\n");
  const std::string hostile = "a\nlake: {url: /etc}\n${Y} 'q\" {[#: \x01";
  const auto config = Load({{"X", hostile}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, hostile);
  EXPECT_EQ(config->lake.path, folder_ / "lake");
}

TEST_F(ConfigVariablesTest, ProcessEnvironmentWinsOverDotenv) {
  WriteMinimal("name: ${X}-${Y}\n");
  Write(".env", "X=file\nY=file\n");
  const auto config = Load({{"X", "process"}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "process-file");
  EXPECT_EQ(config->dotenv, (std::map<std::string, std::string>{{"Y", "file"}}));
  Write(".env", "X=1\nbroken\n");
  EXPECT_HAS(ErrorOf(), ".env:2: expected NAME=value");
}

TEST_F(ConfigVariablesTest, WarnsAboutAnOpenDotenv) {
  WriteMinimal("");
  Write(".env", "A=1\n");
  EXPECT_TRUE(Load()->warnings.empty());
  ::chmod((folder_ / ".env").c_str(), 0644);
  ASSERT_EQ(Load()->warnings.size(), 1u);
  EXPECT_HAS(Load()->warnings[0], "chmod 600");
}

TEST_F(ConfigVariablesTest, OldVariablesAreEnough) {
  std::map<std::string, std::string> variables = {{"MYSQL_HOST", "db"},
                                                  {"MYSQL_PORT", "3307"},
                                                  {"MYSQL_USER", "u"},
                                                  {"MYSQL_PASSWORD", "p${x}"},
                                                  {"MYSQL_DATABASE", "shop"}};
  const auto config = Load(variables);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->file, "");
  const auto* mysql = &std::get<MysqlSettings>(config->sources.at("mysql").settings);
  EXPECT_EQ(mysql->host, "db");
  EXPECT_EQ(mysql->port, 3307);
  EXPECT_EQ(mysql->password.Reveal(), "p${x}");
  EXPECT_EQ(config->lake.path, folder_ / "lake");
  EXPECT_EQ(config->tables.at(0).from, "mysql");
  EXPECT_FALSE(config->dbt.has_value());
  EXPECT_TRUE(CheckSupported(*config, {true, true}).ok());

  variables["MYSQL_PORT"] = "33o6";
  EXPECT_HAS(ErrorOf(variables), "sources.mysql.port: '33o6' (${MYSQL_PORT}) is not");
  variables["MYSQL_PORT"] = "";
  const auto without_port = *Load(variables);
  EXPECT_EQ(std::get<MysqlSettings>(without_port.sources.at("mysql").settings).port,
            3306);
  variables.erase("MYSQL_DATABASE");
  EXPECT_HAS(ErrorOf(variables), "variable MYSQL_DATABASE is not set");
  EXPECT_HAS(ErrorOf(variables), "keelboat init");
}

TEST_F(ConfigVariablesTest, OldVariablesOfMinioSnowflakeAndMetabase) {
  std::map<std::string, std::string> variables = {
      {"MYSQL_USER", "u"},          {"MYSQL_DATABASE", "shop"},
      {"MINIO_ENDPOINT", "m:9000"}, {"MINIO_BUCKET", "lake"},
      {"MINIO_ROOT_USER", "root"},  {"MINIO_ROOT_PASSWORD", "rp"},
      {"SNOWFLAKE_ACCOUNT", "acc"}, {"SNOWFLAKE_USER", "su"},
      {"SNOWFLAKE_PASSWORD", "sp"}, {"SNOWFLAKE_WAREHOUSE", "w"},
      {"SNOWFLAKE_DATABASE", "d"},  {"METABASE_URL", "https://bi"},
      {"METABASE_USERNAME", "mu"},  {"METABASE_PASSWORD", "mp"}};
  auto config = Load(variables);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->lake.kind, LakeKind::kS3);
  EXPECT_EQ(config->lake.bucket, "lake");
  EXPECT_EQ(config->lake.endpoint, "https://m:9000");
  EXPECT_EQ(config->lake.access_key.Reveal(), "root");
  EXPECT_EQ(std::get<SnowflakeSettings>(config->warehouse.settings).account, "acc");
  EXPECT_EQ(config->sources.size(), 2u);
  EXPECT_EQ(config->tables.at(0).from, "mysql");
  EXPECT_EQ(config->warehouse.place, "environment variable SNOWFLAKE_ACCOUNT");

  variables.erase("MINIO_ROOT_USER");
  variables.erase("MINIO_ROOT_PASSWORD");
  EXPECT_HAS(ErrorOf(variables), "variable MINIO_ROOT_USER (or MINIO_ACCESS_KEY)");
  variables["MINIO_ACCESS_KEY"] = "ak";
  variables["MINIO_SECRET_KEY"] = "sk";
  config = Load(variables);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->lake.secret_key.Reveal(), "sk");
  for (const auto& [given, endpoint] :
       std::map<std::string, std::string>{{"127.0.0.1:9000", "http://127.0.0.1:9000"},
                                          {"localhost:9000", "http://localhost:9000"},
                                          {"http://m:9000", "http://m:9000"},
                                          {"https://m", "https://m"}}) {
    variables["MINIO_ENDPOINT"] = given;
    EXPECT_EQ(Load(variables)->lake.endpoint, endpoint);
  }
  variables.erase("MINIO_BUCKET");
  EXPECT_HAS(ErrorOf(variables), "MINIO_BUCKET");
}

TEST_F(ConfigVariablesTest, KeysOfALakeAreFoundAsAwsFindsThem) {
  std::map<std::string, std::string> variables = {
      {"HOME", "/home/ana"}, {"AWS_REGION", "eu-west-1"}, {"AWS_PROFILE", "etl"}};
  WriteMinimal("lake: {url: s3://bucket/x}\n");
  auto lake = Load(variables)->lake;
  EXPECT_EQ(lake.region, "eu-west-1");
  EXPECT_EQ(lake.profile, "etl");
  EXPECT_EQ(lake.aws.credentials_file, "/home/ana/.aws/credentials");
  EXPECT_EQ(lake.aws.config_file, "/home/ana/.aws/config");
  EXPECT_EQ(lake.aws.metadata_url, "http://169.254.169.254");
  EXPECT_FALSE(lake.single_writer);
  // Keys of the environment come before its profile, not before one that is written down.
  variables["AWS_ACCESS_KEY_ID"] = "AK";
  variables["AWS_SECRET_ACCESS_KEY"] = "SK";
  variables["AWS_SESSION_TOKEN"] = "T";
  lake = Load(variables)->lake;
  EXPECT_EQ(lake.access_key.Reveal(), "AK");
  EXPECT_EQ(lake.session_token.Reveal(), "T");
  EXPECT_EQ(lake.keys_origin, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  WriteMinimal("lake: {url: s3://bucket/x, profile: other, single_writer: true}\n");
  lake = Load(variables)->lake;
  EXPECT_TRUE(lake.access_key.empty());
  EXPECT_EQ(lake.profile, "other");
  EXPECT_TRUE(lake.single_writer);
  // Roles; a region of AWS says nothing of another service.
  lake = Load({{"AWS_EC2_METADATA_DISABLED", "true"},
               {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/1"},
               {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret"},
               {"AWS_SHARED_CREDENTIALS_FILE", "/etc/keys"},
               {"AWS_DEFAULT_REGION", "eu-west-1"},
               {"AWS_ENDPOINT_URL", "http://m:9000"}})
             ->lake;
  EXPECT_EQ(lake.endpoint, "http://m:9000");
  EXPECT_EQ(lake.aws.container_url, "http://169.254.170.2/v2/1");
  EXPECT_EQ(lake.aws.container_authorization.Reveal(), "secret");
  EXPECT_EQ(lake.aws.credentials_file, "/etc/keys");
  EXPECT_EQ(lake.aws.config_file, "");
  EXPECT_EQ(lake.aws.metadata_url, "");
  EXPECT_EQ(lake.region, "eu-west-1");
  EXPECT_EQ(lake.aws.token_service_url, "");
  // A web identity, as Kubernetes gives it to a pod.
  std::map<std::string, std::string> pod = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/run/token"},
                                            {"AWS_ROLE_ARN", "arn:aws:iam::1:role/etl"},
                                            {"AWS_REGION", "cn-north-1"}};
  lake = Load(pod)->lake;
  EXPECT_EQ(lake.aws.web_identity_file, "/run/token");
  EXPECT_EQ(lake.aws.web_identity_role, "arn:aws:iam::1:role/etl");
  EXPECT_EQ(lake.aws.token_service_url, "https://sts.cn-north-1.amazonaws.com.cn");
  pod["AWS_REGION"] = "eu-west-1";
  EXPECT_EQ(Load(pod)->lake.aws.token_service_url, "https://sts.eu-west-1.amazonaws.com");
  pod.erase("AWS_REGION");
  EXPECT_EQ(Load(pod)->lake.aws.token_service_url, "https://sts.amazonaws.com");
  pod["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:9/";
  EXPECT_EQ(Load(pod)->lake.aws.token_service_url, "http://127.0.0.1:9");
  WriteMinimal("lake: {url: s3://bucket/x, endpoint: \"http://m:9000\"}\n");
  EXPECT_EQ(Load({{"AWS_REGION", "eu-west-1"}})->lake.region, "us-east-1");
  WriteMinimal("lake: {url: s3://b-1, access_key: a, secret_key: s, profile: p}\n");
  EXPECT_HAS(ErrorOf(), "say either");
}

TEST_F(ConfigVariablesTest, NothingToStandOnSaysBothWays) {
  const std::string message = ErrorOf();
  EXPECT_HAS(message, "keelboat init");
  EXPECT_HAS(message, "MYSQL_DATABASE");
  Write("keelboat.yml", "");
  EXPECT_HAS(ErrorOf(), "rename it to keelboat.yaml");
  const auto missing = LoadProject({folder_ / "nowhere", "", {}});
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
  fs::create_directories(folder_ / "sub");
  Write("keelboat.yaml", "");
  const auto below = LoadProject({folder_ / "sub", "", {}});
  EXPECT_HAS(below.status().message(), "add -C " + folder_.string());
}

}  // namespace
}  // namespace keelboat
