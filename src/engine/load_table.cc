#include "engine/load_table.h"

#include <utility>

#include "core/retry.h"

namespace keelboat {

arrow::Result<LoadResult> LoadTable(const TableTask& task, const LakeSnapshot& snapshot,
                                    const EngineOptions& options,
                                    const RetryPolicy& policy, Warehouse& warehouse,
                                    Observer& observer, const Clock& clock,
                                    const std::stop_token& stop) {
  LoadRequest request;
  request.table = task.plan.spec.table;
  request.schema = snapshot.schema;
  for (const DataFile& file : snapshot.files)
    request.files.push_back({file.uri, file.rows, file.rows_version});
  request.rows = snapshot.rows;
  request.lake_version = snapshot.version;
  request.lake_uri = task.lake_table->uri();
  request.run_id = options.run_id;
  request.loaded_at = clock.Now();
  request.description = snapshot.description;

  LoadResult result;
  auto tell = [&](int retry, std::chrono::milliseconds pause,
                  const arrow::Status& cause) {
    observer.On(TableRetried{request.table, Phase::kLoad, retry, pause, cause});
  };
  ARROW_RETURN_NOT_OK(Retry(policy, clock, stop, tell, [&] {
    return warehouse.Apply(request, stop).Value(&result);
  }));
  return result;
}

}  // namespace keelboat
