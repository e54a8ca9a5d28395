#include "warehouses/duckdb/database_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string_view>

#include "keelboat/error.h"
#include "warehouses/duckdb/driver_errors.h"

namespace keelboat::duckdb {
namespace {

namespace fs = std::filesystem;

/// The oldest DuckDB that can read a file that is made here. Its compression of text
/// takes about a sixth off a load's CPU time at the same size. Files that exist keep
/// theirs.
constexpr const char* kStorageVersion = "v1.3.0";

/// The three headers that a database begins with.
constexpr ssize_t kHeaders = 3 * 4096;

struct OpenFile {
  std::shared_ptr<adbc::Database> database;
  int leases = 0;
};

/// The files that this process has open, by canonical path. Held locked while a file
/// opens or closes, so that no second instance slips in between.
struct OpenFiles {
  std::mutex mutex;
  std::map<std::string, OpenFile> files;
};

OpenFiles& Registry() {
  static auto* registry = new OpenFiles;  // Outlives every static that may hold a lease.
  return *registry;
}

adbc::Database::Options DriverOptions(const DuckdbOptions& options,
                                      const std::string& path) {
  return {{"driver", options.library},
          {"entrypoint", "duckdb_adbc_init"},
          {"path", path},
          {"threads", std::to_string(options.threads)},
          {"memory_limit", options.memory_limit},
          {"storage_compatibility_version", kStorageVersion},
          {"checkpoint_threshold", kCheckpointBytes},
          // Nothing is fetched from the network behind the user's back.
          {"autoinstall_known_extensions", "false"},
          {"autoload_known_extensions", "false"}};
}

arrow::Status CheckLibrary(const DuckdbOptions& options) {
  std::error_code ignored;
  if (fs::is_regular_file(options.library, ignored)) return arrow::Status::OK();
  return MakeError(
      ErrorKind::kNotFound,
      "DuckDB's library is not at '" + options.library + "': `make deps` puts it there",
      {{"path", options.library}});
}

/// Where a path leads, with links resolved; names the folder that is missing.
arrow::Result<std::string> CanonicalPath(const std::string& path) {
  if (path.empty() || path == ":memory:") {
    return MakeError(ErrorKind::kConfig,
                     "the warehouse needs a file: set its path, for example "
                     "'warehouse.duckdb'");
  }
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  fs::path canonical = error ? absolute : fs::weakly_canonical(absolute, error);
  if (error) {
    return MakeError(
        ErrorKind::kConfig,
        "the warehouse's path '" + path + "' cannot be followed: " + error.message(),
        {{"path", path}});
  }
  fs::path folder = canonical.parent_path();
  if (!fs::is_directory(folder, error)) {
    return MakeError(ErrorKind::kNotFound,
                     "the folder '" + folder.string() +
                         "' of the warehouse file does not " +
                         "exist: make it, or change the warehouse's path",
                     {{"path", folder.string()}});
  }
  if (fs::is_directory(canonical, error)) {
    return MakeError(ErrorKind::kConfig,
                     "the warehouse's path '" + canonical.string() +
                         "' is a folder: name a file, for example '" +
                         (canonical / "warehouse.duckdb").string() + "'",
                     {{"path", canonical.string()}});
  }
  return canonical.string();
}

arrow::Result<std::unique_ptr<adbc::Connection>> ConnectUtc(adbc::Database& database) {
  ARROW_ASSIGN_OR_RAISE(auto connection, database.Connect());
  ARROW_RETURN_NOT_OK(connection->Execute("SET TimeZone = 'UTC'"));
  return connection;
}

/// \brief Whether a file is one whose creation was cut short, by kill -9 or a full disk.
///
/// DuckDB refuses such a file for ever, though nothing can be in it: a database is no
/// shorter than its headers. A longer file, one with foreign content and one that
/// another process is writing are not.
bool IsUnfinished(int file) {
  std::array<char, kHeaders> content{};
  struct flock lock{};
  lock.l_type = F_RDLCK;
  const bool free = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
  const ssize_t size = pread(file, content.data(), content.size(), 0);
  const std::string_view found(content.data(), size < 0 ? 0 : size);
  const bool ours = found.substr(std::min<size_t>(8, found.size())).starts_with("DUCK") ||
                    found.find_first_not_of('\0') == std::string_view::npos;
  return free && size >= 0 && size < kHeaders && ours;
}

void RemoveUnfinished(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  const bool locked = fcntl(file, F_SETLK, &lock) == 0;
  if (locked && IsUnfinished(file)) unlink(path.c_str());
  close(file);
}

adbc::ErrorMapper MapperFor(const std::string& path) {
  return [path](const adbc::DriverError& error) { return MapDriverError(path, error); };
}

}  // namespace

DatabaseFile::DatabaseFile(std::string key, std::shared_ptr<adbc::Database> database)
    : key_(std::move(key)), database_(std::move(database)) {}

DatabaseFile::~DatabaseFile() {
  OpenFiles& registry = Registry();
  std::lock_guard lock(registry.mutex);
  database_.reset();
  auto found = registry.files.find(key_);
  if (--found->second.leases == 0) registry.files.erase(found);
}

arrow::Result<std::unique_ptr<DatabaseFile>> DatabaseFile::Open(
    const DuckdbOptions& options) {
  ARROW_RETURN_NOT_OK(CheckLibrary(options));
  ARROW_ASSIGN_OR_RAISE(std::string key, CanonicalPath(options.path));
  OpenFiles& registry = Registry();
  std::lock_guard lock(registry.mutex);
  auto found = registry.files.find(key);
  if (found == registry.files.end()) {
    RemoveUnfinished(key);
    ARROW_ASSIGN_OR_RAISE(
        auto database, adbc::Database::Open(DriverOptions(options, key), MapperFor(key)));
    found = registry.files.emplace(key, OpenFile{std::move(database), 0}).first;
  }
  ++found->second.leases;
  return std::unique_ptr<DatabaseFile>(
      new DatabaseFile(std::move(key), found->second.database));
}

bool DatabaseFile::Exists(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  // A whole file is not opened: closing it would end the locks that this process may
  // hold on it.
  if (error || size >= static_cast<std::uintmax_t>(kHeaders)) {
    return error != std::errc::no_such_file_or_directory;
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return true;
  const bool unfinished = IsUnfinished(file);
  close(file);
  return !unfinished;
}

arrow::Status DatabaseFile::Read(
    const DuckdbOptions& options,
    const std::function<arrow::Status(adbc::Connection&)>& read) {
  ARROW_RETURN_NOT_OK(CheckLibrary(options));
  ARROW_ASSIGN_OR_RAISE(std::string key, CanonicalPath(options.path));
  OpenFiles& registry = Registry();
  std::lock_guard lock(registry.mutex);
  std::shared_ptr<adbc::Database> database;
  auto found = registry.files.find(key);
  if (found != registry.files.end()) {
    database = found->second.database;
  } else {
    adbc::Database::Options driver_options = DriverOptions(options, key);
    driver_options.emplace_back("access_mode", "READ_ONLY");
    ARROW_ASSIGN_OR_RAISE(database, adbc::Database::Open(driver_options, MapperFor(key)));
  }
  ARROW_ASSIGN_OR_RAISE(auto connection, ConnectUtc(*database));
  return read(*connection);
}

arrow::Status DatabaseFile::CheckFolder(const DuckdbOptions& options) {
  ARROW_ASSIGN_OR_RAISE(std::string key, CanonicalPath(options.path));
  std::string folder = fs::path(key).parent_path().string();
  if (access(folder.c_str(), W_OK | X_OK) == 0) return arrow::Status::OK();
  return MakeError(
      ErrorKind::kDenied,
      "the warehouse file cannot be made in '" + folder +
          "', which this user may not write to: give the right to, or change " +
          "the warehouse's path",
      {{"path", folder}});
}

arrow::Result<std::unique_ptr<adbc::Connection>> DatabaseFile::Connect() {
  return ConnectUtc(*database_);
}

arrow::Result<std::unique_ptr<adbc::Connection>> ConnectInMemory(
    const DuckdbOptions& options) {
  ARROW_RETURN_NOT_OK(CheckLibrary(options));
  ARROW_ASSIGN_OR_RAISE(
      auto database,
      adbc::Database::Open(DriverOptions(options, ":memory:"), MapperFor(":memory:")));
  return database->Connect();
}

}  // namespace keelboat::duckdb
