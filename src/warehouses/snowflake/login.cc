#include "warehouses/snowflake/login.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "keelboat/error.h"
#include "warehouses/sql_name.h"

namespace keelboat::snowflake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDomain = ".snowflakecomputing.";
constexpr const char* kPrefix = "adbc.snowflake.sql.";

arrow::Status Wrong(const std::string& setting, const std::string& message) {
  return MakeError(ErrorKind::kConfig, message, {{"setting", setting}});
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool IsLabel(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

/// What somebody most likely meant who gave an address, or an empty string.
std::string LikelyAccount(std::string text) {
  if (auto scheme = text.find("://"); scheme != std::string::npos) {
    text.erase(0, scheme + 3);
  }
  const auto parts = Split(text.substr(0, text.find_first_of("?#")), '/');
  std::string host = parts[0].substr(0, parts[0].find(':'));
  // The web page's address has the account behind the host.
  if (host == "app.snowflake.com") {
    if (parts.size() < 3 || parts[1].empty() || parts[2].empty()) return "";
    return parts[1] + "-" + parts[2];
  }
  if (auto domain = host.find(kDomain); domain != std::string::npos) host.resize(domain);
  const auto labels = Split(host, '.');
  if (labels[0].find('-') != std::string::npos) host = labels[0];
  return std::all_of(labels.begin(), labels.end(), IsLabel) ? host : "";
}

arrow::Status CheckAccount(const std::string& account) {
  if (account.empty()) {
    return Wrong("account",
                 "the Snowflake warehouse has no account: set 'account', for example "
                 "'myorg-myaccount'");
  }
  const auto labels = Split(account, '.');
  const bool by_organisation = labels[0].find('-') != std::string::npos;
  const bool has_domain = account.find(kDomain) != std::string::npos;
  if (!has_domain && std::all_of(labels.begin(), labels.end(), IsLabel) &&
      labels.size() <= (by_organisation ? 1U : 3U)) {
    return arrow::Status::OK();
  }
  const std::string likely = LikelyAccount(account);
  return Wrong("account",
               "'" + account +
                   "' is not a Snowflake account: it is the organisation and the account "
                   "as in 'myorg-myaccount', or a locator with its region as in "
                   "'xy12345.eu-central-1', without https:// and without "
                   ".snowflakecomputing.com" +
                   (likely.empty() ? "" : "; here probably '" + likely + "'"));
}

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

arrow::Status CheckEndpoint(const SnowflakeOptions& options) {
  if (options.host.find_first_of("/: ") != std::string::npos && options.host != "::1") {
    return Wrong("host", "'" + options.host +
                             "' is not a host: give the name alone, and 'port' and "
                             "'protocol' beside it");
  }
  if (options.port < 0 || options.port > 65535) {
    return Wrong("port",
                 "the port of Snowflake cannot be " + std::to_string(options.port));
  }
  if (options.protocol == "http" && !IsLoopback(options.host)) {
    return Wrong("protocol",
                 "the protocol http would send the login to '" + HostOf(options) +
                     "' for everybody to read: it is for this machine alone; leave "
                     "'protocol' out");
  }
  if (!options.protocol.empty() && options.protocol != "http" &&
      options.protocol != "https") {
    return Wrong("protocol",
                 "the protocol of Snowflake is https, not '" + options.protocol + "'");
  }
  return arrow::Status::OK();
}

enum class Way { kPassword, kKey, kToken };

arrow::Result<Way> WayOf(const SnowflakeOptions& options) {
  const std::string& name = options.authenticator;
  auto need = [&](const std::string& value, const char* setting,
                  Way way) -> arrow::Result<Way> {
    if (!value.empty()) return way;
    return Wrong(setting, "the authenticator '" + name + "' needs '" + setting +
                              "', which is not set");
  };
  if (name.empty()) {
    if (!options.private_key_file.empty()) return Way::kKey;
    if (!options.token.empty()) return Way::kToken;
    if (!options.password.empty()) return Way::kPassword;
    return Wrong("password",
                 "nothing to log in to Snowflake with: set 'private_key' (best), "
                 "'token' or 'password'");
  }
  if (SameName(name, "snowflake")) {
    return need(options.password, "password", Way::kPassword);
  }
  if (SameName(name, "snowflake_jwt")) {
    return need(options.private_key_file, "private_key", Way::kKey);
  }
  if (SameName(name, "programmatic_access_token")) {
    return need(options.token, "token", Way::kToken);
  }
  if (SameName(name, "oauth")) {
    return Wrong("authenticator",
                 "the authenticator 'oauth' takes tokens that end within minutes, and "
                 "nothing here renews them: use a key pair ('private_key') or a "
                 "programmatic access token ('token')");
  }
  if (SameName(name, "externalbrowser") || SameName(name, "username_password_mfa") ||
      name.starts_with("https://")) {
    return Wrong("authenticator",
                 "the authenticator '" + name +
                     "' asks a person at each login, in a browser or on a telephone; a "
                     "pipeline runs without one: give its user a key pair "
                     "('private_key') or a programmatic access token ('token')");
  }
  return Wrong("authenticator",
               "the authenticator '" + name +
                   "' is not known: leave it out, or name snowflake, snowflake_jwt or "
                   "programmatic_access_token");
}

arrow::Status CheckStage(const SnowflakeOptions& options) {
  if (options.load == SnowflakeLoadMode::kPut) return arrow::Status::OK();
  if (!options.stage_url.starts_with("s3://")) {
    return Wrong(
        "load",
        "'load: stage' lets Snowflake read the lake's bucket itself, but the lake "
        "is " +
            (options.stage_url.empty() ? std::string("in a folder")
                                       : "at '" + options.stage_url + "'") +
            ": put the lake on S3, or set 'load: put'");
  }
  if (options.storage_integration.empty() &&
      (options.stage_access_key.empty() || options.stage_secret_key.empty())) {
    return Wrong("storage_integration",
                 "'load: stage' needs a way for Snowflake to read the bucket: set "
                 "'storage_integration', or the stage's access key and secret key");
  }
  return arrow::Status::OK();
}

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct Passphrase {
  const std::string& text;
  bool asked = false;
};

int GivePassphrase(char* buffer, int size, int /*writing*/, void* data) {
  auto* passphrase = static_cast<Passphrase*>(data);
  passphrase->asked = true;
  const int length = static_cast<int>(passphrase->text.size());
  if (length == 0 || length > size) return -1;
  std::memcpy(buffer, passphrase->text.data(), passphrase->text.size());
  return length;
}

// The driver reads some forms of a key only, and crashes on keys that are not RSA: it
// gets the one form that it surely knows.
arrow::Result<std::string> ReadPrivateKey(const SnowflakeOptions& options) {
  const std::string& path = options.private_key_file;
  auto wrong = [&](const std::string& why) {
    return Wrong("private_key", "the private key '" + path + "' " + why);
  };
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file) {
    std::error_code ignored;
    return wrong(fs::exists(path, ignored) ? "cannot be read" : "is not there");
  }
  const std::string text = content.str();
  std::unique_ptr<BIO, FreeBio> input(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Passphrase passphrase{options.private_key_passphrase};
  std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(input.get(), nullptr, GivePassphrase, &passphrase));
  if (key == nullptr) {
    if (!passphrase.asked) {
      return wrong(
          "is not a private key in PEM form: openssl genrsa 2048 | openssl pkcs8 -topk8 "
          "-inform PEM -out key.p8 makes one");
    }
    return wrong(passphrase.text.empty()
                     ? "is encrypted: set 'private_key_passphrase'"
                     : "does not open with the passphrase that is set");
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return wrong("is not an RSA key, the one kind that Snowflake takes");
  }
  std::unique_ptr<BIO, FreeBio> output(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(output.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1) {
    return MakeError(ErrorKind::kInternal, "writing the private key for the driver");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(output.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

arrow::Status CheckDriver(const std::string& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return arrow::Status::OK();
  return MakeError(ErrorKind::kNotFound,
                   "the Snowflake driver is not at '" + path +
                       "': `pip install adbc-driver-snowflake` brings it, or name its "
                       "libadbc_driver_snowflake.so in KEELBOAT_SNOWFLAKE_DRIVER",
                   {{"path", path}, {"setting", "driver"}});
}

}  // namespace

std::string HostOf(const SnowflakeOptions& options) {
  if (!options.host.empty()) return options.host;
  std::string account = options.account;
  // Certificates do not hold for names with an underscore.
  std::replace(account.begin(), account.end(), '_', '-');
  const auto labels = Split(account, '.');
  const bool in_china = labels.size() > 1 && labels[1].starts_with("cn-");
  return account + std::string(kDomain) + (in_china ? "cn" : "com");
}

arrow::Status CheckOptions(const SnowflakeOptions& options) {
  ARROW_RETURN_NOT_OK(CheckAccount(options.account));
  ARROW_RETURN_NOT_OK(CheckEndpoint(options));
  for (const auto& [setting, value] :
       {std::pair("user", &options.user), std::pair("database", &options.database),
        std::pair("schema", &options.schema), std::pair("stage", &options.stage)}) {
    if (!value->empty() && *value != "\"\"") continue;
    return Wrong(setting, std::string("the Snowflake warehouse has no ") + setting +
                              ": set '" + setting + "'");
  }
  if (SameName(options.schema, "information_schema")) {
    return Wrong("schema", "the schema '" + options.schema +
                               "' belongs to Snowflake: name another one");
  }
  ARROW_RETURN_NOT_OK(WayOf(options).status());
  return CheckStage(options);
}

arrow::Result<adbc::Database::Options> LoginOptions(const SnowflakeOptions& options) {
  ARROW_RETURN_NOT_OK(CheckDriver(options.driver));
  auto seconds = [](std::chrono::seconds value) {
    return std::to_string(value.count()) + "s";
  };
  adbc::Database::Options made = {{"driver", options.driver}, {"username", options.user}};
  auto add = [&](const std::string& key, const std::string& value) {
    made.emplace_back(kPrefix + key, value);
  };
  // With the host given, the driver takes the account's region from there.
  add("account", Split(options.account, '.')[0]);
  add("uri.host", HostOf(options));
  if (options.port != 0) add("uri.port", std::to_string(options.port));
  if (!options.protocol.empty()) add("uri.protocol", options.protocol);
  ARROW_ASSIGN_OR_RAISE(Way way, WayOf(options));
  switch (way) {
    case Way::kPassword:
      made.emplace_back("password", options.password);
      break;
    case Way::kKey: {
      ARROW_ASSIGN_OR_RAISE(std::string key, ReadPrivateKey(options));
      add("auth_type", "auth_jwt");
      add("client_option.jwt_private_key_pkcs8_value", key);
      break;
    }
    case Way::kToken:
      add("auth_type", "auth_pat");
      add("client_option.auth_token", options.token);
      break;
  }
  add("client_option.login_timeout", seconds(options.login_timeout));
  add("client_option.request_timeout", seconds(options.request_timeout));
  add("client_option.client_timeout", seconds(options.request_timeout));
  add("client_option.app_name", "keelboat");
  // Nothing is reported behind the user's back.
  add("client_option.disable_telemetry", "true");
  return made;
}

}  // namespace keelboat::snowflake
