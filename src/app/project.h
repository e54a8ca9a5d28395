#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "app/config.h"
#include "app/runtime_paths.h"
#include "contracts/contract.h"
#include "core/clock.h"
#include "keelboat/metabase_options.h"
#include "lake/lake.h"
#include "lake/store.h"
#include "planner/table_spec.h"
#include "sources/source.h"
#include "transform/transform.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// Appended to the raw schema, dbt's schemas and the target in test mode.
inline constexpr const char* kTestSuffix = "_test";

/// The schema that keelboat loads into, as the configuration spells it.
std::string RawSchemaOf(const WarehouseConfig& warehouse, bool test_mode);

/// What the settings of a metabase source mean to the library.
MetabaseOptions MetabaseOptionsOf(const MetabaseSettings& settings);

/// A source of its own, outside any project. Does not connect.
arrow::Result<std::unique_ptr<Source>> MakeSource(
    const std::string& name,
    const std::variant<MysqlSettings, MetabaseSettings>& settings);

/// A table that the project moves, with its contract.
struct ConfiguredTable {
  TableSpec spec;
  std::shared_ptr<const Contract> contract;  ///< Null when it has none.
};

/// \brief An opened project: its configuration, and the parts that it names, made on
/// demand.
///
/// The only place that knows which leaf a word in the configuration stands for.
/// One thread at a time; the parts themselves are thread-safe.
class Project {
 public:
  /// Borrows the clock, which must outlive the project.
  Project(ProjectConfig config, RuntimePaths paths, const Clock& clock)
      : config_(std::move(config)), paths_(std::move(paths)), clock_(clock) {}
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  const ProjectConfig& config() const { return config_; }
  const Clock& clock() const { return clock_; }

  /// A source by its name in the configuration; made once. Does not connect.
  arrow::Result<Source*> OpenSource(const std::string& name);
  /// The lake, or its test prefix. With `keep_copies`, a lake elsewhere keeps what is
  /// written to it on this machine, too, for a load that is to read it next.
  arrow::Result<std::shared_ptr<Lake>> OpenLake(bool test_mode,
                                                bool keep_copies = false) const;
  /// Where copies of a lake's files are kept while they are read.
  std::filesystem::path copies_folder() const { return config_.work_dir() / "copies"; }
  /// The warehouse, or its test schema. Does not connect. `run_id` marks what is done in
  /// it, where the warehouse keeps a history.
  arrow::Result<std::unique_ptr<Warehouse>> OpenWarehouse(
      bool test_mode, const std::string& run_id = {}) const;
  /// \brief Runs `dbt ARGS…` in the foreground with the generated profile; dbt's own exit
  /// code.
  arrow::Result<int> RunDbt(const std::vector<std::string>& arguments,
                            const std::stop_token& stop) const;
  /// What dbt needs to run in this project; kConfig when it has no dbt project.
  arrow::Result<DbtOptions> DbtSettings(bool test_mode, const std::string& run_id) const;

  /// \brief The project's tables with their contracts, in metadata order.
  ///
  /// Reads metadata and contract files; asks a source for its tables where the
  /// configuration names no metadata. `names` chooses some of them, empty chooses all; an
  /// unknown name is kConfig with the nearest ones.
  arrow::Result<std::vector<ConfiguredTable>> Tables(
      const std::vector<std::string>& names, const std::stop_token& stop);

 private:
  std::shared_ptr<Store> KeepingCopies(std::shared_ptr<Store> store) const;

  ProjectConfig config_;
  RuntimePaths paths_;
  const Clock& clock_;
  std::map<std::string, std::unique_ptr<Source>> sources_;
};

}  // namespace keelboat
