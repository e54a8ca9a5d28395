#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "lake/stores/local/posix.h"

namespace keelboat::local {

/// Names of files that are still being written begin so.
inline constexpr const char* kTemporaryPrefix = ".keelboat-tmp-";

/// Removes the folder of a path below `root`, and those above it, as far as they are
/// empty.
void RemoveEmptyFolders(Posix& posix, const std::string& root, const std::string& path);

/// What a finished file does when its name is taken.
enum class NameTaken { kFail, kReplace };

/// \brief A file that gets its name when it is complete and on the disk.
///
/// One thread at a time. Destroyed or aborted before `Close`, it leaves nothing.
/// `Close` that fails leaves nothing either, unless the very last step failed
/// (syncing the folder): then the file may be there, whole.
class OutputFile final : public arrow::io::OutputStream {
 public:
  /// `root` exists or is made, as are the folders between it and the file.
  static arrow::Result<std::shared_ptr<OutputFile>> Make(Posix& posix,
                                                         const std::string& root,
                                                         const std::string& path,
                                                         NameTaken name_taken);
  ~OutputFile() override;

  arrow::Status Write(const void* data, int64_t nbytes) override;
  using Writable::Write;
  arrow::Status Close() override;
  arrow::Status Abort() override;
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return descriptor_ < 0; }

 private:
  OutputFile(Posix& posix, const std::string& root, const std::string& path,
             NameTaken name_taken)
      : posix_(posix), root_(root), path_(root + "/" + path), name_taken_(name_taken) {}

  arrow::Status WriteOut(const void* data, int64_t nbytes);
  arrow::Status Publish();

  Posix& posix_;
  const std::string root_;
  const std::string path_;
  const NameTaken name_taken_;
  std::string temporary_;
  int descriptor_ = -1;
  int64_t position_ = 0;
  int64_t written_ = 0;
  int64_t writeback_from_ = 0;
  std::vector<char> buffer_;
};

}  // namespace keelboat::local
