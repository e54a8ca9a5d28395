#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace keelboat::local {

/// \brief The system calls that change a folder; tests put faults in their place.
///
/// Every call returns 0 or an errno. Thread-safe. The base class is the system's own.
class Posix {
 public:
  virtual ~Posix() = default;

  /// Creates a file that must not exist and opens it for writing.
  virtual int CreateFile(const std::string& path, int* descriptor);
  /// Writes all of the bytes, or fails.
  virtual int Write(int descriptor, const void* bytes, std::size_t count);
  /// Asks the kernel to begin writing a range to the disk; a hint, never fails.
  virtual void StartWriteback(int descriptor, int64_t offset, int64_t count);
  /// Waits until the file's bytes are on the disk.
  virtual int Sync(int descriptor);
  virtual int Close(int descriptor);
  /// Gives a file a second name; EEXIST when that name is taken.
  virtual int Link(const std::string& from, const std::string& to);
  /// Renames unless the new name is taken: EEXIST.
  virtual int RenameToNew(const std::string& from, const std::string& to);
  /// Renames over whatever had the new name.
  virtual int Rename(const std::string& from, const std::string& to);
  virtual int Unlink(const std::string& path);
  virtual int MakeFolder(const std::string& path);
  /// Removes an empty folder.
  virtual int RemoveFolder(const std::string& path);
  /// Waits until the folder's entries are on the disk.
  virtual int SyncFolder(const std::string& path);

  /// The machine's own; lives for the whole process.
  static Posix& System();
};

}  // namespace keelboat::local
