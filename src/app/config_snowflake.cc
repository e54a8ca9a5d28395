#include "app/config_snowflake.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

namespace keelboat {
namespace {

constexpr std::string_view kDomain = ".snowflakecomputing.";
constexpr std::string_view kConsole = "app.snowflake.com/";

bool IsWord(unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '_'); }

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" ||
         host == "[::1]";
}

bool IsAccount(std::string_view text) {
  return !text.empty() && IsWord(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsWord(c) || c == '-' || c == '.'; });
}

// Whether SQL takes it for one name: letters, digits, _ and $, or what double quotes
// hold.
bool IsName(std::string_view text) {
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2).find('"') == std::string_view::npos;
  }
  return !text.empty() && IsWord(text.front()) &&
         std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsWord(c) || c == '$'; });
}

void ReadName(MapReader& reader, const char* key, std::string* target) {
  const auto text = reader.Text(key);
  if (!text) return;
  if (IsName(*text)) {
    *target = *text;
  } else {
    reader.Error(key, reader.PathOf(key) +
                          " must be one plain name (letters, digits and _), or stand in "
                          "double quotes within single ones: '\"my-name\"'");
  }
}

void ReadAccount(MapReader& reader, SnowflakeSettings* snowflake) {
  reader.Read("account", &snowflake->account);
  if (snowflake->account.empty() || IsAccount(snowflake->account)) {
    const bool has_domain = snowflake->account.find(kDomain) != std::string::npos;
    if (!has_domain) return;
  }
  const std::string found = SnowflakeAccountIn(snowflake->account);
  reader.Error("account",
               reader.PathOf("account") +
                   " must be the account's identifier alone, without https:// and "
                   ".snowflakecomputing.com" +
                   (found.empty() ? ": ORGANIZATION-ACCOUNT, e.g. myorg-shop"
                                  : ": write " + found));
}

/// What the driver and dbt call the ways to log in.
struct Authenticator {
  const char* name;
  std::optional<SnowflakeLogin> login;
  const char* refusal;
};

const std::vector<Authenticator> kAuthenticators = {
    {"snowflake", SnowflakeLogin::kPassword, ""},
    {"snowflake_jwt", SnowflakeLogin::kKeyPair, ""},
    {"programmatic_access_token", SnowflakeLogin::kToken, ""},
    {"externalbrowser",
     {},
     "needs a person at each login, in a browser that a nightly run does not have"},
    {"username_password_mfa", {}, "needs a person at each login"},
    {"oauth", {}, "takes tokens that end within minutes, and nothing here renews them"},
};

/// False where what was asked for is refused.
bool ReadAuthenticator(MapReader& reader, std::optional<SnowflakeLogin>* asked) {
  std::vector<std::string> names;
  for (const Authenticator& known : kAuthenticators) names.emplace_back(known.name);
  const auto chosen = reader.Choice("authenticator", names);
  if (!chosen) return !reader.Failed("authenticator");
  const Authenticator& authenticator = kAuthenticators[*chosen];
  *asked = authenticator.login;
  if (authenticator.login) return true;
  reader.Error("authenticator", reader.PathOf("authenticator") + ": " +
                                    authenticator.name + " " + authenticator.refusal +
                                    ": use a key pair (private_key: rsa_key.p8) or a "
                                    "programmatic access token (token: …)");
  return false;
}

const char* KeyOf(SnowflakeLogin login) {
  switch (login) {
    case SnowflakeLogin::kKeyPair:
      return "private_key";
    case SnowflakeLogin::kToken:
      return "token";
    case SnowflakeLogin::kPassword:
      break;
  }
  return "password";
}

// `authenticator` says how to log in; without it, what is given does: a key pair before a
// token before a password.
void ReadLogin(MapReader& reader, SnowflakeSettings* snowflake) {
  reader.Read("user", &snowflake->user);
  reader.Read("password", &snowflake->password);
  reader.Read("private_key", &snowflake->private_key);
  reader.CheckFile("private_key", snowflake->private_key);
  reader.Read("private_key_passphrase", &snowflake->private_key_passphrase);
  reader.Read("token", &snowflake->token);
  reader.Require({"user"});
  std::optional<SnowflakeLogin> asked;
  const bool known = ReadAuthenticator(reader, &asked);
  if (asked) {
    snowflake->login = *asked;
  } else if (!snowflake->private_key.empty()) {
    snowflake->login = SnowflakeLogin::kKeyPair;
  } else if (!snowflake->token.empty()) {
    snowflake->login = SnowflakeLogin::kToken;
  }
  const char* key = KeyOf(snowflake->login);
  if (!known || reader.context().dry || reader.Failed("private_key") ||
      reader.Failed(key)) {
    return;
  }
  if (asked || snowflake->login != SnowflakeLogin::kPassword ||
      !snowflake->password.empty()) {
    return reader.Require({key});
  }
  reader.Error(key,
               reader.PathOf(key) +
                   " is missing: log in with a password, a private_key (PEM file) or "
                   "a token");
}

void ReadEndpoint(MapReader& reader, SnowflakeSettings* snowflake) {
  reader.Read("host", &snowflake->host);
  if (snowflake->host.find("://") != std::string::npos ||
      snowflake->host.find('@') != std::string::npos ||
      snowflake->host.find('/') != std::string::npos) {
    reader.Error("host", reader.PathOf("host") +
                             " must be a host's name alone: `protocol` and `port` are "
                             "keys of their own");
  }
  reader.Read("port", &snowflake->port);
  reader.Read("protocol", &snowflake->protocol, {{"https", "https"}, {"http", "http"}});
  const bool unknown = reader.context().dry && snowflake->host.empty();
  if (snowflake->protocol == "http" && !unknown && !IsLoopback(snowflake->host)) {
    reader.Error("protocol", reader.PathOf("protocol") +
                                 ": http would show the login to everybody on the way: "
                                 "only a stand-in on this machine may be reached by it");
  }
}

void ReadStage(MapReader& reader, const LakeConfig& lake, SnowflakeSettings* snowflake) {
  reader.Read("load", &snowflake->load,
              {{"stage", SnowflakeLoad::kStage}, {"put", SnowflakeLoad::kPut}});
  ReadName(reader, "stage", &snowflake->stage);
  ReadName(reader, "storage_integration", &snowflake->storage_integration);
  const bool dry = reader.context().dry;
  if (snowflake->load == SnowflakeLoad::kPut) {
    if (!snowflake->storage_integration.empty()) {
      reader.Error("storage_integration",
                   reader.PathOf("storage_integration") +
                       " is how Snowflake reads the lake's bucket: it goes with `load: "
                       "stage`");
    }
    return;
  }
  // In an environment that was not selected the lake may hang on variables.
  if (lake.kind == LakeKind::kLocal) {
    if (dry && lake.path.empty()) return;
    return reader.Error(
        "load",
        reader.PathOf("load") +
            ": stage lets Snowflake read the lake's bucket, but the lake is a folder on "
            "this machine: write `load: put`, or put the lake into a bucket (lake: {url: "
            "s3://bucket/prefix})");
  }
  const bool own_endpoint =
      !lake.endpoint.empty() && lake.endpoint.find("amazonaws.com") == std::string::npos;
  if (own_endpoint && !snowflake->storage_integration.empty()) {
    reader.Error("storage_integration",
                 reader.PathOf("storage_integration") +
                     " works with AWS only; of another service Snowflake takes the "
                     "lake's keys: leave it out");
  }
  if (!dry && lake.access_key.empty() && snowflake->storage_integration.empty()) {
    reader.Error("load", reader.PathOf("load") +
                             ": stage needs a storage_integration, or the lake's "
                             "access_key and secret_key");
  }
}

}  // namespace

std::string SnowflakeAccountIn(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    text = text.substr(scheme + 3);
  }
  std::string account;
  if (text.starts_with(kConsole)) {
    text = text.substr(kConsole.size());
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view rest = text.substr(slash + 1);
    account = std::string(text.substr(0, slash)) + "-" +
              std::string(rest.substr(0, rest.find_first_of("/#?")));
  } else if (const auto domain = text.find(kDomain); domain != std::string_view::npos) {
    account = text.substr(0, domain);
  }
  return IsAccount(account) ? account : std::string();
}

SnowflakeSettings ReadSnowflake(MapReader& reader, const LakeConfig& lake) {
  SnowflakeSettings snowflake;
  ReadAccount(reader, &snowflake);
  ReadLogin(reader, &snowflake);
  ReadName(reader, "warehouse", &snowflake.warehouse);
  ReadName(reader, "database", &snowflake.database);
  ReadName(reader, "role", &snowflake.role);
  ReadName(reader, "schema", &snowflake.schema);
  ReadEndpoint(reader, &snowflake);
  ReadStage(reader, lake, &snowflake);
  reader.Require({"account", "warehouse", "database"});
  return snowflake;
}

}  // namespace keelboat
