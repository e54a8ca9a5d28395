#include "app/database_url.h"

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr const char* kForm = "mysql://user:password@host:3306/database";

arrow::Status Wrong(const std::string& what) {
  return MakeError(ErrorKind::kConfig,
                   "the database URL " + what + ": write it as " + std::string(kForm));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

arrow::Result<std::string> Decode(std::string_view text, const std::string& part) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return Wrong("has a % in its " + part +
                   " that no two hexadecimal digits follow (a % itself is %25)");
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) return Wrong("holds a NUL byte");
  return decoded;
}

arrow::Status ReadLogin(std::string_view login, MysqlSettings* mysql) {
  const std::size_t colon = login.find(':');
  ARROW_ASSIGN_OR_RAISE(mysql->user, Decode(login.substr(0, colon), "user"));
  if (colon != std::string_view::npos) {
    ARROW_ASSIGN_OR_RAISE(std::string password,
                          Decode(login.substr(colon + 1), "password"));
    mysql->password = Secret(std::move(password));
  }
  return arrow::Status::OK();
}

arrow::Status ReadAddress(std::string_view address, MysqlSettings* mysql) {
  std::string_view host = address;
  std::string_view port;
  if (address.starts_with('[')) {
    const std::size_t end = address.find(']');
    if (end == std::string_view::npos) return Wrong("opens [ and does not close it");
    host = address.substr(1, end - 1);
    const std::string_view rest = address.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return Wrong("has text after ]");
    if (!rest.empty()) port = rest.substr(1);
  } else if (const std::size_t colon = address.rfind(':');
             colon != std::string_view::npos) {
    host = address.substr(0, colon);
    port = address.substr(colon + 1);
    if (host.find(':') != std::string_view::npos) {
      return Wrong(
          "has an IPv6 address without brackets, or an @ or : in the user or "
          "password that is not encoded (@ is %40, : is %3A, / is %2F)");
    }
  }
  if (!host.empty()) {
    ARROW_ASSIGN_OR_RAISE(mysql->host, Decode(host, "host"));
  }
  if (!port.empty()) {
    int number = 0;
    const auto [stop, error] =
        std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || stop != port.data() + port.size() || number < 1 ||
        number > 65535) {
      return Wrong(
          "has no port from 1 to 65535 after the host (an @, : or / in the "
          "password must be encoded: %40, %3A, %2F)");
    }
    mysql->port = static_cast<uint16_t>(number);
  }
  return arrow::Status::OK();
}

arrow::Status ReadOption(std::string_view option, MysqlSettings* mysql) {
  const std::size_t equals = option.find('=');
  const std::string key(option.substr(0, equals));
  const std::string_view text =
      equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
  ARROW_ASSIGN_OR_RAISE(const std::string value, Decode(text, "option " + key));
  if (key == "socket") {
    mysql->socket = value;
  } else if (key == "tls") {
    std::vector<std::string> names;
    for (const TlsMode mode :
         {TlsMode::kVerifyIdentity, TlsMode::kVerifyCa, TlsMode::kRequired,
          TlsMode::kPreferred, TlsMode::kDisabled}) {
      names.emplace_back(TlsModeName(mode));
      if (names.back() == value) mysql->tls = mode;
    }
    if (!mysql->tls) {
      return Wrong("has a tls mode that keelboat does not know" +
                   DidYouMean(value, names));
    }
  } else {
    return Wrong("has an option other than tls and socket after ?" +
                 DidYouMean(key, {"tls", "socket"}));
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<MysqlSettings> ParseDatabaseUrl(std::string_view url,
                                              const MysqlSettings& defaults) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos ||
      (url.substr(0, scheme) != "mysql" && url.substr(0, scheme) != "mariadb")) {
    return Wrong("does not begin with mysql:// or mariadb://");
  }
  std::string_view rest = url.substr(scheme + 3);
  MysqlSettings mysql = defaults;
  std::string_view options;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    options = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) {
    ARROW_ASSIGN_OR_RAISE(mysql.database, Decode(rest.substr(slash + 1), "database"));
  }
  std::string_view address = authority;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    ARROW_RETURN_NOT_OK(ReadLogin(authority.substr(0, at), &mysql));
    address = authority.substr(at + 1);
  }
  ARROW_RETURN_NOT_OK(ReadAddress(address, &mysql));
  while (!options.empty()) {
    const std::size_t end = options.find('&');
    ARROW_RETURN_NOT_OK(ReadOption(options.substr(0, end), &mysql));
    options =
        end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
  }
  if (mysql.user.empty()) return Wrong("names no user");
  if (mysql.database.empty()) return Wrong("names no database");
  return mysql;
}

arrow::Result<MetabaseSettings> ParseMetabaseUrl(std::string_view url,
                                                 const MetabaseSettings& defaults) {
  const auto wrong = [](const std::string& what) {
    return MakeError(ErrorKind::kConfig,
                     "the URL of Metabase " + what +
                         ": write it as https://metabase.example.org?database=NAME");
  };
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos ||
      (url.substr(0, scheme) != "http" && url.substr(0, scheme) != "https")) {
    return wrong("does not begin with http:// or https://");
  }
  MetabaseSettings metabase = defaults;
  std::string_view rest = url.substr(scheme + 3);
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    rest = rest.substr(0, hash);
  }
  std::string_view options;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    options = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    MysqlSettings login;
    ARROW_RETURN_NOT_OK(ReadLogin(authority.substr(0, at), &login));
    metabase.username = login.user;
    metabase.password = login.password;
    metabase.api_key = Secret();
    rest = rest.substr(at + 1);
  }
  if (rest.empty() || rest.starts_with('/')) return wrong("names no host");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  metabase.url = std::string(url.substr(0, scheme + 3)) + std::string(rest);
  while (!options.empty()) {
    const std::size_t end = options.find('&');
    const std::string_view option = options.substr(0, end);
    constexpr std::string_view kDatabase = "database=";
    if (!option.starts_with(kDatabase)) {
      return wrong("has an option other than database after ?");
    }
    ARROW_ASSIGN_OR_RAISE(metabase.database,
                          Decode(option.substr(kDatabase.size()), "database"));
    options =
        end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
  }
  if (metabase.api_key.empty() &&
      (metabase.username.empty() || metabase.password.empty())) {
    return MakeError(ErrorKind::kConfig,
                     "there is no login for " + metabase.url +
                         ": set METABASE_API_KEY, or METABASE_USERNAME and "
                         "METABASE_PASSWORD, in the environment");
  }
  return metabase;
}

}  // namespace keelboat
