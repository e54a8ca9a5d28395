#include "app/verify_report.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestValue = 4096;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A row of evidence with values that can be read.
Json Row(const std::string& text) {
  Json row = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (row.is_discarded()) return text;
  if (!row.contains("row")) return row;
  for (auto& [column, value] : row["row"].items()) {
    if (!value.is_string()) continue;
    const auto& whole = value.get_ref<const std::string&>();
    if (whole.size() <= kLongestValue) continue;
    std::size_t end = kLongestValue;
    while (end > 0 && (static_cast<unsigned char>(whole[end]) & 0xC0) == 0x80) --end;
    value = whole.substr(0, end) + "… (" + std::to_string(whole.size()) + " bytes)";
  }
  return row;
}

Json Rows(const std::vector<std::string>& evidence) {
  Json rows = Json::array();
  for (const std::string& row : evidence) rows.push_back(Row(row));
  return rows;
}

class Writer {
 public:
  Writer(const ProjectConfig& config, bool evidence)
      : config_(config), evidence_(evidence) {}

  Json ToJson(const LakeVerdict& lake) const {
    Json findings = Json::array();
    for (const LakeVerdict::Finding& finding : lake.findings) {
      findings.push_back({{"place", finding.place}, {"what", Redacted(finding.what)}});
    }
    const char* status = "intact";
    if (!lake.version.has_value()) status = "absent";
    if (!lake.findings.empty()) status = "damaged";
    return {{"status", status},
            {"version", OrNull(lake.version)},
            {"files", lake.files},
            {"bytes", lake.bytes},
            {"findings", std::move(findings)}};
  }

  Json ToJson(const WarehouseVerdict& warehouse) const {
    Json json = {{"status", WarehouseStateName(warehouse.state)},
                 {"version", OrNull(warehouse.version)},
                 {"missing", warehouse.missing},
                 {"extra", warehouse.extra},
                 {"findings", warehouse.findings},
                 {"note", TextOrNull(Redacted(warehouse.note))}};
    if (evidence_) json["rows"] = Rows(warehouse.evidence);
    return json;
  }

  Json ToJson(const SourceVerdict& source) const {
    Json json = {{"status", SourceStateName(source.state)},
                 {"source_rows", source.source_rows},
                 {"lake_rows", source.lake_rows},
                 {"added", source.added},
                 {"changed", source.changed},
                 {"gone", source.gone},
                 {"behind_cursor", source.behind_cursor},
                 {"unexplained", source.unexplained},
                 {"exact", source.exact},
                 {"loaded_at", TextOrNull(source.loaded_at)},
                 {"stands_at", TextOrNull(source.stands_at)},
                 {"findings", source.findings},
                 {"note", TextOrNull(Redacted(source.note))}};
    if (evidence_) json["rows"] = Rows(source.evidence);
    return json;
  }

  Json ToJson(const TableVerdict& table) const {
    return {{"table", table.table},
            {"status", VerdictName(table.status())},
            {"strategy", table.strategy},
            {"lake", ToJson(table.lake)},
            {"warehouse", ToJson(table.warehouse)},
            {"source", table.source.has_value() ? ToJson(*table.source) : Json(nullptr)},
            {"error",
             table.error.ok() ? Json(nullptr) : Json(Redacted(table.error.message()))}};
  }

 private:
  std::string Redacted(const std::string& text) const {
    return RedactSecrets(text, config_);
  }

  const ProjectConfig& config_;
  const bool evidence_;
};

}  // namespace

std::string VerifyToJson(const VerifyReport& report, const ProjectConfig& config,
                         bool evidence) {
  const Writer writer(config, evidence);
  Json tables = Json::array();
  for (const TableVerdict& table : report.tables) tables.push_back(writer.ToJson(table));
  return Dump({{"verify_id", report.id},
               {"status", report.status()},
               {"started_at", FormatTime(report.began)},
               {"ended_at", FormatTime(report.ended)},
               {"evidence", TextOrNull(report.evidence.string())},
               {"tables", std::move(tables)}});
}

arrow::Status WriteEvidence(const ProjectConfig& config, VerifyReport& report) {
  const fs::path folder = config.log_dir() / "verify";
  report.evidence = folder / (report.id + ".json");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return MakeError(ErrorKind::kConfig, "making the folder '" + folder.string() +
                                             "' for what was found: " + error.message());
  }
  std::ofstream file(report.evidence, std::ios::binary);
  file << VerifyToJson(report, config, true);
  file.close();
  if (file) return arrow::Status::OK();
  return MakeError(ErrorKind::kConfig, "writing what was found to '" +
                                           report.evidence.string() +
                                           "': " + std::strerror(errno));
}

}  // namespace keelboat
