#include "warehouses/snowflake/staged_load.h"

#include <algorithm>
#include <future>
#include <set>

#include "keelboat/error.h"
#include "warehouses/snowflake/setup.h"

namespace keelboat::snowflake {
namespace {

/// Files that go up before their COPY starts: while it runs, the next ones go up.
constexpr std::size_t kFilesPerGroup = 4;

constexpr std::chrono::hours kLeftoverAge{24};

std::string StageOf(const SnowflakeOptions& options) {
  return PlaceOf(options).Name(ObjectName(options.stage));
}

arrow::Status CopyGroup(Session& session, const std::string& statement,
                        const std::vector<StagedFile>& files) {
  ARROW_ASSIGN_OR_RAISE(auto answer, session.Run(statement));
  return CheckCopied(answer, files);
}

arrow::Status CheckNames(const LoadRequest& request, const std::vector<LoadFile>& files) {
  std::set<std::string> names;
  for (const LoadFile& file : files) {
    if (names.insert(BaseName(file.uri)).second) continue;
    return MakeError(ErrorKind::kUnsupported,
                     "two files of table '" + request.table + "' are called '" +
                         BaseName(file.uri) +
                         "', which Snowflake's answers do not tell apart: run `keelboat "
                         "optimize`, which writes them anew",
                     {{"file", file.uri}});
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status StagedLoad::Fill(LoadSql* sql, const std::vector<LoadFile>& files) {
  ARROW_RETURN_NOT_OK(CheckNames(request_, files));
  has_table_ = true;  // Also when the answer got lost.
  ARROW_RETURN_NOT_OK(session_.Execute(sql->CreateStaging()).status());
  if (!files.empty()) {
    const bool put = options_.load == SnowflakeLoadMode::kPut;
    ARROW_RETURN_NOT_OK(put ? Put(sql, files) : CopyFromBucket(*sql, files));
  }
  return Check(*sql, files);
}

arrow::Status StagedLoad::Put(LoadSql* sql, const std::vector<LoadFile>& files) {
  const std::string folder = StageFolder(StageOf(options_), name_.Folder());
  std::vector<LoadFile> all;
  std::unique_ptr<Session> copier;  // Outlives what runs on it.
  std::future<arrow::Status> copying;
  for (std::size_t begin = 0; begin < files.size(); begin += kFilesPerGroup) {
    const std::size_t end = std::min(begin + kFilesPerGroup, files.size());
    ARROW_ASSIGN_OR_RAISE(
        auto group, request_.Readable({files.begin() + begin, files.begin() + end}));
    std::vector<StagedFile> staged;
    for (const LoadFile& file : group) {
      ARROW_ASSIGN_OR_RAISE(std::string put, PutStatement(file.path(), folder));
      has_files_ = true;
      ARROW_RETURN_NOT_OK(AddContext(session_.Run(put).status(),
                                     "putting the file '" + file.uri + "' on the stage"));
      staged.push_back({BaseName(file.path()), file});
      all.push_back(file);
    }
    const std::string copy =
        CopyStatement(sql->staging(), folder, staged, sql->file_column());
    if (copying.valid()) ARROW_RETURN_NOT_OK(copying.get());
    if (end == files.size()) {
      ARROW_RETURN_NOT_OK(CopyGroup(session_, copy, staged));
      break;
    }
    if (copier == nullptr) {
      ARROW_ASSIGN_OR_RAISE(copier, open_());
    }
    copying = std::async(std::launch::async, CopyGroup, std::ref(*copier), copy, staged);
  }
  sql->SetFiles(std::move(all));
  return arrow::Status::OK();
}

arrow::Status StagedLoad::CopyFromBucket(const LoadSql& sql,
                                         const std::vector<LoadFile>& files) {
  const std::string folder = StageFolder(StageOf(options_), "");
  std::string root = options_.stage_url;
  if (!root.ends_with('/')) root += '/';
  for (std::size_t begin = 0; begin < files.size(); begin += kFilesPerCopy) {
    const std::size_t end = std::min(begin + kFilesPerCopy, files.size());
    std::vector<StagedFile> staged;
    for (std::size_t i = begin; i < end; ++i) {
      const std::string& uri = files[i].uri;
      if (!uri.starts_with(root)) {
        return MakeError(ErrorKind::kConfig,
                         "the lake's file '" + uri + "' is not below '" + root +
                             "', where the stage leads: give the stage the lake's own "
                             "address",
                         {{"file", uri}});
      }
      staged.push_back({uri.substr(root.size()), files[i]});
    }
    ARROW_RETURN_NOT_OK(CopyGroup(
        session_, CopyStatement(sql.staging(), folder, staged, sql.file_column()),
        staged));
  }
  return arrow::Status::OK();
}

arrow::Status StagedLoad::Check(const LoadSql& sql, const std::vector<LoadFile>& files) {
  int64_t expected = 0;
  for (const LoadFile& file : files) expected += file.rows;
  ARROW_ASSIGN_OR_RAISE(auto counts, session_.Fetch(sql.CountStaged()));
  ARROW_ASSIGN_OR_RAISE(rows_, ToInteger(counts.at(0).at(0)));
  if (rows_ != expected) {
    return MakeError(ErrorKind::kData,
                     "table '" + request_.table + "' came to " + std::to_string(rows_) +
                         " rows on the stage where the lake's version " +
                         std::to_string(request_.lake_version) + " has " +
                         std::to_string(expected) + ": nothing of it was kept",
                     {{"table", request_.table}});
  }
  ARROW_ASSIGN_OR_RAISE(int64_t nulls, ToInteger(counts[0][1]));
  if (nulls > 0) {
    return MakeError(ErrorKind::kData,
                     std::to_string(nulls) + " rows of table '" + request_.table +
                         "' have no key: nothing of it was kept",
                     {{"table", request_.table}});
  }
  std::size_t position = 1;
  for (const Column& column : sql.columns()) {
    if (!column.is_json()) continue;
    ARROW_ASSIGN_OR_RAISE(int64_t texts, ToInteger(counts[0].at(++position)));
    if (texts == 0) continue;
    ARROW_ASSIGN_OR_RAISE(auto example, session_.Fetch(sql.ExampleOfText(column)));
    const std::string text =
        example.empty() || example[0].empty() ? "" : example[0][0].value_or("");
    return MakeError(ErrorKind::kData,
                     "column '" + column.lake_name + "' of table '" + request_.table +
                         "' holds " + std::to_string(texts) +
                         " values that Snowflake does not take for JSON, for example " +
                         QuoteText(text) +
                         ": correct them at the source, or exclude the column",
                     {{"table", request_.table}, {"column", column.lake_name}});
  }
  return sql.key().empty() ? arrow::Status::OK() : CheckKeys(sql);
}

arrow::Status StagedLoad::CheckKeys(const LoadSql& sql) {
  ARROW_ASSIGN_OR_RAISE(int64_t keys, session_.FetchNumber(sql.CountKeys()));
  if (sql.has_versions()) {
    rows_ = keys;
    return arrow::Status::OK();
  }
  if (keys == 0) return arrow::Status::OK();
  std::string names;
  for (const std::string& name : request_.key)
    names += (names.empty() ? "" : ", ") + name;
  return MakeError(ErrorKind::kData,
                   "the key (" + names + ") of table '" + request_.table +
                       "' is not unique: " + std::to_string(keys) +
                       " of its values are in several rows; name the columns that are in "
                       "'primary_key'",
                   {{"table", request_.table}});
}

void StagedLoad::CleanUp(const LoadSql& sql) {
  session_.set_stop({});
  // What stays is removed by a later load.
  if (has_table_) (void)session_.Execute(sql.DropStaging());
  if (has_files_) {
    (void)session_.Run("REMOVE " + StageFolder(StageOf(options_), name_.Folder()));
  }
  has_table_ = false;
  has_files_ = false;
}

void RemoveLeftovers(Session& session, const SnowflakeOptions& options, SystemTime now) {
  const Place place = PlaceOf(options);
  auto is_old = [&](const std::optional<SystemTime>& time) {
    return time.has_value() && *time < now - kLeftoverAge;
  };
  auto tables =
      session.Fetch("SHOW TABLES LIKE '_KEELBOAT_LOAD_%' IN SCHEMA " + place.Schema());
  if (tables.ok()) {
    for (const adbc::Row& row : *tables) {
      if (row.size() < 2 || !is_old(LoadName::TimeOfTable(row[1].value_or("")))) continue;
      (void)session.Execute("DROP TABLE IF EXISTS " + place.Name(*row[1]));
    }
  }
  if (options.load != SnowflakeLoadMode::kPut) return;
  const std::string stage = StageOf(options);
  auto files = session.Fetch("LIST " + StageFolder(stage, "loads/"));
  if (!files.ok()) return;
  std::set<std::string> folders;
  for (const adbc::Row& row : *files) {
    if (!row.empty()) folders.insert(LoadName::FolderOfFile(row[0].value_or("")));
  }
  for (const std::string& folder : folders) {
    if (!is_old(LoadName::TimeOfFolder(folder))) continue;
    (void)session.Run("REMOVE " + StageFolder(stage, folder));
  }
}

}  // namespace keelboat::snowflake
