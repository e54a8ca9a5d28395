#include "lake/stores/local/local_store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <arrow/io/file.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keelboat/error.h"
#include "lake/stores/local/errno_status.h"
#include "lake/stores/local/output_file.h"

namespace keelboat {
namespace {

using local::ErrnoStatus;
using local::NameTaken;
using local::OutputFile;
using local::Posix;

bool IsTemporary(std::string_view name) {
  return name.starts_with(local::kTemporaryPrefix);
}

SystemTime ModifiedTime(const struct stat& info) {
  return SystemTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                    std::chrono::microseconds(info.st_mtim.tv_nsec / 1000));
}

class LocalStore final : public Store {
 public:
  LocalStore(std::string root, Posix& posix) : root_(std::move(root)), posix_(posix) {}

  std::string Uri(const std::string& path) const override {
    return path.empty() ? root_ : root_ + "/" + path;
  }

  arrow::Result<std::shared_ptr<arrow::io::OutputStream>> Create(
      const std::string& path) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    return OutputFile::Make(posix_, root_, path, NameTaken::kFail);
  }

  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(int descriptor, OpenToRead(path));
    // Takes the descriptor over.
    return arrow::io::ReadableFile::Open(descriptor);
  }

  arrow::Result<std::string> Get(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(int descriptor, OpenToRead(path));
    std::string bytes;
    constexpr std::size_t kChunk = 64 << 10;
    int error = 0;
    while (true) {
      const std::size_t before = bytes.size();
      bytes.resize(before + kChunk);
      ssize_t count = ::read(descriptor, bytes.data() + before, kChunk);
      if (count < 0 && errno != EINTR) error = errno;
      bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      if (error != 0 || count == 0) break;
    }
    ::close(descriptor);
    if (error != 0) return ErrnoStatus(error, "reading", Uri(path));
    return bytes;
  }

  arrow::Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return WriteSmall(path, bytes, NameTaken::kFail);
  }

  arrow::Status Put(const std::string& path, std::string_view bytes) override {
    return WriteSmall(path, bytes, NameTaken::kReplace);
  }

  arrow::Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    std::vector<ObjectInfo> objects;
    auto add = [&](std::string path, const struct stat& info) {
      objects.push_back({std::move(path), info.st_size, ModifiedTime(info)});
      return arrow::Status::OK();
    };
    ARROW_RETURN_NOT_OK(WalkPrefix(prefix, /*temporary=*/false, add));
    std::sort(objects.begin(), objects.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
    return objects;
  }

  arrow::Status Delete(const std::string& path) override {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    int error = posix_.Unlink(Uri(path));
    if (error == ENOENT || error == ENOTDIR) return arrow::Status::OK();
    if (error != 0) return ErrnoStatus(error, "deleting", Uri(path));
    // A folder is there because of its objects: the last one takes it along.
    local::RemoveEmptyFolders(posix_, root_, Uri(path));
    return arrow::Status::OK();
  }

  arrow::Result<int64_t> DeleteUnfinished(const std::string& prefix,
                                          SystemTime before) override {
    std::vector<std::string> paths;
    auto add = [&](std::string path, const struct stat& info) {
      if (ModifiedTime(info) < before) paths.push_back(std::move(path));
      return arrow::Status::OK();
    };
    ARROW_RETURN_NOT_OK(WalkPrefix(prefix, /*temporary=*/true, add));
    for (const std::string& path : paths) ARROW_RETURN_NOT_OK(Delete(path));
    return static_cast<int64_t>(paths.size());
  }

  arrow::Result<std::vector<std::string>> Setup(bool dry_run) override {
    std::error_code error;
    if (std::filesystem::is_directory(root_, error)) return std::vector<std::string>();
    error.clear();
    if (!dry_run) std::filesystem::create_directories(root_, error);
    if (error) return ErrnoStatus(error.value(), "making the folder", root_);
    return std::vector<std::string>{"folder " + root_};
  }

 private:
  static arrow::Status CheckPath(std::string_view path) {
    bool good = !path.empty() && path.find('\0') == std::string_view::npos;
    for (std::size_t start = 0; good && start <= path.size();) {
      std::size_t end = std::min(path.find('/', start), path.size());
      std::string_view part = path.substr(start, end - start);
      good = !part.empty() && part != "." && part != "..";
      start = end + 1;
    }
    if (good) return arrow::Status::OK();
    return MakeError(ErrorKind::kInternal,
                     "not a path of the store: '" + std::string(path) + "'");
  }

  arrow::Result<int> OpenToRead(const std::string& path) const {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    int descriptor = ::open(Uri(path).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) return descriptor;
    return ErrnoStatus(errno == ENOTDIR ? ENOENT : errno, "reading", Uri(path));
  }

  arrow::Status WriteSmall(const std::string& path, std::string_view bytes,
                           NameTaken name_taken) {
    ARROW_RETURN_NOT_OK(CheckPath(path));
    ARROW_ASSIGN_OR_RAISE(auto file, OutputFile::Make(posix_, root_, path, name_taken));
    ARROW_RETURN_NOT_OK(file->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
    return file->Close();
  }

  // Calls `add` for every file under the prefix: either the temporary ones or the others.
  template <typename Add>
  arrow::Status WalkPrefix(const std::string& prefix, bool temporary, const Add& add) {
    std::size_t slash = prefix.rfind('/');
    std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash);
    std::string_view rest =
        std::string_view(prefix).substr(slash == std::string::npos ? 0 : slash + 1);
    if (!folder.empty()) ARROW_RETURN_NOT_OK(CheckPath(folder));
    return WalkFolder(folder, rest, temporary, add);
  }

  template <typename Add>
  arrow::Status WalkFolder(const std::string& folder, std::string_view name_prefix,
                           bool temporary, const Add& add) {
    DIR* handle = ::opendir(Uri(folder).c_str());
    if (handle == nullptr) {
      if (errno == ENOENT || errno == ENOTDIR) return arrow::Status::OK();
      return ErrnoStatus(errno, "listing", Uri(folder));
    }
    std::vector<std::string> folders;
    arrow::Status status;
    while (status.ok()) {
      errno = 0;
      dirent* entry = ::readdir(handle);
      if (entry == nullptr) {
        if (errno != 0) status = ErrnoStatus(errno, "listing", Uri(folder));
        break;
      }
      std::string name = entry->d_name;
      if (name == "." || name == ".." || !name.starts_with(name_prefix)) continue;
      struct stat info{};
      if (::fstatat(::dirfd(handle), name.c_str(), &info, 0) != 0) {
        // What another process has deleted since is simply not there.
        if (errno == ENOENT) continue;
        status = ErrnoStatus(errno, "listing", Uri(folder) + "/" + name);
        break;
      }
      std::string path = folder.empty() ? name : folder + "/" + name;
      if (S_ISDIR(info.st_mode)) {
        folders.push_back(std::move(path));
      } else if (S_ISREG(info.st_mode) && IsTemporary(name) == temporary) {
        status = add(std::move(path), info);
      }
    }
    ::closedir(handle);
    ARROW_RETURN_NOT_OK(status);
    for (const std::string& inner : folders) {
      ARROW_RETURN_NOT_OK(WalkFolder(inner, "", temporary, add));
    }
    return arrow::Status::OK();
  }

  const std::string root_;
  Posix& posix_;
};

}  // namespace

arrow::Result<std::shared_ptr<Store>> MakeLocalStore(const std::string& path,
                                                     local::Posix& posix) {
  if (path.empty()) {
    return MakeError(ErrorKind::kConfig, "the lake's folder has an empty path");
  }
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) {
    return ErrnoStatus(error.value(), "resolving", path);
  }
  std::string root = absolute.lexically_normal().string();
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return std::make_shared<LocalStore>(std::move(root), posix);
}

}  // namespace keelboat
