#include "app/checks.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/clock_skew.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

class Checker {
 public:
  Checker(Project& project, const std::function<void(const CheckLine&)>& on_line,
          const std::stop_token& stop)
      : project_(project), on_line_(on_line), stop_(stop) {}

  void Check(const std::string& part) {
    if (part == "source") Sources();
    if (part == "lake") One(part, LakePlace(), [&] { return CheckLake(); });
    if (part == "warehouse")
      One(part, WarehousePlace(), [&] { return CheckWarehouse(); });
    if (part == "dbt") One(part, DbtPlace(), [&] { return CheckDbtProject(); });
    if (part == "contracts") Contracts();
  }

 private:
  // Tries `look`, which returns what it found, and tells the line.
  template <typename Look>
  void One(const std::string& part, const std::string& name, Look look) {
    CheckLine line{part, name, {}, {}};
    arrow::Result<std::string> found = look();
    if (found.ok()) {
      line.detail = std::move(*found);
    } else {
      line.error = found.status();
    }
    on_line_(line);
  }

  void Sources() {
    std::set<std::string> used;
    for (const TableGroup& group : project_.config().tables) used.insert(group.from);
    for (const auto& [name, source] : project_.config().sources) {
      // A source that no table comes from cannot stop a run; but Metabase is there to be
      // asked, not to move its tables.
      const bool asked = std::holds_alternative<MetabaseSettings>(source.settings);
      if (!used.contains(name) && !asked) continue;
      One("source", name, [&, &name = name]() -> arrow::Result<std::string> {
        ARROW_ASSIGN_OR_RAISE(Source * opened, project_.OpenSource(name));
        ARROW_ASSIGN_OR_RAISE(auto info, opened->Check(stop_));
        ARROW_ASSIGN_OR_RAISE(const std::string rights, CheckTables(name, *opened));
        return info.product + " " + info.version + " at " + info.endpoint + " as " +
               info.user + (info.tls ? ", " + info.tls_version : ", not encrypted") +
               (info.clock_ahead ? ", " + ClockSkewText(*info.clock_ahead) : "") + rights;
      });
    }
  }

  // Has every table of a source described, which takes the right to read it.
  arrow::Result<std::string> CheckTables(const std::string& name, Source& source) {
    auto tables = project_.Tables({}, stop_);
    if (KindOf(tables.status()) == ErrorKind::kConfig) {
      return ", tables not looked at: `keelboat check contracts` says why";
    }
    ARROW_RETURN_NOT_OK(tables.status());
    int count = 0;
    for (const ConfiguredTable& table : *tables) {
      if (table.spec.source != name) continue;
      ARROW_RETURN_NOT_OK(
          AddContext(source.DescribeTable(table.spec.table, stop_).status(),
                     "reading table " + table.spec.table));
      ++count;
    }
    if (count == 0) return std::string();
    return ", may read " + std::to_string(count) + " tables";
  }

  std::string LakePlace() const {
    const LakeConfig& lake = project_.config().lake;
    if (lake.kind == LakeKind::kLocal) return lake.path.string();
    return "s3://" + lake.bucket + (lake.prefix.empty() ? "" : "/") + lake.prefix;
  }

  arrow::Result<std::string> CheckLake() {
    ARROW_RETURN_NOT_OK(CheckSupported(project_.config(), {.extract = true}));
    ARROW_ASSIGN_OR_RAISE(auto lake, project_.OpenLake(false));
    ARROW_ASSIGN_OR_RAISE(const std::string place, lake->Check());
    ARROW_ASSIGN_OR_RAISE(auto tables, lake->ListTables());
    return place + (place.empty() ? "" : ", ") +
           "writable (an object written, read, listed and deleted), " +
           std::to_string(tables.size()) + " tables";
  }

  std::string WarehousePlace() const {
    const auto& settings = project_.config().warehouse.settings;
    if (const auto* snowflake = std::get_if<SnowflakeSettings>(&settings)) {
      return "snowflake " + snowflake->account + ", " + snowflake->database + "." +
             snowflake->schema;
    }
    return std::get<DuckdbSettings>(settings).path.string();
  }

  arrow::Result<std::string> CheckWarehouse() {
    ARROW_ASSIGN_OR_RAISE(auto warehouse, project_.OpenWarehouse(false));
    ARROW_ASSIGN_OR_RAISE(auto info, warehouse->Check(stop_));
    std::string text = info.product + " " + info.version;
    for (const std::string& finding : info.findings) text += ", " + finding;
    return text + ", writable";
  }

  std::string DbtPlace() const {
    const auto& dbt = project_.config().dbt;
    return dbt.has_value() ? dbt->project.string() : "no dbt project";
  }

  arrow::Result<std::string> CheckDbtProject() {
    if (!project_.config().dbt.has_value()) return "nothing to transform";
    ARROW_ASSIGN_OR_RAISE(auto options, project_.DbtSettings(false, "check"));
    ARROW_ASSIGN_OR_RAISE(auto dbt, Dbt::Start(options));
    ARROW_ASSIGN_OR_RAISE(auto version, dbt->AwaitReady(stop_));
    return "dbt-core " + version + ", target " + options.target;
  }

  void Contracts() {
    auto tables = project_.Tables({}, stop_);
    if (!tables.ok()) {
      on_line_({"contracts", "all tables", {}, tables.status()});
      return;
    }
    // A source that cannot be reached is told once, not for each of its tables.
    std::set<std::string> unreachable;
    for (const ConfiguredTable& table : *tables) {
      const std::string& source = table.spec.source;
      if (table.contract == nullptr || unreachable.contains(source)) continue;
      auto relation = Describe(table);
      if (!relation.ok() && ExitCodeOf(KindOf(relation.status())) == 3) {
        unreachable.insert(source);
        on_line_({"contracts", "all tables of " + source, {}, relation.status()});
        continue;
      }
      One("contracts", table.spec.table, [&]() -> arrow::Result<std::string> {
        ARROW_RETURN_NOT_OK(relation.status());
        ARROW_RETURN_NOT_OK(table.contract
                                ->Bind(relation->schema, relation->primary_key,
                                       table.spec.incremental_column)
                                .status());
        return std::to_string(table.contract->columns().size()) +
               " columns fit the table";
      });
    }
  }

  arrow::Result<Relation> Describe(const ConfiguredTable& table) {
    ARROW_ASSIGN_OR_RAISE(Source * source, project_.OpenSource(table.spec.source));
    return source->DescribeTable(table.spec.table, stop_);
  }

  Project& project_;
  const std::function<void(const CheckLine&)>& on_line_;
  const std::stop_token& stop_;
};

}  // namespace

const std::vector<std::string>& CheckParts() {
  static const std::vector<std::string> parts = {"source", "lake", "warehouse", "dbt",
                                                 "contracts"};
  return parts;
}

void CheckProject(Project& project, const std::vector<std::string>& parts,
                  const std::function<void(const CheckLine&)>& on_line,
                  const std::stop_token& stop) {
  Checker checker(project, on_line, stop);
  for (const std::string& part : CheckParts()) {
    const bool chosen =
        parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
    if (chosen && !stop.stop_requested()) checker.Check(part);
  }
}

}  // namespace keelboat
