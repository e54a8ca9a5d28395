#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "keelboat/fetch.h"
#include "keelboat/query.h"
#include "keelboat/source.h"

namespace keelboat {

/// Where a project lies, and what surrounds the program. A value.
struct Surroundings {
  /// Folder of keelboat.yaml. Where it holds none, the folder that the variable
  /// KEELBOAT_PROJECT names is taken.
  std::string project_dir = ".";
  std::string environment_name;  ///< As --env; empty: the configuration's own choice.
  /// The process's environment variables. The library reads none itself.
  std::map<std::string, std::string> variables;
};

/// What a project's configuration says, without secrets. A value.
struct ProjectInfo {
  std::string name;
  std::string dir;                             ///< Absolute.
  std::string environment;                     ///< "dev", …, or "default".
  std::map<std::string, std::string> sources;  ///< Name to type: "mysql", "metabase".
  std::map<std::string, std::string> teams;    ///< Team to database.
  std::string lake;                            ///< Folder or URL.
  std::string queries;                         ///< Folder of its queries.
};

/// Reads keelboat.yaml (and .env). kConfig tells everything that is wrong with it.
arrow::Result<ProjectInfo> DescribeProject(const Surroundings& surroundings);

/// The folders where FindQuery looks without a source: $KEELBOAT_PROJECT/queries and
/// <project_dir>/queries.
std::vector<std::string> QueryFolders(const Surroundings& surroundings);

/// \brief A source as a person names it: by its name in keelboat.yaml or by a URL.
///
/// A handle that can be copied; thread-safe. Holds secrets and shows none.
class NamedSource {
 public:
  /// \brief Finds a source; does not connect.
  ///
  /// \param name_or_url "bi"; "mysql://user@host:3306/database" (what is not in it comes
  /// from MYSQL_USER and MYSQL_PASSWORD); "https://metabase.example.org"
  /// (METABASE_API_KEY, or METABASE_USERNAME and METABASE_PASSWORD; "?database=NAME"
  /// chooses its database). A URL needs no project. kNotFound for an unknown name, with
  /// the nearest ones.
  static arrow::Result<NamedSource> Find(const std::string& name_or_url,
                                         const Surroundings& surroundings);

  /// The name, or the URL without login: fit to be shown.
  const std::string& name() const;
  /// Those of QueryFolders and, where the source is the project's, its `queries`.
  const std::vector<std::string>& query_folders() const;
  /// Things to tell the user about the configuration; no secrets.
  const std::vector<std::string>& warnings() const;
  /// \brief The source of a database: `database`, or the configured one where it is
  /// empty.
  ///
  /// Made once for each and kept, so that all fetches share one login.
  arrow::Result<std::shared_ptr<DataSource>> Open(const std::string& database = "") const;
  /// The text with *** for everything secret that is known here.
  std::string Redact(std::string_view text) const;

 private:
  struct State;
  explicit NamedSource(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// What is fetched: exactly one of the first four. A value.
struct FetchQuestion {
  std::string sql;
  std::string query;  ///< A name for FindQuery, in the source's folders.
  std::string table;
  std::string card;  ///< A saved question.
  /// By name. Those of SQL bring their types, a query's have the ones it declares.
  std::map<std::string, ParameterValue> parameters;
  /// Instead of the query's own, which stands before the configured one; may be empty.
  std::string database;
};

/// \brief Streams what was asked of a source: registry, binding and FetchQuery in one.
///
/// A query's `partition_on` holds where the options have none. kConfig for a question
/// that is none or several, and for parameters of a table.
arrow::Result<std::shared_ptr<FetchReader>> FetchFrom(const NamedSource& source,
                                                      const FetchQuestion& question,
                                                      const FetchOptions& options = {});

struct LakeReadOptions {
  /// A version that the table's log still has; unset: the newest.
  std::optional<int64_t> version;
  /// false: of rows with one key the newest alone, as the warehouse has them.
  bool every_version = false;
  std::stop_token stop;
};

/// \brief Reads a table of the project's lake.
///
/// The rows come as they are asked for, in batches of at most 64 Ki rows, in the lake's
/// types; a file that `vacuum` removes meanwhile is an error. One consumer at a time. Of
/// a table with a key, what is superseded is found out first. kNotFound for a table (with
/// the nearest names) or a version that is not there.
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLakeTable(
    const std::string& table, const Surroundings& surroundings,
    const LakeReadOptions& options = {});

}  // namespace keelboat
