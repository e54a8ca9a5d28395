#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <cerrno>

#include "lake/stores/local/posix.h"

namespace keelboat {

/// \brief The system with one fault: the n-th changing call fails, or the power goes
/// then.
///
/// After a power cut every call fails with EIO; `LoseUnsynced` then takes back what a
/// disk may lose: the bytes of files that were not synced, and names whose folder was
/// not.
class FaultyPosix final : public local::Posix {
 public:
  /// No fault; `calls` counts.
  FaultyPosix() = default;

  void FailAt(int call, int error) {
    fail_at_ = call;
    error_ = error;
    calls_ = 0;
  }
  void CutPowerAt(int call) {
    FailAt(call, EIO);
    power_cut_ = true;
  }
  int calls() const { return calls_; }
  bool faulted() const { return fail_at_ > 0 && calls_ >= fail_at_; }

  int CreateFile(const std::string& path, int* descriptor) override {
    return Step([&] {
      int error = Posix::CreateFile(path, descriptor);
      if (error == 0) {
        new_names_.insert(path);
        unsynced_[*descriptor] = path;
      }
      return error;
    });
  }
  int Write(int descriptor, const void* bytes, std::size_t count) override {
    return Step([&] { return Posix::Write(descriptor, bytes, count); });
  }
  int Sync(int descriptor) override {
    return Step([&] {
      unsynced_.erase(descriptor);
      return Posix::Sync(descriptor);
    });
  }
  int Close(int descriptor) override {
    // A descriptor is always closed, or the test would run out of them.
    std::lock_guard lock(mutex_);
    if (auto found = unsynced_.find(descriptor); found != unsynced_.end()) {
      lost_bytes_.insert(found->second);
      unsynced_.erase(found);
    }
    return Posix::Close(descriptor);
  }
  int Link(const std::string& from, const std::string& to) override {
    return Step([&] {
      int error = Posix::Link(from, to);
      if (error == 0) new_names_.insert(to);
      if (error == 0 && lost_bytes_.count(from) != 0) lost_bytes_.insert(to);
      return error;
    });
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Step([&] {
      int error = Posix::Rename(from, to);
      if (error == 0 && lost_bytes_.count(from) != 0) lost_bytes_.insert(to);
      return error;
    });
  }
  int Unlink(const std::string& path) override {
    return Step([&] { return Posix::Unlink(path); });
  }
  int MakeFolder(const std::string& path) override {
    return Step([&] {
      int error = Posix::MakeFolder(path);
      if (error == 0) new_names_.insert(path);
      return error;
    });
  }
  int RemoveFolder(const std::string& path) override {
    return Step([&] { return Posix::RemoveFolder(path); });
  }
  int SyncFolder(const std::string& path) override {
    return Step([&] {
      std::erase_if(new_names_, [&](const std::string& name) {
        return std::filesystem::path(name).parent_path() == path;
      });
      return Posix::SyncFolder(path);
    });
  }

  /// What is left on the disk after the power came back.
  void LoseUnsynced() {
    for (const auto& [descriptor, path] : unsynced_) lost_bytes_.insert(path);
    std::error_code ignored;
    for (const std::string& path : lost_bytes_) {
      if (std::filesystem::exists(path)) std::filesystem::resize_file(path, 0, ignored);
    }
    for (const std::string& path : new_names_) {
      std::filesystem::remove_all(path, ignored);
    }
  }

 private:
  template <typename Call>
  int Step(const Call& call) {
    std::lock_guard lock(mutex_);
    ++calls_;
    const bool fails =
        fail_at_ > 0 && (power_cut_ ? calls_ >= fail_at_ : calls_ == fail_at_);
    return fails ? error_ : call();
  }

  std::mutex mutex_;
  int calls_ = 0;
  int fail_at_ = 0;
  int error_ = 0;
  bool power_cut_ = false;
  std::map<int, std::string> unsynced_;  ///< Open files by descriptor.
  std::set<std::string> lost_bytes_;
  std::set<std::string> new_names_;  ///< Names that their folder does not hold for sure.
};

}  // namespace keelboat
