#include "engine/process_folder.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <system_error>

#include <unistd.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

// Folders are named "<process>-<number>".
bool IsOfDeadProcess(const fs::path& folder) {
  const std::string name = folder.filename().string();
  pid_t process = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), process);
  if (read.ec != std::errc() || process <= 0) return false;
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

}  // namespace

ProcessFolder::~ProcessFolder() {
  std::error_code ignored;
  if (!own_.empty()) fs::remove_all(own_, ignored);
  fs::remove(parent_, ignored);  // Where it is empty.
}

void ProcessFolder::RemoveOfDead(const fs::path& parent) {
  std::error_code error;
  fs::directory_iterator entries(parent, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (IsOfDeadProcess(entries->path())) fs::remove_all(entries->path(), ignored);
  }
}

arrow::Result<fs::path> ProcessFolder::Path() {
  const std::lock_guard lock(mutex_);
  if (!own_.empty()) return own_;
  static std::atomic<int> count{0};
  std::error_code error;
  fs::create_directories(parent_, error);
  if (!error) RemoveOfDead(parent_);
  const fs::path own =
      parent_ / (std::to_string(::getpid()) + "-" + std::to_string(++count));
  if (!error) fs::create_directory(own, error);
  if (error) {
    return MakeError(ErrorKind::kConfig,
                     "making the folder " + own.string() +
                         " for copies of the lake's files: " + error.message());
  }
  own_ = own;
  return own_;
}

}  // namespace keelboat
