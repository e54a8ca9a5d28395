#include "rows.h"

#include <string>
#include <vector>

#include <nanobind/stl/optional.h>

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/util/byte_size.h>

#include "errors.h"
#include "interruptible.h"
#include "keelboat/error.h"

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

namespace {

arrow::Status OfAnotherProcess(const char* what) {
  return MakeError(ErrorKind::kUnsupported,
                   std::string(what) +
                       " belongs to the process that this one was forked from: open it "
                       "here");
}

}  // namespace

OpenSource::~OpenSource() {
  if (source_ == nullptr || !source_.get_deleter().owns()) return;
  const Unlocked unlocked;
  source_.reset();
}

const NamedSource& OpenSource::get() const {
  if (!source_.get_deleter().owns()) Check(OfAnotherProcess("the source"));
  return *source_;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Rows::State::Next() {
  const std::lock_guard lock(mutex);
  if (ended) return nullptr;
  if (closed) {
    return MakeError(ErrorKind::kCancelled, "the rows were closed before their end");
  }
  auto batch = reader->Next();
  ended = batch.ok() && *batch == nullptr;
  return batch;
}

void Rows::State::Close() {
  stop.request_stop();  // Whoever reads leaves.
  const std::lock_guard lock(mutex);
  if (std::exchange(closed, true)) return;
  (void)reader->Close();
}

Rows::Rows(std::shared_ptr<arrow::RecordBatchReader> reader,
           std::shared_ptr<FetchReader> fetch, std::stop_source stop, Deadline deadline,
           std::optional<NamedSource> source) {
  auto state = std::make_shared<State>();
  state->reader = std::move(reader);
  state->fetch = std::move(fetch);
  state->stop = std::move(stop);
  state->deadline = deadline;
  state->source = std::move(source);
  ending_ = std::make_unique<Ending>(Ending::Kind::kThing,
                                     [weak = std::weak_ptr<State>(state)] {
                                       if (auto rows = weak.lock()) rows->Close();
                                     });
  state_ = {new std::shared_ptr<State>(std::move(state)), OwnState()};
}

Rows::~Rows() {
  Close();
  // The last holder of a source logs out.
  if (state_ == nullptr || !state_.get_deleter().owns()) return;
  const Unlocked unlocked;
  state_.reset();
}

Rows::State& Rows::state() const {
  if (!state_.get_deleter().owns()) Check(OfAnotherProcess("the result"));
  return **state_;
}

nb::object Rows::SchemaCapsule() const { return CapsuleOf(*state().reader->schema()); }

std::optional<Batch> Rows::Next() {
  const State& rows = state();
  auto batch = Interruptible(rows.stop, rows.deadline,
                             [shared = *state_] { return shared->Next(); });
  Check(Redacted(batch.status(), rows.source));
  if (*batch == nullptr) return std::nullopt;
  return Batch(std::move(*batch));
}

void Rows::Close() {
  if (state_ == nullptr || !state_.get_deleter().owns()) return;
  const Unlocked unlocked;
  (*state_)->Close();
}

nb::dict Rows::Info() const {
  nb::dict info;
  State& rows = state();
  if (rows.fetch == nullptr) return info;
  FetchInfo told;
  int64_t moved = 0;
  std::vector<std::string> heard;
  {
    const Unlocked unlocked;
    const std::lock_guard lock(rows.mutex);
    told = rows.fetch->info();
    moved = rows.fetch->moved();
    heard = rows.fetch->Warnings();
  }
  info["strategy"] = Text(FetchStrategyName(told.strategy));
  info["reason"] = Text(told.reason);
  info["note"] = Text(told.note);
  info["connections"] = told.connections;
  info["ranges"] = told.ranges;
  info["consistency"] = Text(told.consistency);
  info["position"] = Text(told.position);
  info["rows"] = told.rows;
  info["estimated_rows"] = told.estimated_rows;
  info["moved"] = moved;
  nb::list warnings;
  for (const std::string& warning : heard) warnings.append(Text(warning));
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
