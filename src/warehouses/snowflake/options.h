#pragma once

#include <chrono>
#include <string>

namespace keelboat {

/// How the lake's files come to Snowflake.
enum class SnowflakeLoadMode {
  kPut,    ///< Through this machine into an internal stage.
  kStage,  ///< Snowflake reads the lake's bucket itself, by an external stage.
};

/// \brief Where and as whom.
///
/// Names of objects are as in SQL: `raw` is RAW, `"Raw"` is Raw.
struct SnowflakeOptions {
  std::string driver;   ///< Path of libadbc_driver_snowflake.so.
  std::string account;  ///< "myorg-myaccount", or a locator: "xy12345.eu-central-1".
  std::string user;
  /// One of password, private_key_file and token. Of several the key counts first, then
  /// the token.
  std::string password;
  std::string private_key_file;        ///< PEM, RSA.
  std::string private_key_passphrase;  ///< Where the file is encrypted.
  std::string token;                   ///< A programmatic access token.
  /// Empty: by what is there. "snowflake", "snowflake_jwt" or
  /// "programmatic_access_token"; others are refused with the reason.
  std::string authenticator;
  std::string warehouse;  ///< Empty: the user's default.
  std::string role;       ///< Empty: the user's default.
  std::string database;
  std::string schema = "RAW";
  /// A private endpoint or a stand-in. Empty: <account>.snowflakecomputing.com, port 443,
  /// https. "http" is for loopback only.
  std::string host;
  int port = 0;
  std::string protocol;
  SnowflakeLoadMode load = SnowflakeLoadMode::kPut;
  std::string stage = "KEELBOAT_STAGE";
  /// kStage: where the lake is ("s3://bucket/prefix") and how Snowflake may read it, by
  /// an integration or by keys. `stage_endpoint` is for stores that are not Amazon's; it
  /// has to be reachable from Snowflake.
  std::string stage_url;
  std::string storage_integration;
  std::string stage_endpoint;
  std::string stage_access_key;
  std::string stage_secret_key;
  std::string stage_session_token;
  std::string query_tag;  ///< The run id; statements of a table add the table.
  /// How long a login may take, with its retries.
  std::chrono::seconds login_timeout{60};
  /// How long one request may take, with its retries. Statements may take longer: they
  /// are asked for again and again.
  std::chrono::seconds request_timeout{300};
};

}  // namespace keelboat
