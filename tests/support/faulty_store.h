#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>

#include "keelboat/error.h"
#include "lake/store.h"

namespace keelboat {

/// \brief Another store, one of whose calls fails.
///
/// Counts every call, also the first writes to a stream and its close. One thread at a
/// time.
class FaultyStore final : public Store {
 public:
  enum class Fault {
    kBefore,    ///< The call fails and did nothing.
    kAfter,     ///< The call did its work, and says that it failed.
    kFromHere,  ///< This call and all after it fail: the connection is gone.
  };

  explicit FaultyStore(std::shared_ptr<Store> inner) : inner_(std::move(inner)) {}

  void FailAt(int call, Fault fault) {
    fail_at_ = call;
    fault_ = fault;
    calls_ = 0;
  }
  void Heal() { FailAt(0, Fault::kBefore); }
  int calls() const { return calls_; }

  std::string Uri(const std::string& path) const override { return inner_->Uri(path); }
  arrow::Result<std::shared_ptr<arrow::io::OutputStream>> Create(
      const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(auto stream,
                          Step("creating " + path, [&] { return inner_->Create(path); }));
    return std::make_shared<Stream>(this, path, std::move(stream));
  }
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path) override {
    return Step("opening " + path, [&] { return inner_->Open(path); });
  }
  arrow::Result<std::string> Get(const std::string& path) override {
    return Step("getting " + path, [&] { return inner_->Get(path); });
  }
  arrow::Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return Step("putting " + path, [&] { return inner_->PutIfAbsent(path, bytes); });
  }
  arrow::Status Put(const std::string& path, std::string_view bytes) override {
    return Step("putting " + path, [&] { return inner_->Put(path, bytes); });
  }
  arrow::Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    return Step("listing " + prefix, [&] { return inner_->List(prefix); });
  }
  arrow::Status Delete(const std::string& path) override {
    return Step("deleting " + path, [&] { return inner_->Delete(path); });
  }
  arrow::Result<int64_t> DeleteUnfinished(const std::string& prefix,
                                          SystemTime before) override {
    return Step("deleting unfinished",
                [&] { return inner_->DeleteUnfinished(prefix, before); });
  }
  arrow::Result<std::vector<std::string>> Setup(bool dry_run) override {
    return Step("setting up", [&] { return inner_->Setup(dry_run); });
  }

 private:
  class Stream final : public arrow::io::OutputStream {
   public:
    Stream(FaultyStore* store, std::string path,
           std::shared_ptr<arrow::io::OutputStream> inner)
        : store_(store), path_(std::move(path)), inner_(std::move(inner)) {}
    arrow::Status Write(const void* data, int64_t nbytes) override {
      auto write = [&] { return inner_->Write(data, nbytes); };
      return ++writes_ > kFaultyWrites ? write()
                                       : store_->Step("writing " + path_, write);
    }
    using Writable::Write;
    arrow::Status Close() override {
      return store_->Step("closing " + path_, [&] { return inner_->Close(); });
    }
    arrow::Status Abort() override { return inner_->Abort(); }
    arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
    bool closed() const override { return inner_->closed(); }

   private:
    // Those after the first few are like them.
    static constexpr int kFaultyWrites = 3;
    int writes_ = 0;
    FaultyStore* const store_;
    const std::string path_;
    const std::shared_ptr<arrow::io::OutputStream> inner_;
  };

  template <typename Call>
  auto Step(const std::string& what, const Call& call) -> decltype(call()) {
    ++calls_;
    const arrow::Status fault =
        MakeError(ErrorKind::kUnavailable, what + ": the store does not answer");
    if (fail_at_ == 0 || calls_ < fail_at_) return call();
    if (fault_ == Fault::kFromHere) return fault;
    if (calls_ > fail_at_) return call();
    if (fault_ == Fault::kAfter) (void)call();
    return fault;
  }

  const std::shared_ptr<Store> inner_;
  int calls_ = 0;
  int fail_at_ = 0;
  Fault fault_ = Fault::kBefore;
};

}  // namespace keelboat
