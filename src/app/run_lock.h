#pragma once

#include <filesystem>
#include <string>

#include <arrow/result.h>

namespace keelboat {

/// Who holds a project's lock, written into it for the next one to read.
struct LockHolder {
  std::string run_id;
  std::string command;     ///< "run", "extract orders" …
  std::string started_at;  ///< RFC 3339.
};

/// \brief At most one writing command at a time in a project: `<project>/.keelboat/lock`.
///
/// Held while the object lives. The operating system lets go of it when the process
/// ends in whatever way, so there are no stale locks; the file itself stays. Children
/// that exec do not inherit it. Move-only.
class RunLock {
 public:
  /// \brief Takes the lock or says who has it; never waits.
  ///
  /// kUnavailable (details "pid", "host", "run_id") when another process holds it;
  /// kConfig when the folder cannot be written to.
  static arrow::Result<RunLock> Acquire(const std::filesystem::path& project_dir,
                                        const LockHolder& holder);

  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&& other) noexcept;
  ~RunLock();

 private:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace keelboat
