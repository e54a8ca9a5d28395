#include "transform/dbt_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "keelboat/error.h"
#include "transform/descriptor.h"

namespace keelboat::transform {
namespace {

std::string Packages(const DbtOptions& options) {
  return "'dbt-core==1.11.*' 'dbt-" + options.adapter + "==1.11.*'";
}

arrow::Status WriteProfile(const DbtOptions& options) {
  const std::filesystem::path folder = ProfilesDir(options);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return MakeError(ErrorKind::kConfig,
                     "making the folder " + folder.string() + ": " + error.message());
  }
  const std::filesystem::path path = folder / "profiles.yml";
  const std::string temporary = path.string() + "." + std::to_string(getpid());
  Descriptor file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  bool written = file.is_open() &&
                 write(file.number(), options.profile.data(), options.profile.size()) ==
                     static_cast<ssize_t>(options.profile.size());
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    std::string reason = std::strerror(errno);
    unlink(temporary.c_str());
    return MakeError(ErrorKind::kConfig, "writing " + path.string() + ": " + reason);
  }
  return arrow::Status::OK();
}

}  // namespace

std::filesystem::path ProfilesDir(const DbtOptions& options) {
  return options.work_dir / "profiles" / options.target;
}

arrow::Status PrepareFiles(const DbtOptions& options) {
  if (access(options.python.c_str(), X_OK) != 0) {
    return MakeError(ErrorKind::kNotFound,
                     "no Python interpreter at " + options.python.string() +
                         ": make an environment with dbt: python3 -m venv .venv && "
                         ".venv/bin/python -m pip install " +
                         Packages(options),
                     {{"python", options.python.string()}});
  }
  if (!std::filesystem::is_regular_file(options.project_dir / "dbt_project.yml")) {
    return MakeError(ErrorKind::kNotFound,
                     "no dbt project at " + options.project_dir.string() +
                         ": it has no dbt_project.yml; set dbt.project in keelboat.yaml",
                     {{"project", options.project_dir.string()}});
  }
  return WriteProfile(options);
}

std::map<std::string, std::string> ChildEnvironment(const DbtOptions& options) {
  std::map<std::string, std::string> environment = options.environment;
  environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "False";
  environment["DO_NOT_TRACK"] = "1";
  environment["PYTHONUNBUFFERED"] = "1";
  environment["PYTHONIOENCODING"] = "utf-8";
  return environment;
}

std::string InstallRemedy(const DbtOptions& options) {
  return "install it: " + options.python.string() + " -m pip install " +
         Packages(options);
}

}  // namespace keelboat::transform

namespace keelboat {

std::filesystem::path DbtTargetDir(const DbtOptions& options) {
  return options.work_dir / "target" / options.target;
}

}  // namespace keelboat
