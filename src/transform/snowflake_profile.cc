#include "transform/snowflake_profile.h"

#include "transform/profile_text.h"

namespace keelboat {
namespace {

using transform::ProfileText;

constexpr const char* kPassword = "DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PASSWORD";
constexpr const char* kToken = "DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_TOKEN";
constexpr const char* kKeyFile = "DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PRIVATE_KEY_PATH";
constexpr const char* kPassphrase =
    "DBT_ENV_SECRET_KEELBOAT_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE";
// A network that fails now and then is tried again; a wrong password is not.
constexpr int kConnectRetries = 3;
constexpr int kSecondsBetween = 5;

std::string Line(const char* name, const std::string& value) {
  return std::string("      ") + name + ": " + value + "\n";
}

std::string Optional(const char* name, const std::string& value) {
  return value.empty() ? "" : Line(name, ProfileText(value));
}

std::string Variable(const char* name) {
  return std::string("\"{{ env_var('") + name + "') }}\"";
}

}  // namespace

std::string SnowflakeProfile(const SnowflakeProfileOptions& options) {
  std::string text = transform::ProfileHead(options.target);
  text += Line("type", "snowflake");
  text += Line("account", ProfileText(options.account));
  text += Line("user", ProfileText(options.user));
  if (!options.private_key_file.empty()) {
    text += Line("private_key_path", Variable(kKeyFile));
    if (!options.private_key_passphrase.empty()) {
      text += Line("private_key_passphrase", Variable(kPassphrase));
    }
  } else {
    // Snowflake takes a programmatic access token where it takes a password.
    text += Line("password", Variable(options.token.empty() ? kPassword : kToken));
  }
  text += Optional("warehouse", options.warehouse);
  text += Optional("role", options.role);
  text += Line("database", ProfileText(options.database));
  text += Line("schema", ProfileText(options.schema));
  text += Line("threads", std::to_string(options.threads));
  text += Optional("query_tag", options.query_tag);
  text += Optional("host", options.host);
  if (options.port != 0) text += Line("port", std::to_string(options.port));
  text += Optional("protocol", options.protocol);
  text += Line("connect_retries", std::to_string(kConnectRetries));
  text += Line("connect_timeout", std::to_string(kSecondsBetween));
  text += Line("client_session_keep_alive", "false");
  return text;
}

std::map<std::string, std::string> SnowflakeProfileVariables(
    const SnowflakeProfileOptions& options) {
  if (options.private_key_file.empty()) {
    if (!options.token.empty()) return {{kToken, options.token}};
    return {{kPassword, options.password}};
  }
  std::map<std::string, std::string> variables = {{kKeyFile, options.private_key_file}};
  if (!options.private_key_passphrase.empty()) {
    variables[kPassphrase] = options.private_key_passphrase;
  }
  return variables;
}

}  // namespace keelboat
