#include "sources/metabase/export_window.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

constexpr std::size_t kLongestRow = std::size_t{1} << 30;
constexpr std::size_t kLongestRest = std::size_t{4} << 20;

}  // namespace

// simdjson's first stage alone: the second would build what is taken apart here anyway.
class ExportWindow::Index {
 public:
  simdjson::error_code Find(const char* text, std::size_t size) {
    if (size > capacity_) {
      capacity_ = std::max(size, capacity_ * 2);
      constexpr std::size_t kDepth = 16;
      auto error =
          simdjson::get_active_implementation()->create_dom_parser_implementation(
              capacity_, kDepth, parser_);
      if (error != simdjson::SUCCESS) return error;
    }
    return parser_->stage1(reinterpret_cast<const uint8_t*>(text), size,
                           simdjson::stage1_mode::regular);
  }
  const uint32_t* places() const { return parser_->structural_indexes.get(); }
  std::size_t count() const { return parser_->n_structural_indexes; }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  std::size_t capacity_ = 0;
};

arrow::Status CutShort(int64_t bytes) {
  return MakeError(ErrorKind::kUnavailable, "the export ended early, after " +
                                                std::to_string(bytes) +
                                                " bytes and without its closing bracket");
}

ExportWindow::ExportWindow(std::unique_ptr<ByteStream> stream, std::size_t window_bytes,
                           std::unique_ptr<Index> index)
    : stream_(std::move(stream)),
      window_bytes_(window_bytes),
      index_(std::move(index)),
      buffer_(window_bytes + simdjson::SIMDJSON_PADDING, '\0') {}

ExportWindow::~ExportWindow() = default;

arrow::Result<std::unique_ptr<ExportWindow>> ExportWindow::Make(
    std::unique_ptr<ByteStream> stream, int64_t window_bytes) {
  return std::unique_ptr<ExportWindow>(
      new ExportWindow(std::move(stream), static_cast<std::size_t>(window_bytes),
                       std::make_unique<Index>()));
}

arrow::Status ExportWindow::Fill() {
  // The lines that were read go.
  std::memmove(buffer_.data(), buffer_.data() + begin_ + size_, filled_ - begin_ - size_);
  offset_ += static_cast<int64_t>(size_);
  filled_ -= begin_ + size_;
  begin_ = size_ = 0;
  std::size_t want = window_bytes_;
  while (true) {
    if (buffer_.size() < want + simdjson::SIMDJSON_PADDING) {
      buffer_.resize(want + simdjson::SIMDJSON_PADDING);
    }
    while (!ended_ && filled_ < want) {
      ARROW_ASSIGN_OR_RAISE(
          int64_t read,
          stream_->Read(buffer_.data() + filled_, static_cast<int64_t>(want - filled_)));
      filled_ += static_cast<std::size_t>(read);
      ended_ = read == 0;
    }
    const void* line_break = memrchr(buffer_.data(), '\n', filled_);
    if (line_break != nullptr) {
      size_ = static_cast<std::size_t>(static_cast<const char*>(line_break) -
                                       buffer_.data()) +
              1;
      return arrow::Status::OK();
    }
    if (ended_) {
      size_ = filled_;
      return arrow::Status::OK();
    }
    if (want >= kLongestRow) {
      return MakeError(ErrorKind::kData, "a row of the export is longer than 1 GiB");
    }
    want *= 2;
  }
}

arrow::Result<bool> ExportWindow::Advance() {
  ARROW_RETURN_NOT_OK(Fill());
  count_ = 0;
  if (size_ == 0) return false;
  auto error = index_->Find(text(), size_);
  if (error == simdjson::EMPTY) return true;  // Blanks only.
  if (error == simdjson::UNCLOSED_STRING && is_last()) {
    return CutShort(offset_ + static_cast<int64_t>(size_));
  }
  if (error == simdjson::MEMALLOC) {
    return arrow::Status::OutOfMemory("indexing a row of the export");
  }
  if (error == simdjson::UTF8_ERROR) {
    return MakeError(ErrorKind::kData,
                     "the export holds bytes that are no UTF-8, after " +
                         std::to_string(offset_) + " bytes");
  }
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorKind::kData, std::string("the export is no JSON, after ") +
                                           std::to_string(offset_) +
                                           " bytes: " + simdjson::error_message(error));
  }
  places_ = index_->places();
  count_ = index_->count();
  return true;
}

std::string ExportWindow::Rest(std::size_t at) {
  std::string rest(buffer_, begin_ + at, filled_ - begin_ - at);
  while (!ended_ && rest.size() < kLongestRest) {
    char block[4096];
    auto read = stream_->Read(block, sizeof(block));
    if (!read.ok() || *read == 0) break;
    rest.append(block, static_cast<std::size_t>(*read));
  }
  return rest;
}

}  // namespace keelboat::metabase
