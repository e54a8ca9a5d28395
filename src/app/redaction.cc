#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/dotenv.h"

namespace keelboat {
namespace {

constexpr std::string_view kStars = "***";
/// Shorter secrets are found only where they stand as a word, or every text would be
/// stars.
constexpr std::size_t kShortestAnywhere = 4;

std::string UrlEncoded(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    if (c < 0x80 && (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~')) {
      encoded += static_cast<char>(c);
    } else {
      encoded += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return encoded;
}

std::string JsonEscaped(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    switch (c) {
      case '\n':
        escaped += "\\n";
        break;
      case '\r':
        escaped += "\\r";
        break;
      case '\t':
        escaped += "\\t";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::vector<std::string> SecretsOf(const ProjectConfig& config) {
  std::vector<std::string> secrets;
  const auto add = [&](const std::string& secret) {
    if (secret.empty()) return;
    secrets.push_back(secret);
    secrets.push_back(UrlEncoded(secret));
    secrets.push_back(JsonEscaped(secret));
  };
  for (const auto& [name, source] : config.sources) {
    if (const auto* mysql = std::get_if<MysqlSettings>(&source.settings)) {
      add(mysql->password.Reveal());
    } else if (const auto* metabase = std::get_if<MetabaseSettings>(&source.settings)) {
      add(metabase->password.Reveal());
      add(metabase->api_key.Reveal());
      add(metabase->proxy.Reveal());
    }
  }
  add(config.lake.access_key.Reveal());
  add(config.lake.secret_key.Reveal());
  add(config.lake.session_token.Reveal());
  add(config.lake.aws.container_authorization.Reveal());
  if (const auto* snowflake =
          std::get_if<SnowflakeSettings>(&config.warehouse.settings)) {
    add(snowflake->password.Reveal());
    add(snowflake->private_key_passphrase.Reveal());
    add(snowflake->token.Reveal());
  }
  add(config.alerts.slack_webhook.Reveal());
  add(config.alerts.pagerduty_routing_key.Reveal());
  for (const auto& [name, value] : config.dotenv) {
    if (IsSecretName(name)) add(value);
  }
  // A secret that holds another one must go first.
  std::sort(secrets.begin(), secrets.end(), [](const auto& left, const auto& right) {
    return left.size() != right.size() ? left.size() > right.size() : left < right;
  });
  secrets.erase(std::unique(secrets.begin(), secrets.end()), secrets.end());
  return secrets;
}

bool IsWordCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) || c == '_';
}

bool StandsAlone(std::string_view text, std::size_t at, std::size_t length) {
  const bool before = at > 0 && IsWordCharacter(text[at - 1]);
  const std::size_t end = at + length;
  const bool after = end < text.size() && IsWordCharacter(text[end]);
  return !before && !after;
}

}  // namespace

std::string RedactSecrets(std::string_view text, const ProjectConfig& config) {
  const std::vector<std::string> secrets = SecretsOf(config);
  std::string redacted;
  for (std::size_t i = 0; i < text.size();) {
    const auto hit =
        std::find_if(secrets.begin(), secrets.end(), [&](const std::string& secret) {
          return text.substr(i).starts_with(secret) &&
                 (secret.size() >= kShortestAnywhere ||
                  StandsAlone(text, i, secret.size()));
        });
    if (hit == secrets.end()) {
      redacted += text[i++];
    } else {
      redacted += kStars;
      i += hit->size();
    }
  }
  return redacted;
}

}  // namespace keelboat
