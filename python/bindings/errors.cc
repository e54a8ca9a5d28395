#include "errors.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include "keelboat/error.h"

namespace keelboat::python {
namespace {

namespace nb = nanobind;

void Raise(const arrow::Status& status) {
  nb::dict details;
  if (const auto* detail = dynamic_cast<const ErrorDetail*>(status.detail().get())) {
    for (const auto& [key, value] : detail->details()) {
      details[nb::str(key.data(), key.size())] = nb::str(value.data(), value.size());
    }
  }
  const std::string_view kind = ErrorKindName(KindOf(status));
  const std::string& message = status.message();
  nb::object make = nb::module_::import_("keelboat.errors").attr("_of_kind");
  nb::object error =
      make(nb::str(kind.data(), kind.size()),
           nb::steal(PyUnicode_DecodeUTF8(
               message.data(), static_cast<Py_ssize_t>(message.size()), "replace")),
           details);
  PyErr_SetObject(error.type().ptr(), error.ptr());
}

}  // namespace

void RegisterErrors() {
  nb::register_exception_translator([](const std::exception_ptr& pointer, void*) {
    try {
      std::rethrow_exception(pointer);
    } catch (const StatusError& error) {
      Raise(error.status());
    }
  });
}

}  // namespace keelboat::python
