#include "warehouses/increment_start.h"

#include "keelboat/error.h"

namespace keelboat {

arrow::Status WholeLoadNeeded(const std::string& table, const std::string& why) {
  return MakeError(ErrorKind::kConflict,
                   "table '" + table +
                       "' cannot be brought up to date in part, because " + why +
                       ": a whole load is needed",
                   {{"table", table}, {kWholeLoad, "needed"}});
}

arrow::Status CheckIncrementStart(const LoadRequest& request,
                                  const std::optional<LedgerEntry>& previous,
                                  bool exists) {
  const LoadIncrement& increment = *request.increment;
  if (!exists || !previous.has_value()) {
    return WholeLoadNeeded(request.table, "the warehouse does not have it");
  }
  if (previous->row.lake_uri != request.lake_uri) {
    return WholeLoadNeeded(request.table, "it was loaded from another lake, '" +
                                              previous->row.lake_uri + "'");
  }
  if (previous->row.lake_version != increment.from_version) {
    return WholeLoadNeeded(request.table, "it is at version " +
                                              std::to_string(previous->row.lake_version) +
                                              " of the lake and not at " +
                                              std::to_string(increment.from_version));
  }
  ARROW_ASSIGN_OR_RAISE(std::string digest, FilesDigest(increment.from_files));
  if (digest == previous->files_sha256) return arrow::Status::OK();
  return WholeLoadNeeded(request.table, "the lake was made anew since it was loaded");
}

}  // namespace keelboat
