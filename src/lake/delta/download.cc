#include <cstdio>
#include <future>
#include <string>

#include <arrow/buffer.h>
#include <arrow/io/file.h>

#include "core/stop.h"
#include "keelboat/error.h"
#include "lake/delta/hashing_stream.h"
#include "lake/delta/table.h"

namespace keelboat::delta {
namespace {

constexpr int64_t kPieceBytes = int64_t{8} << 20;

arrow::Status DownloadTo(arrow::io::RandomAccessFile& from, const DataFile& file,
                         const std::string& path, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto target, arrow::io::FileOutputStream::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto hashing, HashingStream::Make(target));
  int64_t bytes = 0;
  // The next piece comes while this one is hashed and written.
  auto read = [&from] { return from.Read(kPieceBytes); };
  auto next = std::async(std::launch::async, read);
  while (true) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    ARROW_ASSIGN_OR_RAISE(auto piece, next.get());
    if (piece->size() == 0) break;
    next = std::async(std::launch::async, read);
    bytes += piece->size();
    ARROW_RETURN_NOT_OK(hashing->Write(piece->data(), piece->size()));
  }
  ARROW_RETURN_NOT_OK(target->Close());
  ARROW_ASSIGN_OR_RAISE(std::string checksum, hashing->Checksum());
  // Files of other programs have no checksum.
  const bool same = file.checksum.empty() || checksum == file.checksum;
  if (bytes == file.bytes && same) return arrow::Status::OK();
  return MakeError(ErrorKind::kData,
                   "the lake's file '" + file.uri +
                       "' is not the one that was committed: look at it with `keelboat "
                       "verify`, or extract the table anew",
                   {{"file", file.uri}});
}

}  // namespace

arrow::Status DeltaTable::Download(const DataFile& file, const std::string& path,
                                   const std::stop_token& stop) const {
  auto from = store_->Open(PathOf(file.path));
  if (!from.ok() && KindOf(from.status()) == ErrorKind::kNotFound) {
    return MakeError(ErrorKind::kNotFound,
                     "the lake's file '" + file.uri +
                         "' is not there: put it back, or extract the table anew",
                     {{"file", file.uri}});
  }
  ARROW_RETURN_NOT_OK(from.status());
  const arrow::Status status = DownloadTo(**from, file, path, stop);
  if (!status.ok()) (void)std::remove(path.c_str());
  return status;
}

}  // namespace keelboat::delta
