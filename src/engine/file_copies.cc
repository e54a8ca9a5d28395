#include "engine/file_copies.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/process_folder.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr int kAtOnce = 2;

bool IsElsewhere(const DataFile& file) {
  return file.uri.find("://") != std::string::npos;
}

class Copies {
 public:
  Copies(const LakeTable& table, const LakeSnapshot& snapshot, const fs::path& folder,
         std::stop_token stop)
      : table_(table), folder_(folder), stop_(std::move(stop)) {
    for (const DataFile& file : snapshot.files) files_.emplace(file.uri, file);
  }

  arrow::Result<std::vector<LoadFile>> Fetch(std::vector<LoadFile> files) {
    std::vector<std::pair<const DataFile*, std::string>> wanted;
    for (LoadFile& file : files) {
      auto [at, is_new] = paths_.emplace(file.uri, "");
      if (is_new) {
        const auto known = files_.find(file.uri);
        if (known == files_.end()) {
          return MakeError(ErrorKind::kInternal,
                           "the file '" + file.uri + "' is not of the version");
        }
        // What this process wrote itself may still be here.
        if (auto copy = table_.LocalCopy(known->second)) {
          at->second = *std::move(copy);
        } else {
          const auto own = folder_.Path();
          if (!own.ok()) {
            paths_.clear();
            return own.status();
          }
          // The file's own name stays at the end: that is what other programs show.
          const std::string name = file.uri.substr(file.uri.rfind('/') + 1);
          at->second = *own / (std::to_string(paths_.size()) + "-" + name);
          wanted.emplace_back(&known->second, at->second);
        }
      }
      file.copy = at->second;
    }
    const arrow::Status status = Download(wanted);
    if (!status.ok()) paths_.clear();
    ARROW_RETURN_NOT_OK(status);
    return files;
  }

 private:
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
  ProcessFolder folder_;
  const std::stop_token stop_;
  std::map<std::string, DataFile> files_;
  std::map<std::string, std::string> paths_;  // Of uris that are here.
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
