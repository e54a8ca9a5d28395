#include "app/scaffold.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "app/template_files.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

arrow::Status CannotWrite(const fs::path& path, const std::string& why) {
  return MakeError(ErrorKind::kConfig, "cannot write " + path.string() + ": " + why,
                   {{"path", path.string()}});
}

enum class Outcome { kWritten, kKept };

arrow::Result<Outcome> WriteNew(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return CannotWrite(path.parent_path(), error.message());
  // O_EXCL also refuses a dangling link, which `exists` would call absent.
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0 && errno == EEXIST) return Outcome::kKept;
  if (descriptor < 0) return CannotWrite(path, std::strerror(errno));
  std::string_view rest = text;
  int failure = 0;
  while (!rest.empty() && failure == 0) {
    const ssize_t written = ::write(descriptor, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure != 0) {
    // Half a file would be kept by the next call as if it were the user's.
    ::unlink(path.c_str());
    return CannotWrite(path, std::strerror(failure));
  }
  return Outcome::kWritten;
}

}  // namespace

std::vector<std::string> TemplateNames() { return {"olist"}; }

arrow::Result<std::vector<ProjectFile>> TemplateProject(const std::string& name) {
  if (name != "olist") {
    return MakeError(ErrorKind::kConfig, "there is no template '" + name + "'" +
                                             DidYouMean(name, TemplateNames()) +
                                             "; there is: olist");
  }
  std::vector<ProjectFile> files;
  for (const TemplateFile& file : OlistTemplate()) {
    files.push_back({std::string(file.path), std::string(file.text)});
  }
  // What the example has no file of its own for that would fit elsewhere.
  for (ProjectFile& file : EmptyProject(name)) {
    if (file.path == ".gitignore" || file.path == "README.md") {
      files.push_back(std::move(file));
    }
  }
  return files;
}

arrow::Result<std::vector<Relation>> DescribeDatabase(Source& source,
                                                      const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::vector<std::string> tables, source.ListTables(stop));
  if (tables.empty()) {
    return MakeError(ErrorKind::kNotFound,
                     "the database has no tables that this user may see: check the "
                     "database's name in the URL, and GRANT SELECT");
  }
  std::vector<Relation> relations;
  relations.reserve(tables.size());
  for (const std::string& table : tables) {
    auto relation = source.DescribeTable(table, stop);
    if (!relation.ok()) {
      return AddContext(relation.status(), "describing table " + table);
    }
    relations.push_back(*std::move(relation));
  }
  return relations;
}

arrow::Result<WrittenProject> WriteProject(const fs::path& folder,
                                           const std::vector<ProjectFile>& files) {
  WrittenProject project;
  for (const ProjectFile& file : files) {
    ARROW_ASSIGN_OR_RAISE(const Outcome outcome, WriteNew(folder / file.path, file.text));
    (outcome == Outcome::kWritten ? project.written : project.kept).push_back(file.path);
  }
  return project;
}

}  // namespace keelboat
