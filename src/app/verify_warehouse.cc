#include "app/verify_warehouse.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/file_copies.h"
#include "engine/load_request.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using State = WarehouseVerdict::State;

std::string Version(int64_t version) { return "version " + std::to_string(version); }

arrow::Result<std::optional<LedgerRow>> LedgerRowOf(Warehouse& warehouse,
                                                    const std::string& table) {
  ARROW_ASSIGN_OR_RAISE(auto rows, warehouse.ReadLedger());
  for (LedgerRow& row : rows) {
    if (row.table == table) return std::move(row);
  }
  return std::nullopt;
}

// Whether an error says that the warehouse's table is not as it was loaded.
bool IsVerdict(const arrow::Status& status) {
  switch (KindOf(status)) {
    case ErrorKind::kData:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
      return true;
    default:
      return false;
  }
}

WarehouseVerdict Damaged(WarehouseVerdict verdict, std::string finding) {
  verdict.state = State::kDamaged;
  verdict.findings.push_back(std::move(finding));
  return verdict;
}

WarehouseVerdict NotCompared(WarehouseVerdict verdict, std::string note) {
  verdict.state = State::kNotCompared;
  verdict.note = std::move(note);
  return verdict;
}

// The file that an error names is one that no newer version needs: vacuum may take it.
bool IsCleanedAway(const arrow::Status& status, const LakeSnapshot& newest) {
  const std::string file = DetailOf(status, "file");
  return !file.empty() && KindOf(status) == ErrorKind::kNotFound &&
         std::none_of(newest.files.begin(), newest.files.end(),
                      [&](const DataFile& live) { return live.uri == file; });
}

arrow::Result<WarehouseVerdict> CompareOnce(Warehouse& warehouse, LakeTable& table,
                                            const std::optional<LakeSnapshot>& newest,
                                            bool lake_damaged, bool last,
                                            const std::string& copies_folder,
                                            const std::stop_token& stop) {
  WarehouseVerdict verdict;
  ARROW_ASSIGN_OR_RAISE(auto ledger, LedgerRowOf(warehouse, table.name()));
  if (!ledger.has_value()) {
    if (newest.has_value())
      verdict.note = "not loaded yet: keelboat load " + table.name();
    return verdict;
  }
  verdict.version = ledger->lake_version;
  if (ledger->lake_uri != table.uri()) {
    verdict.note = "what is there was loaded from '" + ledger->lake_uri +
                   "'; of this lake nothing is loaded yet";
    return verdict;
  }
  if (!newest.has_value()) {
    return Damaged(std::move(verdict), "it was loaded from " +
                                           Version(ledger->lake_version) +
                                           " of the lake's table, which is gone");
  }
  if (ledger->lake_version > newest->version) {
    return Damaged(std::move(verdict),
                   "it was loaded from " + Version(ledger->lake_version) +
                       " of the lake, whose newest is " + Version(newest->version) +
                       ": commits of the lake are lost");
  }
  std::string behind;
  LakeSnapshot loaded = *newest;
  if (ledger->lake_version < newest->version) {
    behind = Version(newest->version) + " of the lake is not loaded yet";
    auto at = table.At(ledger->lake_version);
    if (!at.ok() && KindOf(at.status()) == ErrorKind::kNotFound) {
      return NotCompared(std::move(verdict), behind + ", and its log no longer has " +
                                                 Version(ledger->lake_version));
    }
    ARROW_RETURN_NOT_OK(at.status());
    loaded = *std::move(at);
  }
  verdict.note = behind;
  ARROW_ASSIGN_OR_RAISE(auto request, MakeLoadRequest(table, loaded, std::nullopt));
  FetchFiles(table, loaded, copies_folder, stop, &request);
  auto difference = warehouse.Compare(request, stop);
  if (!difference.ok()) {
    const arrow::Status& status = difference.status();
    if (!IsVerdict(status)) return status;
    if (!behind.empty() && IsCleanedAway(status, *newest)) {
      return NotCompared(
          std::move(verdict),
          behind + ", and files of " + Version(loaded.version) + " were cleaned away");
    }
    const bool of_the_lake =
        KindOf(status) == ErrorKind::kData || !DetailOf(status, "file").empty();
    if (lake_damaged && of_the_lake) {
      return NotCompared(std::move(verdict), "the lake's files are damaged");
    }
    // The ledger may have moved since it was read: look once more.
    if (KindOf(status) == ErrorKind::kConflict && !last) return status;
    return Damaged(std::move(verdict), status.message());
  }
  verdict.missing = difference->missing;
  verdict.extra = difference->extra;
  verdict.findings = std::move(difference->examples);
  verdict.evidence = std::move(difference->evidence);
  verdict.state = difference->empty() ? State::kEqual : State::kDamaged;
  return verdict;
}

}  // namespace

const char* WarehouseStateName(WarehouseVerdict::State state) {
  switch (state) {
    case State::kEqual:
      return "equal";
    case State::kDamaged:
      return "damaged";
    case State::kNotLoaded:
      return "not_loaded";
    case State::kNotCompared:
      break;
  }
  return "not_compared";
}

arrow::Result<WarehouseVerdict> VerifyWarehouseTable(
    Warehouse& warehouse, LakeTable& table, const std::optional<LakeSnapshot>& newest,
    bool lake_damaged, const std::string& copies_folder, const std::stop_token& stop) {
  auto verdict =
      CompareOnce(warehouse, table, newest, lake_damaged, false, copies_folder, stop);
  if (verdict.ok() || KindOf(verdict.status()) != ErrorKind::kConflict) return verdict;
  ARROW_ASSIGN_OR_RAISE(auto now, table.Latest());
  return CompareOnce(warehouse, table, now, lake_damaged, true, copies_folder, stop);
}

}  // namespace keelboat
