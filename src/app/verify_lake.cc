#include "app/verify_lake.h"

#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/stop.h"
#include "keelboat/error.h"
#include "lake/delta/verify_files.h"
#include "planner/increment.h"

namespace keelboat {
namespace {

using Json = nlohmann::json;

std::string TextAt(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

PastCommit CommitOf(const LakeSnapshot& snapshot) {
  PastCommit commit;
  commit.version = snapshot.version;
  const Json info = Json::parse(snapshot.commit_info, nullptr, false);
  if (!info.is_object()) return commit;
  commit.engine = TextAt(info, "engineInfo");
  const auto own = info.find("keelboat");
  if (own == info.end() || !own->is_object()) return commit;
  // "shop.orders at mysql-bin.000003:4711"
  const std::string read = TextAt(*own, "sourcePosition");
  if (const auto at = read.rfind(" at "); at != std::string::npos) {
    commit.position = read.substr(at + 4);
  }
  return commit;
}

std::string OperationOf(const LakeSnapshot& snapshot) {
  const Json info = Json::parse(snapshot.commit_info, nullptr, false);
  return info.is_object() ? TextAt(info, "operation") : "";
}

bool SameFiles(const LakeSnapshot& left, const LakeSnapshot& right) {
  std::set<std::string> paths;
  for (const DataFile& file : left.files) paths.insert(file.path);
  if (paths.size() != right.files.size()) return false;
  for (const DataFile& file : right.files) {
    if (!paths.contains(file.path)) return false;
  }
  return true;
}

// What a commit of another program did to the rows; nullopt: nothing.
std::optional<LakeVerdict::Finding> ForeignChange(const LakeSnapshot& before,
                                                  const LakeSnapshot& after,
                                                  const PastCommit& commit) {
  if (commit.engine.starts_with("keelboat/") || after.commit_info.empty() ||
      SameFiles(before, after)) {
    return std::nullopt;
  }
  const std::string operation = OperationOf(after);
  // Compaction moves rows and changes none.
  if (operation == "OPTIMIZE" && before.rows == after.rows) return std::nullopt;
  return LakeVerdict::Finding{
      "version " + std::to_string(after.version),
      "another program (" + (commit.engine.empty() ? "unnamed" : commit.engine) +
          (operation.empty() ? "" : ", " + operation) +
          ") changed the rows of the table, which had " + std::to_string(before.rows) +
          " in its files and then " + std::to_string(after.rows) +
          ": load it in full (--full-refresh)"};
}

}  // namespace

arrow::Result<std::vector<PastCommit>> ReadCommits(
    LakeTable& table, const LakeSnapshot& newest, const std::stop_token& stop,
    std::vector<LakeVerdict::Finding>& findings) {
  std::vector<PastCommit> commits = {CommitOf(newest)};
  LakeSnapshot after = newest;
  for (int64_t version = newest.version; version > BaseVersionOf(newest).value_or(0);
       --version) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    auto before = table.At(version - 1);
    // Old entries of a log are cleaned away.
    if (!before.ok() && KindOf(before.status()) == ErrorKind::kNotFound) break;
    ARROW_RETURN_NOT_OK(before.status());
    if (auto finding = ForeignChange(*before, after, commits.back())) {
      findings.push_back(*std::move(finding));
    }
    commits.push_back(CommitOf(*before));
    after = *std::move(before);
  }
  return commits;
}

arrow::Status VerifyLakeTable(LakeTable& table, const LakeSnapshot& newest,
                              const std::string& prefix, const std::stop_token& stop,
                              LakeVerdict& verdict) {
  verdict.files += static_cast<int64_t>(newest.files.size());
  verdict.bytes += newest.bytes;
  ARROW_ASSIGN_OR_RAISE(auto findings, VerifyFiles(table, newest, stop));
  for (FileFinding& finding : findings) {
    verdict.findings.push_back({prefix + finding.path, std::move(finding.what)});
  }
  return arrow::Status::OK();
}

}  // namespace keelboat
