#include "lake/delta/delta_lake.h"

#include <set>
#include <utility>

#include "keelboat/error.h"
#include "lake/delta/name.h"
#include "lake/delta/table.h"

namespace keelboat {
namespace {

constexpr std::string_view kLogFolder = "/_delta_log/";

class DeltaLake final : public Lake {
 public:
  DeltaLake(std::shared_ptr<Store> store, const Clock& clock)
      : store_(std::move(store)), clock_(clock) {}

  std::string uri() const override { return store_->Uri(""); }

  arrow::Result<std::shared_ptr<LakeTable>> Table(const std::string& name) override {
    if (name.empty()) {
      return MakeError(ErrorKind::kConfig, "a lake table needs a name");
    }
    return std::make_shared<delta::DeltaTable>(store_, clock_, name);
  }

  arrow::Result<std::vector<std::string>> ListTables() override {
    ARROW_ASSIGN_OR_RAISE(auto objects, store_->List(""));
    std::set<std::string> names;
    for (const ObjectInfo& object : objects) {
      const std::size_t log = object.path.find(kLogFolder);
      const std::size_t first_slash = object.path.find('/');
      const bool is_log =
          object.path.ends_with(".json") || object.path.ends_with(".parquet");
      if (log == first_slash && log != std::string::npos && is_log) {
        names.insert(delta::TableOfFolder(object.path.substr(0, log)));
      }
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  arrow::Result<std::vector<std::string>> Setup(bool dry_run) override {
    auto made = store_->Setup(dry_run);
    if (!made.ok()) return AddContext(made.status(), "setting up the lake " + uri());
    return made;
  }

  arrow::Result<std::string> Check() override {
    const std::string context = "checking the lake " + uri();
    auto described = store_->Describe();
    if (!described.ok()) return AddContext(described.status(), context);
    const std::string probe = "_keelboat_check-" + delta::NewUuid();
    const std::string bytes = "keelboat was here";
    const arrow::Status put = store_->PutIfAbsent(probe, bytes);
    // Nobody else knows the name: it is there already when the first answer was lost.
    if (!put.ok() && KindOf(put) != ErrorKind::kConflict) return AddContext(put, context);
    arrow::Status status = CheckProbe(probe, bytes);
    arrow::Status deleted = store_->Delete(probe);
    ARROW_RETURN_NOT_OK(AddContext(status.ok() ? deleted : status, context));
    return described;
  }

 private:
  arrow::Status CheckProbe(const std::string& probe, const std::string& bytes) {
    ARROW_ASSIGN_OR_RAISE(std::string read, store_->Get(probe));
    if (read != bytes) {
      return MakeError(ErrorKind::kUnavailable,
                       "an object just written reads back differently");
    }
    const arrow::Status again = store_->PutIfAbsent(probe, bytes);
    if (again.ok()) {
      return MakeError(
          ErrorKind::kUnsupported,
          "the store overwrites an object that should only be made when "
          "absent; commits would be lost: use a store with conditional puts");
    }
    if (KindOf(again) != ErrorKind::kConflict) return again;
    return store_->List(probe).status();
  }

  const std::shared_ptr<Store> store_;
  const Clock& clock_;
};

}  // namespace

arrow::Result<std::shared_ptr<Lake>> MakeDeltaLake(std::shared_ptr<Store> store,
                                                   const Clock& clock) {
  if (store == nullptr) return MakeError(ErrorKind::kInternal, "a lake needs a store");
  return std::make_shared<DeltaLake>(std::move(store), clock);
}

}  // namespace keelboat
