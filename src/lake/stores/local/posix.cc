#include "lake/stores/local/posix.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keelboat::local {
namespace {

int SyncDescriptor(int descriptor) {
  int result = 0;
  do {
    result = ::fsync(descriptor);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

int Posix::CreateFile(const std::string& path, int* descriptor) {
  *descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  return *descriptor < 0 ? errno : 0;
}

int Posix::Write(int descriptor, const void* bytes, std::size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    ssize_t written = ::write(descriptor, next, count);
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    next += written;
    count -= static_cast<std::size_t>(written);
  }
  return 0;
}

void Posix::StartWriteback(int descriptor, int64_t offset, int64_t count) {
  ::sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int Posix::Sync(int descriptor) { return SyncDescriptor(descriptor); }

int Posix::Close(int descriptor) { return ::close(descriptor) == 0 ? 0 : errno; }

int Posix::Link(const std::string& from, const std::string& to) {
  return ::link(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

int Posix::RenameToNew(const std::string& from, const std::string& to) {
  int result =
      ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  return result == 0 ? 0 : errno;
}

int Posix::Rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

int Posix::Unlink(const std::string& path) {
  return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

int Posix::MakeFolder(const std::string& path) {
  return ::mkdir(path.c_str(), 0777) == 0 ? 0 : errno;
}

int Posix::RemoveFolder(const std::string& path) {
  return ::rmdir(path.c_str()) == 0 ? 0 : errno;
}

int Posix::SyncFolder(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  int error = SyncDescriptor(descriptor);
  ::close(descriptor);
  // Some network file systems cannot sync a folder; they order the entries themselves.
  return error == EINVAL || error == ENOTSUP ? 0 : error;
}

Posix& Posix::System() {
  static Posix system;
  return system;
}

}  // namespace keelboat::local
