#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// Snowflake takes no more names in one COPY.
inline constexpr std::size_t kFilesPerCopy = 1000;

/// A file of the lake where COPY finds it.
struct StagedFile {
  std::string path;  ///< Below the folder of the stage that COPY reads.
  LoadFile file;
};

/// What stands after the last '/'.
std::string BaseName(const std::string& path);

/// '@"D"."S"."STAGE"/folder/': a place on a stage, quoted where it needs to be.
std::string StageFolder(const std::string& stage, const std::string& folder);

/// \brief PUT of one file into a folder of a stage.
///
/// kUnsupported for a path that PUT would read as a pattern.
arrow::Result<std::string> PutStatement(const std::string& path,
                                        const std::string& stage_folder);

/// \brief COPY of these files, all or nothing.
///
/// `file_column`: where the file's name of each row goes; empty: nowhere.
std::string CopyStatement(const std::string& table, const std::string& stage_folder,
                          const std::vector<StagedFile>& files,
                          const std::string& file_column);

/// \brief Proves by what COPY answered that it took all rows of all files.
///
/// kData naming the file that has another number of rows than its receipt says.
arrow::Status CheckCopied(const std::vector<adbc::Row>& answer,
                          const std::vector<StagedFile>& files);

}  // namespace keelboat::snowflake
