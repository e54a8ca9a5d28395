#pragma once

#include "app/config.h"
#include "app/config_node.h"
#include "app/config_reader.h"

namespace keelboat {

/// \brief Reads a whole file's tree (environments already merged in) into `config`.
///
/// What is wrong goes to the context. Sections that are absent keep their defaults;
/// `FillDefaults` completes them.
void ReadSections(const ConfigNode& root, ConfigContext& context, ProjectConfig* config);

/// Reads "./lake", "/data/lake", "file:///data/lake" or "s3://bucket/prefix". kConfig
/// says which forms there are.
arrow::Status ParseLakeUrl(const std::string& url,
                           const std::filesystem::path& project_dir, LakeConfig* lake);

/// \brief Completes what nothing was written about, from what the project's folder holds.
///
/// The lake in ./lake, the warehouse in ./warehouse.duckdb, metadata/table_metadata.json,
/// schema/, queries/ and dbt/ where they exist.
void FillDefaults(ProjectConfig* config);

/// \brief Configures a project without a file by the older pipeline's variables.
///
/// kConfig names both ways when neither is there.
void ReadOldVariables(ConfigContext& context, ProjectConfig* config);

}  // namespace keelboat
