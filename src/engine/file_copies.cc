#include "engine/file_copies.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr int kAtOnce = 2;

bool IsElsewhere(const DataFile& file) {
  return file.uri.find("://") != std::string::npos;
}

// Folders are named "<process>-<number>".
bool IsOfDeadProcess(const fs::path& folder) {
  const std::string name = folder.filename().string();
  pid_t process = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), process);
  if (read.ec != std::errc() || process <= 0) return false;
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

class Copies {
 public:
  Copies(const LakeTable& table, const LakeSnapshot& snapshot, const fs::path& folder,
         std::stop_token stop)
      : table_(table), parent_(folder), stop_(std::move(stop)) {
    for (const DataFile& file : snapshot.files) files_.emplace(file.uri, file);
  }
  ~Copies() {
    std::error_code ignored;
    if (!own_.empty()) fs::remove_all(own_, ignored);
    fs::remove(parent_, ignored);  // Where it is empty.
  }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;

  arrow::Result<std::vector<LoadFile>> Fetch(std::vector<LoadFile> files) {
    ARROW_RETURN_NOT_OK(MakeFolder());
    std::vector<std::pair<const DataFile*, std::string>> wanted;
    for (LoadFile& file : files) {
      auto [at, is_new] = paths_.emplace(file.uri, "");
      if (is_new) {
        at->second = (own_ / (std::to_string(paths_.size()) + ".parquet")).string();
        const auto known = files_.find(file.uri);
        if (known == files_.end()) {
          return MakeError(ErrorKind::kInternal,
                           "the file '" + file.uri + "' is not of the version");
        }
        wanted.emplace_back(&known->second, at->second);
      }
      file.copy = at->second;
    }
    const arrow::Status status = Download(wanted);
    if (!status.ok()) paths_.clear();
    ARROW_RETURN_NOT_OK(status);
    return files;
  }

 private:
  arrow::Status MakeFolder() {
    if (!own_.empty()) return arrow::Status::OK();
    static std::atomic<int> count{0};
    std::error_code error;
    fs::create_directories(parent_, error);
    if (!error) {
      for (const fs::directory_entry& entry : fs::directory_iterator(parent_, error)) {
        std::error_code ignored;
        if (IsOfDeadProcess(entry.path())) fs::remove_all(entry.path(), ignored);
      }
    }
    const fs::path own =
        parent_ / (std::to_string(::getpid()) + "-" + std::to_string(++count));
    if (!error) fs::create_directory(own, error);
    if (error) {
      return MakeError(ErrorKind::kConfig,
                       "making the folder " + own.string() +
                           " for copies of the lake's files: " + error.message());
    }
    own_ = own;
    return arrow::Status::OK();
  }

  arrow::Status Download(
      const std::vector<std::pair<const DataFile*, std::string>>& wanted) const {
    std::mutex mutex;
    arrow::Status failed;
    std::size_t next = 0;
    auto work = [&] {
      while (true) {
        std::size_t index = 0;
        {
          const std::lock_guard lock(mutex);
          if (!failed.ok() || next == wanted.size()) return;
          index = next++;
        }
        const auto& [file, path] = wanted[index];
        const arrow::Status status = table_.Download(*file, path, stop_);
        const std::lock_guard lock(mutex);
        if (failed.ok()) failed = status;
      }
    };
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < kAtOnce && i < static_cast<int>(wanted.size()); ++i) {
        others.emplace_back(work);
      }
      work();
    }
    return AddContext(failed, "copying files of lake table " + table_.name());
  }

  const LakeTable& table_;
  const fs::path parent_;
  const std::stop_token stop_;
  std::map<std::string, DataFile> files_;
  std::map<std::string, std::string> paths_;  // Of uris that are here.
  fs::path own_;
};

}  // namespace

void FetchFiles(const LakeTable& lake_table, const LakeSnapshot& snapshot,
                const std::string& folder, const std::stop_token& stop,
                LoadRequest* request) {
  bool elsewhere = false;
  for (const DataFile& file : snapshot.files) elsewhere = elsewhere || IsElsewhere(file);
  if (!elsewhere) return;
  auto copies = std::make_shared<Copies>(lake_table, snapshot, folder, stop);
  request->fetch = [copies](const std::vector<LoadFile>& files) {
    return copies->Fetch(files);
  };
}

}  // namespace keelboat
