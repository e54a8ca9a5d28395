#pragma once

#include <filesystem>
#include <mutex>

#include <arrow/result.h>

namespace keelboat {

/// \brief A folder of this process alone, below one where others have theirs.
///
/// Made when it is first asked for, which removes those of processes that died. Goes with
/// its owner, the one above, too, when it is empty then. Thread-safe.
class ProcessFolder {
 public:
  explicit ProcessFolder(std::filesystem::path parent) : parent_(std::move(parent)) {}
  ~ProcessFolder();
  ProcessFolder(const ProcessFolder&) = delete;
  ProcessFolder& operator=(const ProcessFolder&) = delete;

  /// The same each time. kConfig: it cannot be made.
  arrow::Result<std::filesystem::path> Path();

  /// Removes what processes that died left below `parent`, which need not exist.
  static void RemoveOfDead(const std::filesystem::path& parent);

 private:
  const std::filesystem::path parent_;
  std::mutex mutex_;
  std::filesystem::path own_;
};

}  // namespace keelboat
