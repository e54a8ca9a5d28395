#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/status.h>

namespace keelboat {

/// \brief What went wrong, as far as the caller's next step depends on it.
///
/// The kind alone decides whether to retry, the process's exit code and the
/// class of the Python exception. Messages are for people.
enum class ErrorKind {
  kConfig,       ///< The user's configuration, metadata or command line is wrong.
  kAuth,         ///< Login refused.
  kDenied,       ///< Logged in, but a right on one thing is missing.
  kNotFound,     ///< A database, table, column, file or object does not exist.
  kUnavailable,  ///< A server could not be reached, or went away. Retried.
  kThrottled,    ///< A server asked us to slow down. Retried.
  kTimeout,      ///< A deadline passed. Retried.
  kData,         ///< A value or a row cannot be carried exactly.
  kContract,     ///< Rows break their contract.
  kConflict,     ///< Somebody else changed or holds the same thing.
  kCancelled,    ///< The user stopped the run.
  kUnsupported,  ///< A feature of the outside world that keelboat refuses to guess at.
  kInternal,     ///< A broken invariant of keelboat: a bug.
};

/// Returns the kind's stable name: "config", "auth", "not_found", ...
std::string_view ErrorKindName(ErrorKind kind);

/// \brief keelboat's part of an `arrow::Status`: the kind and key/value details.
///
/// Details are facts for programs ("table", "column", "sqlstate", "host"); they
/// never hold a secret. Immutable, hence safe to share between threads.
class ErrorDetail : public arrow::StatusDetail {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  ErrorDetail(ErrorKind kind, Map details) : kind_(kind), details_(std::move(details)) {}

  const char* type_id() const override;
  std::string ToString() const override;

  ErrorKind kind() const { return kind_; }
  const Map& details() const { return details_; }

 private:
  ErrorKind kind_;
  Map details_;
};

/// \brief Makes a failed status of a kind.
///
/// \param kind decides retry, exit code and Python class.
/// \param message what happened and, where there is one, the remedy; no secrets.
/// \param details facts for programs.
arrow::Status MakeError(ErrorKind kind, std::string message,
                        ErrorDetail::Map details = {});

/// \brief The kind of a failed status.
///
/// Statuses that Arrow itself made are mapped by their code: `IOError` is
/// kUnavailable, `Cancelled` is kCancelled, `OutOfMemory` and the rest are
/// kInternal. Calling it with an OK status is a bug and returns kInternal.
ErrorKind KindOf(const arrow::Status& status);

/// Returns the value of one detail, or an empty string.
std::string DetailOf(const arrow::Status& status, std::string_view key);

/// \brief Puts "context: " before the message; kind and details stay.
///
/// Returns OK statuses unchanged.
arrow::Status AddContext(const arrow::Status& status, std::string_view context);

/// Whether the same call may succeed when it is made again after a pause.
bool IsRetryable(ErrorKind kind);

/// \brief The process exit code that the kind stands for.
///
/// 2 for kConfig and kNotFound, 3 for kAuth and kUnavailable (and kThrottled,
/// kTimeout), 4 for kContract, 130 for kCancelled, otherwise 1.
int ExitCodeOf(ErrorKind kind);

/// \brief The graver of two exit codes: 130, 2, 3, 4, 1, 0 in this order.
int GraverExitCode(int left, int right);

}  // namespace keelboat
