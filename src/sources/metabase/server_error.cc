#include "sources/metabase/server_error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

using Json = nlohmann::json;

// What is shown of a text that a server sent.
constexpr std::size_t kMostShown = 2000;
constexpr std::size_t kFirstWords = 200;

struct Meaning {
  ErrorKind kind = ErrorKind::kUnsupported;
  const char* remedy = "";
};

struct NamedMeaning {
  std::string_view name;
  Meaning meaning;
};

constexpr const char* kPoolRemedy =
    "; the pool of connections between Metabase and the database is used up: wait, or "
    "ask "
    "with fewer connections";

// Metabase's error_type: keys, not localised.
constexpr std::array<NamedMeaning, 14> kByErrorType{{
    {"invalid-query", {ErrorKind::kConfig, ""}},
    {"missing-required-parameter", {ErrorKind::kConfig, ""}},
    {"invalid-parameter", {ErrorKind::kConfig, ""}},
    {"bad-configuration", {ErrorKind::kConfig, ""}},
    {"client", {ErrorKind::kConfig, ""}},
    {"missing-required-permissions",
     {ErrorKind::kDenied,
      "; an administrator gives the account's group the right to write native queries "
      "for "
      "this database"}},
    {"unsupported-feature", {ErrorKind::kUnsupported, ""}},
    {"timed-out",
     {ErrorKind::kTimeout,
      "; the server's own limit (MB_DB_QUERY_TIMEOUT_MINUTES) ended the query"}},
    {"unable-to-acquire-connection",
     {ErrorKind::kUnavailable, "; Metabase cannot reach the database"}},
    {"connection-pool-checkout-timeout", {ErrorKind::kThrottled, kPoolRemedy}},
    {"connection-pool-checkout-queue-full", {ErrorKind::kThrottled, kPoolRemedy}},
    {"db", {ErrorKind::kUnavailable, ""}},
    {"driver", {ErrorKind::kUnsupported, ""}},
    {"qp", {ErrorKind::kUnsupported, ""}},
}};

// SQLSTATEs and their classes (two characters) that say more than "invalid-query".
constexpr std::array<NamedMeaning, 12> kBySqlState{{
    {"42501", {ErrorKind::kDenied, ""}},
    {"42P01", {ErrorKind::kNotFound, ""}},
    {"42703", {ErrorKind::kNotFound, ""}},
    {"57014", {ErrorKind::kTimeout, "; the database ended the query"}},
    {"57P01", {ErrorKind::kUnavailable, ""}},
    {"57P02", {ErrorKind::kUnavailable, ""}},
    {"57P03", {ErrorKind::kUnavailable, ""}},
    {"53300", {ErrorKind::kThrottled, "; the database takes no more connections"}},
    {"40001", {ErrorKind::kUnavailable, ""}},
    {"08", {ErrorKind::kUnavailable, ""}},
    {"28", {ErrorKind::kDenied, "; Metabase cannot log in to the database"}},
    {"40", {ErrorKind::kUnavailable, ""}},
}};

// ClickHouse says "Code: 241. DB::Exception: …" in every language.
std::optional<Meaning> ClickHouseMeaning(std::string_view message) {
  constexpr std::string_view kCode = "Code: ";
  const std::size_t at = message.find(kCode);
  if (at == std::string_view::npos) return std::nullopt;
  int code = 0;
  std::from_chars(message.data() + at + kCode.size(), message.data() + message.size(),
                  code);
  switch (code) {
    case 60:  // UNKNOWN_TABLE
    case 81:  // UNKNOWN_DATABASE
    case 47:  // UNKNOWN_IDENTIFIER
      return Meaning{ErrorKind::kNotFound};
    case 497:  // ACCESS_DENIED
      return Meaning{ErrorKind::kDenied};
    case 159:  // TIMEOUT_EXCEEDED
      return Meaning{ErrorKind::kTimeout, "; the database's own limit ended the query"};
    case 202:  // TOO_MANY_SIMULTANEOUS_QUERIES
      return Meaning{ErrorKind::kThrottled};
    case 209:  // SOCKET_TIMEOUT
    case 210:  // NETWORK_ERROR
    case 279:  // ALL_CONNECTION_TRIES_FAILED
    case 394:  // QUERY_WAS_CANCELLED
      return Meaning{ErrorKind::kUnavailable};
    default:
      return std::nullopt;
  }
}

template <std::size_t kCount>
std::optional<Meaning> Find(const std::array<NamedMeaning, kCount>& table,
                            std::string_view name) {
  for (const NamedMeaning& entry : table) {
    if (entry.name == name) return entry.meaning;
  }
  return std::nullopt;
}

Meaning ByHttpStatus(int status) {
  switch (status) {
    case 400:
      return {ErrorKind::kConfig};
    case 401:
      return {ErrorKind::kAuth};
    case 402:
      return {ErrorKind::kUnsupported,
              "; this is a feature of Metabase's paid editions that the server lacks"};
    case 403:
      return {
          ErrorKind::kDenied,
          "; the account may not see this: an administrator gives its group the right"};
    case 404:
      return {ErrorKind::kNotFound};
    case 408:
    case 504:
      return {ErrorKind::kTimeout};
    case 429:
      return {ErrorKind::kThrottled};
    case 502:
    case 503:
      return {ErrorKind::kUnavailable};
    default:
      return {};
  }
}

std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

bool IsStackLine(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  return begin != std::string_view::npos && (line.substr(begin).starts_with("at ") ||
                                             line.substr(begin).starts_with("--> "));
}

// One line, without stack frames, not endless.
std::string Shown(std::string_view text, std::size_t most = kMostShown) {
  std::string shown;
  while (!text.empty() && shown.size() <= most) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (IsStackLine(line)) continue;
    for (const char c : line) {
      const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
      if (!blank) {
        shown += c;
      } else if (!shown.empty() && shown.back() != ' ') {
        shown += ' ';
      }
    }
    if (!shown.empty() && shown.back() != ' ') shown += ' ';
  }
  while (!shown.empty() && shown.back() == ' ') shown.pop_back();
  if (shown.size() > most) {
    // Not in the middle of a character.
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    shown.resize(end);
    shown += "…";
  }
  return shown;
}

// {"errors": {"field": "message"}}, on one line.
std::string FieldErrors(const Json& object) {
  const auto errors = object.find("errors");
  if (errors == object.end() || !errors->is_object()) return {};
  std::string text;
  for (const auto& [field, message] : errors->items()) {
    if (!text.empty()) text += "; ";
    text += field + ": " +
            (message.is_string()
                 ? message.get<std::string>()
                 : message.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return text;
}

std::string MessageOf(const Json& object) {
  for (const char* key : {"error", "message", "cause"}) {
    std::string text = TextOf(object, key);
    if (!text.empty()) return text;
  }
  return FieldErrors(object);
}

// The object at the beginning of the text, which may be followed by anything.
Json FirstObject(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return Json::parse(text.substr(0, at + 1), nullptr, false);
    }
  }
  return Json::value_t::discarded;
}

bool IsFailure(int http_status) { return http_status >= 400; }

std::string StatusText(int http_status) {
  return IsFailure(http_status) ? " (HTTP " + std::to_string(http_status) + ")" : "";
}

}  // namespace

arrow::Status ErrorOfBody(std::string_view json_object, int http_status) {
  ErrorDetail::Map details;
  if (http_status != 0) details.emplace("http_status", std::to_string(http_status));
  const Json object = FirstObject(json_object);
  if (!object.is_object()) {
    return MakeError(ErrorKind::kUnavailable,
                     "Metabase sent an error that is cut off" + StatusText(http_status) +
                         ": " + Shown(json_object, kFirstWords),
                     std::move(details));
  }
  const std::string message = MessageOf(object);
  const std::string type = TextOf(object, "error_type");
  const std::string state = TextOf(object, "state");
  if (!type.empty()) details.emplace("error_type", type);
  if (!state.empty()) details.emplace("sqlstate", state);

  Meaning meaning = ByHttpStatus(http_status);
  if (auto by_type = Find(kByErrorType, type)) meaning = *by_type;
  std::optional<Meaning> by_database = Find(kBySqlState, state);
  if (!by_database && state.size() >= 2) {
    by_database = Find(kBySqlState, std::string_view(state).substr(0, 2));
  }
  if (!by_database) by_database = ClickHouseMeaning(message);
  if (by_database) meaning = *by_database;

  if (message.empty()) {
    const bool stopped = TextOf(object, "status") == "interrupted";
    return MakeError(stopped ? ErrorKind::kUnavailable : meaning.kind,
                     (stopped ? std::string("Metabase interrupted the query")
                              : "Metabase sent an object that is no answer: " +
                                    Shown(json_object, kFirstWords)) +
                         StatusText(http_status),
                     std::move(details));
  }
  return MakeError(meaning.kind, "Metabase: " + Shown(message) + meaning.remedy,
                   std::move(details));
}

arrow::Status ErrorOfAnswer(std::string_view body, std::string_view content_type,
                            int http_status) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  const std::string_view text =
      begin == std::string_view::npos ? std::string_view() : body.substr(begin);
  if (text.starts_with("{") && FirstObject(text).is_object()) {
    return ErrorOfBody(text, http_status);
  }
  const Meaning meaning =
      http_status >= 500 && ByHttpStatus(http_status).kind == ErrorKind::kUnsupported
          ? Meaning{ErrorKind::kUnavailable}
          : ByHttpStatus(http_status);
  const bool page =
      text.starts_with("<") || content_type.find("html") != std::string_view::npos;
  std::string what = page ? "a web page" : "text";
  if (text.empty()) what = "nothing";
  std::string message = "the server answered HTTP " + std::to_string(http_status) +
                        " with " + what + " instead of JSON";
  if (!text.empty()) message += ": \"" + Shown(text, kFirstWords) + "\"";
  if (page) {
    message +=
        "; that comes from a proxy or a login page in front of Metabase, or the url is "
        "not "
        "Metabase's";
  }
  return MakeError(IsFailure(http_status) ? meaning.kind : ErrorKind::kUnavailable,
                   message + meaning.remedy,
                   {{"http_status", std::to_string(http_status)}});
}

}  // namespace keelboat::metabase
