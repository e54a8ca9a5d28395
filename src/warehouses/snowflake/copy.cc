#include "warehouses/snowflake/copy.h"

#include <algorithm>
#include <map>

#include "keelboat/error.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/snowflake/sql_text.h"

namespace keelboat::snowflake {

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string StageFolder(const std::string& stage, const std::string& folder) {
  return "@" + stage + "/" + folder;
}

arrow::Result<std::string> PutStatement(const std::string& path,
                                        const std::string& stage_folder) {
  const bool plain = std::none_of(path.begin(), path.end(), [](unsigned char c) {
    return c < ' ' || std::string_view("*?[\\'\"").find(static_cast<char>(c)) !=
                          std::string_view::npos;
  });
  if (plain && path.starts_with('/')) {
    return "PUT 'file://" + path + "' " + stage_folder +
           " AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = FALSE";
  }
  return MakeError(ErrorKind::kUnsupported,
                   "the file '" + path +
                       "' cannot be put on Snowflake's stage, because its path has a "
                       "character that PUT reads as a pattern or a quote: move the lake",
                   {{"file", path}});
}

std::string CopyStatement(const std::string& table, const std::string& stage_folder,
                          const std::vector<StagedFile>& files,
                          const std::string& file_column) {
  std::string names;
  for (const StagedFile& staged : files) {
    names += (names.empty() ? "" : ", ") + QuoteText(staged.path);
  }
  std::string copy = "COPY INTO " + table + " FROM " + stage_folder + " FILES = (" +
                     names +
                     ") FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE "
                     "BINARY_AS_TEXT = FALSE USE_VECTORIZED_SCANNER = TRUE) "
                     "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE";
  if (!file_column.empty()) {
    copy += " INCLUDE_METADATA = (" + file_column + " = METADATA$FILENAME)";
  }
  // The table was made for this load, so nothing was loaded into it before.
  return copy + " ON_ERROR = ABORT_STATEMENT FORCE = TRUE";
}

arrow::Status CheckCopied(const std::vector<adbc::Row>& answer,
                          const std::vector<StagedFile>& files) {
  std::map<std::string, int64_t> loaded;
  for (const adbc::Row& row : answer) {
    if (row.size() < 4) continue;  // "Copy executed with 0 files processed."
    ARROW_ASSIGN_OR_RAISE(int64_t rows, ToInteger(row[3]));
    loaded[BaseName(row[0].value_or(""))] += row[1] == "LOADED" ? rows : 0;
  }
  for (const StagedFile& staged : files) {
    const LoadFile& file = staged.file;
    auto found = loaded.find(BaseName(staged.path));
    if (found == loaded.end()) {
      return MakeError(ErrorKind::kNotFound,
                       "Snowflake did not find the lake's file '" + file.uri +
                           "' on the stage as '" + staged.path + "': nothing was loaded",
                       {{"file", file.uri}});
    }
    if (found->second == file.rows) continue;
    return MakeError(ErrorKind::kData,
                     "the lake's file '" + file.uri + "' gave Snowflake " +
                         std::to_string(found->second) + " rows where its receipt says " +
                         std::to_string(file.rows) + ": extract the table anew",
                     {{"file", file.uri}});
  }
  return arrow::Status::OK();
}

}  // namespace keelboat::snowflake
