#include "lake/stores/local/output_file.h"

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <random>

#include <unistd.h>

#include "keelboat/error.h"
#include "lake/stores/local/errno_status.h"

namespace keelboat::local {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
constexpr int64_t kWritebackBytes = 8 << 20;

std::string FolderOf(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string NewTemporaryName() {
  static std::atomic<uint32_t> counter{0};
  std::random_device random;
  char name[64];
  std::snprintf(name, sizeof name, "%s%d-%08x%08x-%" PRIu32, kTemporaryPrefix, ::getpid(),
                random(), random(), counter++);
  return name;
}

// Makes a folder and those above it, and sees to it that they survive a power cut.
arrow::Status MakeFolders(Posix& posix, const std::string& folder) {
  int error = posix.MakeFolder(folder);
  if (error == EEXIST) return arrow::Status::OK();
  std::string parent = FolderOf(folder);
  if (error == ENOENT && parent != folder) {
    ARROW_RETURN_NOT_OK(MakeFolders(posix, parent));
    error = posix.MakeFolder(folder);
    if (error == EEXIST) return arrow::Status::OK();
  }
  if (error != 0) return ErrnoStatus(error, "making folder", folder);
  error = posix.SyncFolder(parent);
  // Where the parent may not be read it cannot be synced; its entries are not ours alone.
  if (error != 0 && error != EACCES) return ErrnoStatus(error, "syncing folder", parent);
  return arrow::Status::OK();
}

}  // namespace

void RemoveEmptyFolders(Posix& posix, const std::string& root, const std::string& path) {
  for (std::string folder = FolderOf(path); folder.size() > root.size();
       folder = FolderOf(folder)) {
    if (posix.RemoveFolder(folder) != 0) break;
  }
}

arrow::Result<std::shared_ptr<OutputFile>> OutputFile::Make(Posix& posix,
                                                            const std::string& root,
                                                            const std::string& path,
                                                            NameTaken name_taken) {
  std::shared_ptr<OutputFile> file(new OutputFile(posix, root, path, name_taken));
  const std::string folder = FolderOf(file->path_);
  file->temporary_ = folder + "/" + NewTemporaryName();
  // Another thread may remove the folder, just emptied, between the two steps.
  constexpr int kAttempts = 20;
  int error = ENOENT;
  for (int attempt = 0; attempt < kAttempts && error == ENOENT; ++attempt) {
    if (attempt > 0) ARROW_RETURN_NOT_OK(MakeFolders(posix, folder));
    error = posix.CreateFile(file->temporary_, &file->descriptor_);
  }
  if (error != 0) {
    file->descriptor_ = -1;
    return ErrnoStatus(error, "creating", file->path_);
  }
  file->buffer_.reserve(kBufferBytes);
  return file;
}

OutputFile::~OutputFile() { (void)Abort(); }

arrow::Status OutputFile::Write(const void* data, int64_t nbytes) {
  if (closed()) return MakeError(ErrorKind::kInternal, "writing a closed file: " + path_);
  position_ += nbytes;
  const char* bytes = static_cast<const char*>(data);
  if (buffer_.size() + static_cast<std::size_t>(nbytes) <= kBufferBytes) {
    buffer_.insert(buffer_.end(), bytes, bytes + nbytes);
    return arrow::Status::OK();
  }
  ARROW_RETURN_NOT_OK(WriteOut(buffer_.data(), static_cast<int64_t>(buffer_.size())));
  buffer_.clear();
  if (static_cast<std::size_t>(nbytes) >= kBufferBytes) return WriteOut(data, nbytes);
  buffer_.insert(buffer_.end(), bytes, bytes + nbytes);
  return arrow::Status::OK();
}

arrow::Status OutputFile::WriteOut(const void* data, int64_t nbytes) {
  int error = posix_.Write(descriptor_, data, static_cast<std::size_t>(nbytes));
  if (error != 0) return ErrnoStatus(error, "writing", path_);
  written_ += nbytes;
  if (written_ - writeback_from_ >= kWritebackBytes) {
    // So that the sync at the end finds little left to do.
    posix_.StartWriteback(descriptor_, writeback_from_, written_ - writeback_from_);
    writeback_from_ = written_;
  }
  return arrow::Status::OK();
}

arrow::Status OutputFile::Close() {
  if (closed()) return arrow::Status::OK();
  arrow::Status status = WriteOut(buffer_.data(), static_cast<int64_t>(buffer_.size()));
  if (status.ok()) {
    int error = posix_.Sync(descriptor_);
    if (error != 0) status = ErrnoStatus(error, "syncing", path_);
  }
  int error = posix_.Close(descriptor_);
  descriptor_ = -1;
  if (status.ok() && error != 0) status = ErrnoStatus(error, "closing", path_);
  if (status.ok()) return Publish();
  posix_.Unlink(temporary_);
  RemoveEmptyFolders(posix_, root_, path_);
  return status;
}

arrow::Status OutputFile::Publish() {
  int error = 0;
  if (name_taken_ == NameTaken::kReplace) {
    error = posix_.Rename(temporary_, path_);
  } else {
    error = posix_.Link(temporary_, path_);
    const bool no_links =
        error == EPERM || error == ENOTSUP || error == ENOSYS || error == EMLINK;
    if (no_links) error = posix_.RenameToNew(temporary_, path_);
  }
  // After a rename the temporary name is gone already.
  posix_.Unlink(temporary_);
  if (error == EEXIST) {
    return MakeError(ErrorKind::kConflict, path_ + " exists already", {{"path", path_}});
  }
  if (error == EINVAL) {
    return MakeError(ErrorKind::kUnsupported,
                     "publishing " + path_ +
                         ": this file system has neither hard links nor a rename that "
                         "does not replace: move the lake to another one",
                     {{"path", path_}});
  }
  if (error != 0) return ErrnoStatus(error, "publishing", path_);
  error = posix_.SyncFolder(FolderOf(path_));
  if (error != 0) return ErrnoStatus(error, "syncing the folder of", path_);
  return arrow::Status::OK();
}

arrow::Status OutputFile::Abort() {
  if (closed()) return arrow::Status::OK();
  posix_.Close(descriptor_);
  descriptor_ = -1;
  int error = posix_.Unlink(temporary_);
  if (error != 0 && error != ENOENT) return ErrnoStatus(error, "deleting", temporary_);
  RemoveEmptyFolders(posix_, root_, path_);
  return arrow::Status::OK();
}

}  // namespace keelboat::local
