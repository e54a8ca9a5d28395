#include "warehouses/snowflake/driver_errors.h"

#include <charconv>
#include <string_view>

#include "keelboat/error.h"

namespace keelboat::snowflake {
namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What stands between two marks, or an empty string.
std::string Between(std::string_view text, std::string_view before,
                    std::string_view after) {
  std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return "";
  begin += before.size();
  const std::size_t end = text.find(after, begin);
  if (end == std::string_view::npos) return "";
  return std::string(text.substr(begin, end - begin));
}

/// A failure by its number, or by a phrase where that is empty or 0.
struct Known {
  int32_t code;
  const char* phrase;
  ErrorKind kind;
  const char* remedy;
  /// Of the configuration, where it says that nothing works rather than one table.
  const char* setting = "";
};

constexpr const char* kLoginRemedy =
    "check 'user' and the password, key or token, and whether the user is locked";
constexpr const char* kKeyRemedy =
    "check that the user's RSA_PUBLIC_KEY belongs to 'private_key' (ALTER USER … "
    "SET "
    "RSA_PUBLIC_KEY), that 'account' and 'user' are spelled right and that this "
    "machine's "
    "clock is";
constexpr const char* kWarehouseRemedy =
    "set 'warehouse' to one that the role may use (GRANT USAGE ON WAREHOUSE … TO ROLE …)";
constexpr const char* kLockRemedy =
    "another session, perhaps of a client that died, holds the table; Snowflake ends "
    "such a "
    "transaction after five idle minutes";
constexpr const char* kStageRemedy =
    "somebody removed it between its upload and its load, or the stage does not lead to "
    "the "
    "lake: run again";

// The first that fits decides.
constexpr Known kKnown[] = {
    {390100, "", ErrorKind::kAuth, kLoginRemedy},
    {390101, "", ErrorKind::kAuth, kLoginRemedy},
    {390102, "", ErrorKind::kAuth, kLoginRemedy},
    {390144, "", ErrorKind::kAuth, kKeyRemedy},
    {0, "JWT token is invalid", ErrorKind::kAuth, kKeyRemedy},
    {390189, "", ErrorKind::kNotFound, "set 'role' to one that the user has", "role"},
    {390201, "", ErrorKind::kNotFound, "check 'warehouse', 'database' and 'role'",
     "warehouse"},
    {390197, "", ErrorKind::kAuth,
     "the user has to confirm logins on a second device, which a pipeline cannot: use a "
     "key "
     "pair ('private_key') or a token"},
    {390420, "", ErrorKind::kAuth, "a network policy keeps this address out"},
    {390422, "", ErrorKind::kAuth, "a network policy keeps this address out"},
    {390432, "", ErrorKind::kAuth, "a network policy keeps this address out"},
    {390303, "", ErrorKind::kAuth, "make a new token"},
    {390318, "", ErrorKind::kAuth, "the token has expired: make a new one"},
    {394304, "", ErrorKind::kAuth, "the token is not valid, or expired: make a new one"},
    {394400, "", ErrorKind::kAuth, "the token is not valid, or expired: make a new one"},
    {390111, "", ErrorKind::kUnavailable, "the session ended"},
    {390112, "", ErrorKind::kUnavailable, "the session ended"},
    {390114, "", ErrorKind::kUnavailable, "the session ended"},
    {606, "", ErrorKind::kNotFound, kWarehouseRemedy, "warehouse"},
    {0, "No active warehouse selected", ErrorKind::kNotFound, kWarehouseRemedy,
     "warehouse"},
    {0, "exceeded its quota", ErrorKind::kUnavailable,
     "the warehouse's resource monitor has stopped it: raise its quota, or set another "
     "'warehouse'"},
    {0, "is suspended", ErrorKind::kUnavailable,
     "resume the warehouse (ALTER WAREHOUSE … RESUME) or let it resume by itself (SET "
     "AUTO_RESUME = TRUE)"},
    {0, "cannot be resumed", ErrorKind::kUnavailable,
     "let the role operate the warehouse, or set another 'warehouse'"},
    {625, "", ErrorKind::kUnavailable, kLockRemedy},
    {0, "lock timeout", ErrorKind::kUnavailable, kLockRemedy},
    {0, "has locked table", ErrorKind::kUnavailable, kLockRemedy},
    {604, "", ErrorKind::kCancelled, ""},
    {0, "context canceled", ErrorKind::kCancelled, ""},
    {630, "", ErrorKind::kTimeout,
     "the warehouse's STATEMENT_TIMEOUT_IN_SECONDS is too short for this table, or the "
     "warehouse too small"},
    {91016, "", ErrorKind::kNotFound, kStageRemedy},
    {0, "Remote file", ErrorKind::kNotFound, kStageRemedy},
    {0, "Failure using stage area", ErrorKind::kDenied,
     "Snowflake may not read the lake's bucket: check the storage integration, or the "
     "keys "
     "of the stage"},
    {3001, "", ErrorKind::kDenied,
     "`keelboat setup --dry-run` prints what a DBA may run"},
    {2003, "", ErrorKind::kNotFound, ""},
    {2043, "", ErrorKind::kNotFound, ""},
    {2002, "", ErrorKind::kConflict, ""},
    {603, "", ErrorKind::kUnavailable, ""},
    {260008, "", ErrorKind::kUnavailable,
     "check 'account': no such account answers there"},
    {260007, "", ErrorKind::kUnavailable, ""},
    {261000, "", ErrorKind::kUnavailable, ""},
    {261001, "", ErrorKind::kUnavailable, ""},
    {261004, "", ErrorKind::kUnavailable,
     "check 'account' and whether a proxy is needed"},
    {262000, "", ErrorKind::kUnavailable, ""},
    {264001, "", ErrorKind::kUnavailable, ""},
    {264002, "", ErrorKind::kUnavailable, ""},
    {264006, "", ErrorKind::kNotFound, "put it back, or extract the table anew"},
    {0, "no such host", ErrorKind::kUnavailable,
     "check 'account' (its host is made of it) and the network"},
    {0, "connection refused", ErrorKind::kUnavailable, "nothing listens there"},
    {0, "connection reset", ErrorKind::kUnavailable, ""},
    {0, "broken pipe", ErrorKind::kUnavailable, ""},
    {0, "EOF", ErrorKind::kUnavailable, ""},
    {0, "deadline exceeded", ErrorKind::kTimeout, ""},
    {0, "Client.Timeout", ErrorKind::kTimeout, ""},
    {0, "i/o timeout", ErrorKind::kTimeout, ""},
    {0, "certificate", ErrorKind::kUnavailable,
     "the host's certificate cannot be trusted: check 'host', and the machine's "
     "certificates"},
    {0, "HTTP Status: 5", ErrorKind::kUnavailable, ""},
    {0, "HTTP: 5", ErrorKind::kUnavailable, ""},
    {0, "HTTP: 429", ErrorKind::kThrottled, ""},
    {0, "Error parsing JSON", ErrorKind::kData, ""},
    {100069, "", ErrorKind::kData, ""},
    {100038, "", ErrorKind::kData, ""},
    {100072, "", ErrorKind::kData, ""},
    {100078, "", ErrorKind::kData, ""},
    {0, "is not recognized", ErrorKind::kData, ""},
    {0, "would be truncated", ErrorKind::kData, ""},
    {0, "out of representable range", ErrorKind::kData, ""},
};

/// The driver repeats the number before the text: "[snowflake] 002003 (02000): …".
int32_t CodeInText(std::string_view text) {
  int32_t code = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  const auto digits = end - text.data();
  return error == std::errc() && digits >= 5 && text.substr(digits).starts_with(" (")
             ? code
             : 0;
}

const Known* Find(int32_t code, std::string_view message) {
  for (const Known& known : kKnown) {
    const std::string_view phrase(known.phrase);
    if (known.code != 0 ? known.code == code : Has(message, phrase)) return &known;
  }
  return nullptr;
}

/// One line, without the driver's own frame.
std::string Tidy(std::string_view message) {
  while (message.starts_with("[snowflake] ")) message.remove_prefix(12);
  std::string text;
  for (char c : message) text += c == '\n' ? ' ' : c;
  // The advice is about COPY's other ways, which lose rows.
  const std::size_t advice = text.find(" If you would like to continue loading");
  if (advice != std::string::npos) text.resize(advice);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

arrow::Status MapDriverError(const Login& login, const adbc::DriverError& error) {
  std::string message = Tidy(error.message);
  if (Has(message, "dlopen") || Has(message, "Could not load")) {
    return MakeError(ErrorKind::kNotFound,
                     "the Snowflake driver '" + login.driver + "' cannot be loaded (" +
                         message + "): `pip install adbc-driver-snowflake` brings it",
                     {{"path", login.driver}, {"setting", "driver"}});
  }
  const int32_t code = error.vendor_code != 0 ? error.vendor_code : CodeInText(message);
  ErrorDetail::Map details;
  if (code != 0) details["code"] = std::to_string(code);
  if (!error.sqlstate.empty() && error.sqlstate != "00000") {
    details["sqlstate"] = error.sqlstate;
  }
  const Known* known = Find(code, message);
  // A compilation error that nobody expected is a statement that we got wrong.
  ErrorKind kind = ErrorKind::kInternal;
  if (known != nullptr) {
    kind = known->kind;
  } else if (code == 0) {
    kind = ErrorKind::kUnavailable;
  }
  if (known != nullptr && *known->setting != '\0') details["setting"] = known->setting;
  const std::string file = Between(message, "File '", "'");
  const std::string row = Between(message, ", row ", ",");
  if (!file.empty()) {
    kind = kind == ErrorKind::kInternal ? ErrorKind::kData : kind;
    details["file"] = file;
    std::string place = "file '" + file + "'";
    const std::string in_line = Between(message, "Row ", ",");
    const std::string& number = in_line.empty() ? row : in_line;
    if (!number.empty()) {
      details["row"] = number;
      place = "row " + number + " of " + place;
    }
    const std::string column = Between(message, "[\"", "\":");
    if (!column.empty()) {
      details["column"] = column;
      place += ", column " + column;
    }
    message = place + ": " + message;
  }
  std::string who = "Snowflake";
  if (kind == ErrorKind::kAuth) who += " refused the login of '" + login.user + "'";
  if (kind == ErrorKind::kUnavailable || kind == ErrorKind::kTimeout) {
    who += " at '" + login.host + "'";
  }
  std::string text = who + ": " + message;
  if (known != nullptr && *known->remedy != '\0') {
    text += std::string(" (") + known->remedy + ")";
  }
  return MakeError(kind, std::move(text), std::move(details));
}

}  // namespace keelboat::snowflake
