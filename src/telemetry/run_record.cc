#include "telemetry/run_record.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "telemetry/process_start.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <typename T>
std::optional<T> OptionalAt(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

std::string TextAt(const Json& json, const char* key) {
  return OptionalAt<std::string>(json, key).value_or("");
}

/// A server's message may hold bytes that are no UTF-8; they must not cost us the record.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json ToJson(const TableRecord& table) {
  return Json{{"table", table.table},
              {"status", table.status},
              {"strategy", table.strategy},
              {"reason", TextOrNull(table.reason)},
              {"rows", table.rows},
              {"quarantined", table.quarantined},
              {"bytes", table.bytes},
              {"files", table.files},
              {"lake_version", OrNull(table.lake_version)},
              {"warehouse_rows", OrNull(table.warehouse_rows)},
              {"watermark", OrNull(table.watermark)},
              {"snapshot", TextOrNull(table.snapshot)},
              {"seconds", table.seconds},
              {"nothing_new", table.nothing_new},
              {"error", TextOrNull(table.error)},
              {"error_kind", TextOrNull(table.error_kind)}};
}

TableRecord TableFrom(const Json& json) {
  TableRecord table;
  table.table = json.at("table").get<std::string>();
  table.status = json.at("status").get<std::string>();
  table.strategy = TextAt(json, "strategy");
  table.reason = TextAt(json, "reason");
  table.rows = json.at("rows").get<int64_t>();
  table.quarantined = json.at("quarantined").get<int64_t>();
  table.bytes = json.at("bytes").get<int64_t>();
  table.files = json.at("files").get<int64_t>();
  table.lake_version = OptionalAt<int64_t>(json, "lake_version");
  table.warehouse_rows = OptionalAt<int64_t>(json, "warehouse_rows");
  table.watermark = OptionalAt<std::string>(json, "watermark");
  table.snapshot = TextAt(json, "snapshot");
  table.seconds = json.at("seconds").get<double>();
  table.nothing_new = json.value("nothing_new", false);
  table.error = TextAt(json, "error");
  table.error_kind = TextAt(json, "error_kind");
  return table;
}

Json ReportJson(const RunRecord& record) {
  Json tables = Json::array();
  for (const TableRecord& table : record.tables) tables.push_back(ToJson(table));
  Json transform = nullptr;
  if (record.transform.has_value()) {
    transform = Json{{"status", record.transform->status},
                     {"models", record.transform->models},
                     {"tests", record.transform->tests},
                     {"failed", record.transform->failed},
                     {"reason", TextOrNull(record.transform->reason)},
                     {"seconds", record.transform->seconds}};
  }
  return Json{
      {"run_id", record.run_id},           {"status", record.status},
      {"started_at", record.started_at},   {"ended_at", TextOrNull(record.ended_at)},
      {"tables", std::move(tables)},       {"transform", std::move(transform)},
      {"error", TextOrNull(record.error)}, {"error_kind", TextOrNull(record.error_kind)}};
}

RunRecord RecordFrom(const Json& json) {
  RunRecord record;
  record.run_id = json.at("run_id").get<std::string>();
  record.status = json.at("status").get<std::string>();
  record.started_at = json.at("started_at").get<std::string>();
  record.ended_at = TextAt(json, "ended_at");
  for (const Json& table : json.at("tables")) record.tables.push_back(TableFrom(table));
  if (const Json& transform = json.at("transform"); !transform.is_null()) {
    record.transform = {transform.at("status").get<std::string>(),
                        transform.at("models").get<int64_t>(),
                        transform.at("tests").get<int64_t>(),
                        transform.at("failed").get<int64_t>(),
                        TextAt(transform, "reason"),
                        transform.at("seconds").get<double>()};
  }
  record.error = TextAt(json, "error");
  record.error_kind = TextAt(json, "error_kind");
  record.command = TextAt(json, "command");
  record.environment = TextAt(json, "environment");
  record.test = json.value("test", false);
  record.exit_code = OptionalAt<int>(json, "exit_code");
  record.versions = json.at("versions").get<std::map<std::string, std::string>>();
  record.events = json.at("events").get<std::map<std::string, int64_t>>();
  if (const Json& plan = json.at("plan"); !plan.is_null()) record.plan_json = plan.dump();
  record.workers = TextAt(json, "workers");
  record.host = TextAt(json, "host");
  record.pid = json.value("pid", int64_t{0});
  record.pid_start = json.value("pid_start", int64_t{0});
  return record;
}

std::string HostName() {
  std::string name(256, '\0');
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  name.resize(std::strlen(name.c_str()));
  return name;
}

bool HasDied(const RunRecord& record) {
  return record.status == "running" && record.pid > 0 && record.host == HostName() &&
         ProcessIsGone(record.pid, record.pid_start);
}

RunRecord ReadRecord(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::ostringstream text;
  if (input) text << input.rdbuf();
  auto record = ParseRunRecord(std::move(text).str());
  if (record.ok()) {
    if (HasDied(*record)) record->status = "died";
    return std::move(*record);
  }
  RunRecord unreadable;
  unreadable.run_id = file.stem().string();
  unreadable.status = "unreadable";
  unreadable.error = record.status().message();
  return unreadable;
}

arrow::Status CannotWrite(const fs::path& path, int error) {
  ErrorDetail::Map details = {{"path", path.string()}};
  std::string why = std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT) {
    details.emplace("errno", error == ENOSPC ? "ENOSPC" : "EDQUOT");
    why += ": free some space there and run again";
  }
  return MakeError(ErrorKind::kUnavailable,
                   "writing run record " + path.string() + ": " + why,
                   std::move(details));
}

}  // namespace

std::string RunReportJson(const RunRecord& record) { return Dump(ReportJson(record)); }

std::string RunRecordJson(const RunRecord& record) {
  Json json = ReportJson(record);
  json["command"] = record.command;
  json["environment"] = record.environment;
  json["test"] = record.test;
  json["exit_code"] = OrNull(record.exit_code);
  json["versions"] = record.versions;
  json["events"] = record.events;
  json["plan"] = record.plan_json.empty() ? Json(nullptr)
                                          : Json::parse(record.plan_json, nullptr, false);
  json["workers"] = TextOrNull(record.workers);
  json["host"] = record.host;
  json["pid"] = record.pid;
  json["pid_start"] = record.pid_start;
  return Dump(json);
}

arrow::Result<RunRecord> ParseRunRecord(const std::string& json) {
  try {
    return RecordFrom(Json::parse(json));
  } catch (const nlohmann::json::exception& error) {
    return MakeError(ErrorKind::kData,
                     std::string("this is not a run record: ") + error.what());
  }
}

arrow::Status WriteRunRecord(const fs::path& folder, const RunRecord& record) {
  RunRecord placed = record;
  placed.host = HostName();
  placed.pid = getpid();
  placed.pid_start = ProcessStart(placed.pid);
  const fs::path path = folder / (record.run_id + ".json");
  const fs::path temporary = folder / ("." + record.run_id + ".json.new");
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return CannotWrite(path, failed.value());
  std::ofstream output(temporary, std::ios::binary | std::ios::trunc);
  output << RunRecordJson(placed) << '\n';
  output.close();
  if (!output) {
    const int why = errno;
    fs::remove(temporary, failed);
    return CannotWrite(path, why);
  }
  fs::rename(temporary, path, failed);
  return failed ? CannotWrite(path, failed.value()) : arrow::Status::OK();
}

std::vector<RunRecord> ListRunRecords(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed)) {
    const fs::path& path = it->path();
    if (path.extension() == ".json" && !path.filename().string().starts_with(".")) {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end(), std::greater<>());
  std::vector<RunRecord> records;
  records.reserve(files.size());
  for (const fs::path& file : files) records.push_back(ReadRecord(file));
  return records;
}

}  // namespace keelboat
