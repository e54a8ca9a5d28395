#include "lake/stores/local/errno_status.h"

#include <cerrno>
#include <string_view>
#include <system_error>

#include "keelboat/error.h"

namespace keelboat::local {
namespace {

struct Meaning {
  int error;
  const char* name;
  ErrorKind kind;
  const char* message;
};

constexpr Meaning kMeanings[] = {
    {ENOSPC, "ENOSPC", ErrorKind::kUnavailable,
     "the disk is full: free some space or move the lake to a larger disk"},
    {EDQUOT, "EDQUOT", ErrorKind::kUnavailable,
     "the disk quota is used up: free some space or raise the quota"},
    {EFBIG, "EFBIG", ErrorKind::kUnavailable,
     "the file is larger than the file system or the process's limit allows: raise "
     "`ulimit -f`"},
    {EACCES, "EACCES", ErrorKind::kDenied,
     "permission denied: give this user the right to read and write the folder"},
    {EPERM, "EPERM", ErrorKind::kDenied,
     "operation not permitted: give this user the right to write the folder"},
    {EROFS, "EROFS", ErrorKind::kDenied,
     "the file system is read-only: mount it for writing or move the lake"},
    {ENOENT, "ENOENT", ErrorKind::kNotFound, "there is no such file or folder"},
    {ENOTDIR, "ENOTDIR", ErrorKind::kConfig,
     "a part of the path is a file where a folder is needed: choose another folder"},
    {EISDIR, "EISDIR", ErrorKind::kConfig,
     "there is a folder where a file is needed: move it away"},
    {ENAMETOOLONG, "ENAMETOOLONG", ErrorKind::kConfig,
     "the name is too long for this file system"},
    {ELOOP, "ELOOP", ErrorKind::kConfig, "the path has a loop of symbolic links"},
    {EMFILE, "EMFILE", ErrorKind::kUnavailable,
     "too many open files in this process: raise `ulimit -n`"},
    {ENFILE, "ENFILE", ErrorKind::kUnavailable, "too many open files on this machine"},
    {EIO, "EIO", ErrorKind::kUnavailable,
     "the disk reported an input/output error: look at the system's log"},
};

}  // namespace

arrow::Status ErrnoStatus(int error, const std::string& doing, const std::string& path) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.error != error) continue;
    return MakeError(meaning.kind, doing + " " + path + ": " + meaning.message,
                     {{"errno", meaning.name}, {"path", path}});
  }
  return MakeError(ErrorKind::kUnavailable,
                   doing + " " + path + ": " + std::generic_category().message(error),
                   {{"errno", std::to_string(error)}, {"path", path}});
}

}  // namespace keelboat::local
