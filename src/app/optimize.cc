#include "app/optimize.h"

#include <utility>

#include "keelboat/error.h"
#include "lake/view/compact.h"
#include "planner/increment.h"

namespace keelboat {

arrow::Result<OptimizedTable> OptimizeTable(LakeTable& table, const std::string& run_id,
                                            const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, table.Latest());
  if (!snapshot.has_value()) {
    return MakeError(ErrorKind::kNotFound, "the lake has no table " + table.name(),
                     {{"table", table.name()}});
  }
  OptimizedTable result;
  result.files_before = static_cast<int64_t>(snapshot->files.size());
  result.files_after = result.files_before;
  CompactOptions options;
  options.run_id = run_id;
  ARROW_ASSIGN_OR_RAISE(const auto key, KeyOf(*snapshot));
  options.versions_matter = !key.empty();
  auto compacted = CompactFiles(table, *snapshot, options, stop);
  if (!compacted.ok()) {
    return AddContext(compacted.status(), "optimizing lake table " + table.name());
  }
  if (compacted->empty()) return result;
  result.bytes_before = compacted->bytes_before;
  for (const Receipt& receipt : compacted->receipts) result.bytes_after += receipt.bytes;
  LakeCommit commit;
  commit.mode = LakeCommit::Mode::kPatch;
  commit.schema = snapshot->schema;
  commit.receipts = std::move(compacted->receipts);
  commit.removed = std::move(compacted->removed);
  commit.moves_rows_only = true;
  commit.run_id = run_id;
  commit.strategy = "optimize";
  commit.read_version = snapshot->version;
  ARROW_ASSIGN_OR_RAISE(auto after, table.Commit(commit));
  result.files_after = static_cast<int64_t>(after.files.size());
  result.version = after.version;
  return result;
}

}  // namespace keelboat
