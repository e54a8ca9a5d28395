#include "engine/load_table.h"

#include <optional>
#include <utility>

#include "core/retry.h"
#include "engine/file_copies.h"
#include "engine/load_request.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

arrow::Result<std::optional<LedgerRow>> LedgerRowOf(Warehouse& warehouse,
                                                    const std::string& table) {
  ARROW_ASSIGN_OR_RAISE(auto rows, warehouse.ReadLedger());
  for (LedgerRow& row : rows) {
    if (row.table == table) return std::move(row);
  }
  return std::nullopt;
}

}  // namespace

arrow::Result<LoadResult> LoadTable(const TableTask& task, const LakeSnapshot& snapshot,
                                    const EngineOptions& options,
                                    const RetryPolicy& policy, bool alone,
                                    Warehouse& warehouse, Observer& observer,
                                    const Clock& clock, const std::stop_token& stop) {
  const std::string& table = task.plan.spec.table;
  auto apply = [&]() -> arrow::Result<LoadResult> {
    ARROW_ASSIGN_OR_RAISE(auto ledger, LedgerRowOf(warehouse, table));
    ARROW_ASSIGN_OR_RAISE(auto request,
                          MakeLoadRequest(*task.lake_table, snapshot, ledger));
    request.run_id = options.run_id;
    request.loaded_at = clock.Now();
    request.alone = alone;
    FetchFiles(*task.lake_table, snapshot, options.copies_folder, stop, &request);
    auto result = warehouse.Apply(request, stop);
    const bool whole = request.increment.has_value() && !result.ok() &&
                       !DetailOf(result.status(), kWholeLoad).empty();
    if (!whole) return result;
    observer.On(Warned{table, "loading it whole: " + result.status().message()});
    request.increment.reset();
    return warehouse.Apply(request, stop);
  };

  LoadResult result;
  auto tell = [&](int retry, std::chrono::milliseconds pause,
                  const arrow::Status& cause) {
    observer.On(TableRetried{table, Phase::kLoad, retry, pause, cause});
  };
  ARROW_RETURN_NOT_OK(
      Retry(policy, clock, stop, tell, [&] { return apply().Value(&result); }));
  if (!result.warning.empty()) observer.On(Warned{table, result.warning});
  task.lake_table->DropLocalCopies();
  if (task.quarantine_table != nullptr) task.quarantine_table->DropLocalCopies();
  return result;
}

}  // namespace keelboat
