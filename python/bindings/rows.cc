#include "rows.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/util/byte_size.h>

#include "errors.h"
#include "interruptible.h"

namespace keelboat::python {
namespace {

namespace nb = nanobind;

constexpr const char* kSchemaName = "arrow_schema";
constexpr const char* kArrayName = "arrow_array";

// A capsule that owns a structure of the Arrow C interface until somebody moves it out.
template <typename Structure>
nb::object OwnedCapsule(std::unique_ptr<Structure> structure, const char* name,
                        PyCapsule_Destructor destroy) {
  PyObject* capsule = PyCapsule_New(structure.get(), name, destroy);
  if (capsule == nullptr) throw nb::python_error();
  structure.release();
  return nb::steal(capsule);
}

template <typename Structure>
void Destroy(PyObject* capsule, const char* name) {
  auto* structure = static_cast<Structure*>(PyCapsule_GetPointer(capsule, name));
  if (structure == nullptr) return;
  if (structure->release != nullptr) structure->release(structure);
  delete structure;
}

nb::object CapsuleOf(const arrow::Schema& schema) {
  auto structure = std::make_unique<ArrowSchema>();
  Check(arrow::ExportSchema(schema, structure.get()));
  return OwnedCapsule(std::move(structure), kSchemaName, [](PyObject* capsule) {
    Destroy<ArrowSchema>(capsule, kSchemaName);
  });
}

}  // namespace

int64_t Batch::bytes() const { return arrow::util::TotalBufferSize(*batch_); }

nb::object Batch::ToCapsules(const nb::object&) const {
  auto array = std::make_unique<ArrowArray>();
  Check(arrow::ExportRecordBatch(*batch_, array.get()));
  nb::object array_capsule =
      OwnedCapsule(std::move(array), kArrayName,
                   [](PyObject* capsule) { Destroy<ArrowArray>(capsule, kArrayName); });
  return nb::make_tuple(CapsuleOf(*batch_->schema()), array_capsule);
}

Rows::~Rows() { Close(); }

nb::object Rows::SchemaCapsule() const { return CapsuleOf(*reader_->schema()); }

std::optional<Batch> Rows::Next() {
  if (reader_ == nullptr) return std::nullopt;
  auto batch =
      Interruptible(stop_, deadline_, [reader = reader_] { return reader->Next(); });
  Check(Redacted(batch.status(), source_));
  if (*batch == nullptr) return std::nullopt;
  return Batch(std::move(*batch));
}

void Rows::Close() {
  if (reader_ == nullptr) return;
  nb::gil_scoped_release release;
  (void)reader_->Close();
}

nb::dict Rows::Info() const {
  nb::dict info;
  if (fetch_ == nullptr) return info;
  const FetchInfo& told = fetch_->info();
  const std::string strategy(FetchStrategyName(told.strategy));
  info["strategy"] = strategy;
  info["reason"] = told.reason;
  info["note"] = told.note;
  info["connections"] = told.connections;
  info["ranges"] = told.ranges;
  info["consistency"] = told.consistency;
  info["position"] = told.position;
  info["rows"] = told.rows;
  info["estimated_rows"] = told.estimated_rows;
  info["moved"] = fetch_->moved();
  nb::list warnings;
  for (const std::string& warning : fetch_->Warnings())
    warnings.append(nb::str(warning.c_str()));
  info["warnings"] = warnings;
  return info;
}

arrow::Status Redacted(const arrow::Status& status,
                       const std::optional<NamedSource>& source) {
  if (status.ok() || !source.has_value()) return status;
  return status.WithMessage(source->Redact(status.message()));
}

void RegisterRows(nb::module_& module) {
  nb::class_<Batch>(module, "Batch")
      .def_prop_ro("num_rows", &Batch::rows)
      .def_prop_ro("nbytes", &Batch::bytes)
      .def("__arrow_c_array__", &Batch::ToCapsules,
           nb::arg("requested_schema").none() = nb::none());
  nb::class_<Rows>(module, "Rows")
      .def("__arrow_c_schema__", &Rows::SchemaCapsule)
      .def("next", &Rows::Next)
      .def("close", &Rows::Close)
      .def("info", &Rows::Info);
}

}  // namespace keelboat::python
