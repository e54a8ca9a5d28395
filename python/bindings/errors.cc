#include "errors.h"

#include "endings.h"
#include "keelboat/error.h"

namespace keelboat::python {
namespace {

namespace nb = nanobind;

void Raise(const arrow::Status& status) {
  const Returning returning;
  nb::dict details;
  if (const auto* detail = dynamic_cast<const ErrorDetail*>(status.detail().get())) {
    for (const auto& [key, value] : detail->details()) {
      details[Text(key)] = Text(value);
    }
  }
  nb::object make = nb::module_::import_("keelboat.errors").attr("_of_kind");
  nb::object error =
      make(Text(ErrorKindName(KindOf(status))), Text(status.message()), details);
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
