#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "app/config.h"
#include "sources/source.h"

namespace keelboat {

/// A file of a project to be: path below the project's folder, with '/'.
struct ProjectFile {
  std::string path;
  std::string text;
};

/// What `WriteProject` did, in the order of the files given.
struct WrittenProject {
  std::vector<std::string> written;
  std::vector<std::string> kept;  ///< Were there already, and were not touched.
};

/// A project drawn from a database.
struct DraftedProject {
  std::vector<ProjectFile> files;
  /// For the user: cursors to decide on, tables without a key …
  std::vector<std::string> notes;
};

/// Names of the templates that `TemplateProject` knows.
std::vector<std::string> TemplateNames();
/// The files of a template; kConfig names the nearest one.
arrow::Result<std::vector<ProjectFile>> TemplateProject(const std::string& name);

/// A project for a MySQL database that is not known yet: every table, in full.
std::vector<ProjectFile> EmptyProject(const std::string& name);

/// Describes every table of a database, sorted by name. kNotFound when it has none.
arrow::Result<std::vector<Relation>> DescribeDatabase(Source& source,
                                                      const std::stop_token& stop);

/// \brief Draws a project from a live database's tables. Pure.
///
/// Keys are written out; a table loads incrementally where an indexed column follows its
/// updates, and in full otherwise, its best cursor candidate written beside. The password
/// appears nowhere. `name` becomes the project's and the source's name, made fit.
arrow::Result<DraftedProject> DraftProject(const std::string& name,
                                           const MysqlSettings& mysql,
                                           const std::vector<Relation>& relations);

/// \brief Writes the files that are not there yet; never changes one that is.
///
/// Makes folders as needed. kConfig names the path that cannot be written; files written
/// before it stay, and the next call goes on from there.
arrow::Result<WrittenProject> WriteProject(const std::filesystem::path& folder,
                                           const std::vector<ProjectFile>& files);

}  // namespace keelboat
