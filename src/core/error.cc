#include "keelboat/error.h"

#include <array>
#include <utility>

namespace keelboat {
namespace {

constexpr const char* kTypeId = "keelboat::ErrorDetail";

arrow::StatusCode CodeFor(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConfig:
    case ErrorKind::kData:
    case ErrorKind::kContract:
      return arrow::StatusCode::Invalid;
    case ErrorKind::kNotFound:
      return arrow::StatusCode::KeyError;
    case ErrorKind::kAuth:
    case ErrorKind::kDenied:
    case ErrorKind::kUnavailable:
    case ErrorKind::kThrottled:
    case ErrorKind::kTimeout:
      return arrow::StatusCode::IOError;
    case ErrorKind::kConflict:
      return arrow::StatusCode::AlreadyExists;
    case ErrorKind::kCancelled:
      return arrow::StatusCode::Cancelled;
    case ErrorKind::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorKind::kInternal:
      return arrow::StatusCode::UnknownError;
  }
  return arrow::StatusCode::UnknownError;
}

const ErrorDetail* DetailIn(const arrow::Status& status) {
  const auto& detail = status.detail();
  if (detail == nullptr || std::string_view(detail->type_id()) != kTypeId) return nullptr;
  return static_cast<const ErrorDetail*>(detail.get());
}

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConfig:
      return "config";
    case ErrorKind::kAuth:
      return "auth";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kThrottled:
      return "throttled";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kData:
      return "data";
    case ErrorKind::kContract:
      return "contract";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

const char* ErrorDetail::type_id() const { return kTypeId; }

std::string ErrorDetail::ToString() const {
  std::string text(ErrorKindName(kind_));
  for (const auto& [key, value] : details_) text += " " + key + "=" + value;
  return text;
}

arrow::Status MakeError(ErrorKind kind, std::string message, ErrorDetail::Map details) {
  return arrow::Status(CodeFor(kind), std::move(message),
                       std::make_shared<ErrorDetail>(kind, std::move(details)));
}

ErrorKind KindOf(const arrow::Status& status) {
  if (const ErrorDetail* detail = DetailIn(status)) return detail->kind();
  switch (status.code()) {
    case arrow::StatusCode::IOError:
      return ErrorKind::kUnavailable;
    case arrow::StatusCode::Cancelled:
      return ErrorKind::kCancelled;
    case arrow::StatusCode::NotImplemented:
      return ErrorKind::kUnsupported;
    default:
      return ErrorKind::kInternal;
  }
}

std::string DetailOf(const arrow::Status& status, std::string_view key) {
  const ErrorDetail* detail = DetailIn(status);
  if (detail == nullptr) return {};
  auto found = detail->details().find(key);
  return found == detail->details().end() ? std::string() : found->second;
}

arrow::Status AddContext(const arrow::Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message += ": ";
  message += status.message();
  return arrow::Status(status.code(), std::move(message), status.detail());
}

bool IsRetryable(ErrorKind kind) {
  return kind == ErrorKind::kUnavailable || kind == ErrorKind::kThrottled ||
         kind == ErrorKind::kTimeout;
}

int ExitCodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConfig:
    case ErrorKind::kNotFound:
      return 2;
    case ErrorKind::kAuth:
    case ErrorKind::kUnavailable:
    case ErrorKind::kThrottled:
    case ErrorKind::kTimeout:
      return 3;
    case ErrorKind::kContract:
      return 4;
    case ErrorKind::kCancelled:
      return 130;
    case ErrorKind::kDenied:
    case ErrorKind::kData:
    case ErrorKind::kConflict:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInternal:
      return 1;
  }
  return 1;
}

int GraverExitCode(int left, int right) {
  constexpr std::array kByGravity = {130, 2, 3, 4, 1, 0};
  for (int code : kByGravity) {
    if (left == code || right == code) return code;
  }
  return 1;
}

}  // namespace keelboat
