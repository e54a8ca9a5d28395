#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include <nanobind/nanobind.h>

#include <arrow/result.h>
#include <arrow/status.h>

namespace keelboat::python {

/// A failed status on its way to Python.
class StatusError : public std::exception {
 public:
  explicit StatusError(arrow::Status status) : status_(std::move(status)) {}
  const arrow::Status& status() const { return status_; }
  const char* what() const noexcept override { return "keelboat"; }

 private:
  arrow::Status status_;
};

inline void Check(const arrow::Status& status) {
  if (!status.ok()) throw StatusError(status);
}

template <typename T>
T Check(arrow::Result<T> result) {
  if (!result.ok()) throw StatusError(result.status());
  return std::move(result).ValueUnsafe();
}

/// A text of the outside world, which need not be UTF-8.
inline nanobind::object Text(std::string_view text) {
  return nanobind::steal(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

/// StatusError becomes the class of keelboat.errors that stands for its kind.
void RegisterErrors();

}  // namespace keelboat::python
