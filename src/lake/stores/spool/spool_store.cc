#include "lake/stores/spool/spool_store.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include <arrow/io/file.h>

namespace keelboat {
namespace {

namespace fs = std::filesystem;

struct Copy {
  std::string path;
  int64_t bytes = 0;
};

// The copies that are whole, and the room for more. Thread-safe.
class Copies {
 public:
  explicit Copies(SpoolOptions options)
      : options_(std::move(options)), left_(options_.most_bytes) {}

  // A path for a copy; empty: there is no place for any.
  std::string NewPath(const std::string& object) {
    const std::lock_guard lock(mutex_);
    auto folder = options_.folder();
    if (!folder.ok()) return {};
    // The object's own name stays at the end: that is what other programs show.
    return *folder + "/w" + std::to_string(++count_) + "-" +
           object.substr(object.rfind('/') + 1);
  }

  bool Take(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

  // Deletes a copy's file and gives its room back.
  void Free(const Copy& copy) {
    const std::lock_guard lock(mutex_);
    Remove(copy);
  }

  void Add(const std::string& object, Copy copy) {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] = whole_.try_emplace(object);
    if (!is_new) Remove(at->second);
    at->second = std::move(copy);
  }

  std::optional<std::string> Find(const std::string& object) const {
    const std::lock_guard lock(mutex_);
    const auto found = whole_.find(object);
    if (found == whole_.end()) return std::nullopt;
    std::error_code error;
    const auto bytes = fs::file_size(found->second.path, error);
    const bool whole = !error && static_cast<int64_t>(bytes) == found->second.bytes;
    return whole ? std::optional(found->second.path) : std::nullopt;
  }

  void Drop(const std::string& prefix) {
    const std::lock_guard lock(mutex_);
    auto at = whole_.lower_bound(prefix);
    while (at != whole_.end() && at->first.starts_with(prefix)) {
      Remove(at->second);
      at = whole_.erase(at);
    }
  }

 private:
  void Remove(const Copy& copy) {
    std::error_code ignored;
    fs::remove(copy.path, ignored);
    left_ += copy.bytes;
  }

  const SpoolOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Copy> whole_;  // By the object's path.
  int64_t left_;
  int count_ = 0;
};

// Writes to the object and, as long as that goes well, to its copy.
class SpooledStream final : public arrow::io::OutputStream {
 public:
  SpooledStream(std::shared_ptr<Copies> copies, std::string object,
                std::shared_ptr<arrow::io::OutputStream> inner)
      : copies_(std::move(copies)), object_(std::move(object)), inner_(std::move(inner)) {
    copy_.path = copies_->NewPath(object_);
    if (copy_.path.empty()) return;
    auto file = arrow::io::FileOutputStream::Open(copy_.path);
    if (file.ok()) file_ = *std::move(file);
  }
  ~SpooledStream() override { GiveUpCopy(); }

  arrow::Status Write(const void* data, int64_t nbytes) override {
    ARROW_RETURN_NOT_OK(inner_->Write(data, nbytes));
    if (file_ == nullptr) return arrow::Status::OK();
    const bool room = copies_->Take(nbytes);
    if (room) copy_.bytes += nbytes;
    if (!room || !file_->Write(data, nbytes).ok()) GiveUpCopy();
    return arrow::Status::OK();
  }
  using Writable::Write;

  arrow::Status Close() override {
    if (inner_->closed()) return inner_->Close();
    const arrow::Status status = inner_->Close();
    if (file_ == nullptr) return status;
    if (!status.ok() || !file_->Close().ok()) {
      GiveUpCopy();
      return status;
    }
    file_.reset();
    copies_->Add(object_, std::move(copy_));
    return status;
  }

  arrow::Status Abort() override {
    GiveUpCopy();
    return inner_->Abort();
  }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  bool closed() const override { return inner_->closed(); }

 private:
  void GiveUpCopy() {
    if (file_ == nullptr) return;
    (void)file_->Close();
    file_.reset();
    copies_->Free(copy_);
  }

  const std::shared_ptr<Copies> copies_;
  const std::string object_;
  const std::shared_ptr<arrow::io::OutputStream> inner_;
  Copy copy_;
  std::shared_ptr<arrow::io::FileOutputStream> file_;  // Null: no copy is kept.
};

class SpoolStore final : public Store {
 public:
  SpoolStore(std::shared_ptr<Store> inner, SpoolOptions options)
      : inner_(std::move(inner)), copies_(std::make_shared<Copies>(std::move(options))) {}

  std::string Uri(const std::string& path) const override { return inner_->Uri(path); }
  arrow::Result<std::shared_ptr<arrow::io::OutputStream>> Create(
      const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(auto stream, inner_->Create(path));
    return std::make_shared<SpooledStream>(copies_, path, std::move(stream));
  }
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path) override {
    return inner_->Open(path);
  }
  arrow::Result<std::string> Get(const std::string& path) override {
    return inner_->Get(path);
  }
  arrow::Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return inner_->PutIfAbsent(path, bytes);
  }
  arrow::Status Put(const std::string& path, std::string_view bytes) override {
    copies_->Drop(path);
    return inner_->Put(path, bytes);
  }
  arrow::Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    return inner_->List(prefix);
  }
  arrow::Status Delete(const std::string& path) override {
    copies_->Drop(path);
    return inner_->Delete(path);
  }
  arrow::Result<int64_t> DeleteUnfinished(const std::string& prefix,
                                          SystemTime before) override {
    return inner_->DeleteUnfinished(prefix, before);
  }
  arrow::Result<std::vector<std::string>> Setup(bool dry_run) override {
    return inner_->Setup(dry_run);
  }
  std::optional<std::string> LocalCopy(const std::string& path) override {
    return copies_->Find(path);
  }
  void DropLocalCopies(const std::string& prefix) override { copies_->Drop(prefix); }
  arrow::Result<std::string> Describe() override { return inner_->Describe(); }

 private:
  const std::shared_ptr<Store> inner_;
  const std::shared_ptr<Copies> copies_;
};

}  // namespace

std::shared_ptr<Store> MakeSpoolStore(std::shared_ptr<Store> inner,
                                      SpoolOptions options) {
  return std::make_shared<SpoolStore>(std::move(inner), std::move(options));
}

}  // namespace keelboat
