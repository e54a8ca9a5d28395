#include "app/fetch_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "app/descriptor_stream.h"
#include "core/stop.h"
#include "formats/csv/csv_writer.h"
#include "formats/ipc/ipc_writer.h"
#include "formats/json/json_lines_writer.h"
#include "formats/parquet/row_writer.h"
#include "keelboat/error.h"
#include "lake/stores/local/output_file.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStandardOutput = "-";

arrow::Result<std::unique_ptr<RowWriter>> MakeWriter(
    OutputFormat format, bool is_file, const std::shared_ptr<arrow::Schema>& schema,
    std::shared_ptr<arrow::io::OutputStream> stream) {
  switch (format) {
    case OutputFormat::kParquet:
      return MakeParquetRowWriter(schema, std::move(stream));
    case OutputFormat::kCsv:
      return MakeCsvWriter(*schema, std::move(stream));
    case OutputFormat::kArrow:
      return MakeIpcWriter(schema, is_file ? IpcShape::kFile : IpcShape::kStream,
                           std::move(stream));
    case OutputFormat::kJson:
      break;
  }
  return MakeJsonLinesWriter(*schema, std::move(stream));
}

// A file that has no name and is gone with its descriptor.
arrow::Result<int> NamelessFile() {
  std::error_code error;
  std::string path = (fs::temp_directory_path(error) / "keelboat-XXXXXX").string();
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return MakeError(ErrorKind::kInternal,
                     "making a temporary file: " + std::string(std::strerror(errno)));
  }
  unlink(path.c_str());
  return descriptor;
}

}  // namespace

std::optional<OutputFormat> FormatOfName(const fs::path& file) {
  const std::string name = file.extension().string();
  const auto is_one_of = [&](std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is_one_of({".parquet", ".pq"})) return OutputFormat::kParquet;
  if (is_one_of({".csv"})) return OutputFormat::kCsv;
  if (is_one_of({".arrow", ".arrows", ".feather", ".ipc"})) return OutputFormat::kArrow;
  if (is_one_of({".json", ".jsonl", ".ndjson"})) return OutputFormat::kJson;
  return std::nullopt;
}

arrow::Status FetchOutput::OpenStream(const std::string& place, bool spool,
                                      const std::stop_token& stop) {
  if (place == kStandardOutput) {
    stream_ = std::make_shared<DescriptorStream>(STDOUT_FILENO, "standard output", stop);
    if (!spool) return arrow::Status::OK();
    behind_spool_ = std::move(stream_);
    ARROW_ASSIGN_OR_RAISE(descriptor_, NamelessFile());
    stream_ = std::make_shared<DescriptorStream>(descriptor_, "a temporary file", stop);
    return arrow::Status::OK();
  }
  std::error_code error;
  // A link stays one: what it points to is replaced.
  fs::path path = fs::absolute(place, error);
  const fs::path resolved = fs::weakly_canonical(path, error);
  if (!error) path = resolved;
  if (fs::is_directory(path, error)) {
    return MakeError(ErrorKind::kConfig, place + " is a folder: name a file in it");
  }
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    descriptor_ = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) {
      return MakeError(ErrorKind::kConfig,
                       "opening " + place + ": " + std::strerror(errno));
    }
    stream_ = std::make_shared<DescriptorStream>(descriptor_, place, stop);
    return arrow::Status::OK();
  }
  const fs::path folder = path.parent_path();
  if (!fs::is_directory(folder, error)) {
    return MakeError(ErrorKind::kConfig,
                     "there is no folder " + folder.string() + " to write to");
  }
  is_file_ = true;
  ARROW_ASSIGN_OR_RAISE(
      stream_,
      local::OutputFile::Make(local::Posix::System(), folder.string(),
                              path.filename().string(), local::NameTaken::kReplace));
  return arrow::Status::OK();
}

arrow::Result<std::unique_ptr<FetchOutput>> FetchOutput::Open(
    const std::string& place, OutputFormat format, bool spool,
    const std::shared_ptr<arrow::Schema>& schema, const std::stop_token& stop) {
  std::unique_ptr<FetchOutput> output(new FetchOutput());
  ARROW_RETURN_NOT_OK(output->OpenStream(place, spool, stop));
  ARROW_ASSIGN_OR_RAISE(output->writer_,
                        MakeWriter(format, output->is_file_, schema, output->stream_));
  return output;
}

FetchOutput::~FetchOutput() {
  writer_.reset();
  // A file without `Finish` goes away; of a stream what is buffered is not worth a wait.
  if (is_file_ && stream_ != nullptr) (void)stream_->Abort();
  if (descriptor_ >= 0) close(descriptor_);
}

arrow::Result<int64_t> FetchOutput::Finish() {
  ARROW_RETURN_NOT_OK(writer_->Finish());
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, stream_->Tell());
  ARROW_RETURN_NOT_OK(stream_->Close());
  if (behind_spool_ == nullptr) return bytes;
  std::vector<char> buffer(std::size_t{1} << 20);
  if (lseek(descriptor_, 0, SEEK_SET) != 0) {
    return MakeError(ErrorKind::kInternal, "reading a temporary file again");
  }
  while (true) {
    const ssize_t count = read(descriptor_, buffer.data(), buffer.size());
    if (count < 0) {
      return MakeError(ErrorKind::kInternal,
                       "reading a temporary file: " + std::string(std::strerror(errno)));
    }
    if (count == 0) break;
    ARROW_RETURN_NOT_OK(behind_spool_->Write(buffer.data(), count));
  }
  ARROW_RETURN_NOT_OK(behind_spool_->Close());
  return bytes;
}

}  // namespace keelboat
