#pragma once

#include <map>
#include <string>

namespace keelboat {

/// One account, and who dbt is there. Of the ways to log in the first that is set counts:
/// key pair, token, password.
struct SnowflakeProfileOptions {
  std::string target;   ///< "staging", "prod_test" …
  std::string account;  ///< "org-name"
  std::string user;
  std::string password;
  std::string private_key_file;        ///< PEM; absolute.
  std::string private_key_passphrase;  ///< Empty: the key is not encrypted.
  std::string token;                   ///< A programmatic access token.
  std::string warehouse;               ///< Empty: the user's own; likewise the role.
  std::string role;
  std::string database;
  std::string schema;  ///< Where dbt builds; custom schemas are appended to it.
  std::string host;    ///< A private endpoint; empty: the account's own address.
  int port = 0;
  std::string protocol;
  std::string query_tag;  ///< On every query of the session.
  int threads = 4;        ///< Nodes that dbt runs at once.
};

/// \brief Returns the text of a profiles.yml with one dbt-snowflake target. Pure.
///
/// No secret is in it, only the names of the variables below: dbt keeps variables of this
/// prefix out of its logs and artifacts.
std::string SnowflakeProfile(const SnowflakeProfileOptions& options);

/// The variables that the profile reads, for dbt's process and nowhere else.
std::map<std::string, std::string> SnowflakeProfileVariables(
    const SnowflakeProfileOptions& options);

}  // namespace keelboat
