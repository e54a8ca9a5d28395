#include "app/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

std::string HostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string ReadAll(int descriptor) {
  std::string text(4096, '\0');
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return text;
}

/// Says who holds the lock; the holder may be about to write it.
arrow::Status Held(const fs::path& path, int descriptor) {
  const nlohmann::json who = nlohmann::json::parse(ReadAll(descriptor), nullptr, false);
  if (!who.is_object()) {
    return MakeError(ErrorKind::kUnavailable,
                     "another keelboat run holds " + path.string() +
                         ": wait for it to end and try again",
                     {{"path", path.string()}});
  }
  const auto field = [&](const char* key) {
    return who.contains(key) && who[key].is_string() ? who[key].get<std::string>() : "";
  };
  const std::string pid =
      who.contains("pid") && who["pid"].is_number() ? who["pid"].dump() : "unknown";
  return MakeError(ErrorKind::kUnavailable,
                   "another keelboat run is at work in this project: `keelboat " +
                       field("command") + "`, process " + pid + " on " + field("host") +
                       ", since " + field("started_at") + " (run " + field("run_id") +
                       "): wait for it to end, or stop it with kill -INT " + pid,
                   {{"path", path.string()},
                    {"pid", pid},
                    {"host", field("host")},
                    {"run_id", field("run_id")},
                    {"started_at", field("started_at")}});
}

arrow::Status CannotWrite(const fs::path& path, const std::string& why) {
  return MakeError(
      ErrorKind::kConfig,
      "cannot write " + path.string() + ": " + why +
          "; keelboat keeps its lock there and needs the project's folder to "
          "be writable",
      {{"path", path.string()}});
}

}  // namespace

arrow::Result<RunLock> RunLock::Acquire(const fs::path& project_dir,
                                        const LockHolder& holder) {
  const fs::path folder = project_dir / ".keelboat";
  const fs::path path = folder / "lock";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return CannotWrite(folder, error.message());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return CannotWrite(path, std::strerror(errno));
  int locked = 0;
  do {
    locked = ::flock(descriptor, LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0 && errno == EWOULDBLOCK) {
    const arrow::Status held = Held(path, descriptor);
    ::close(descriptor);
    return held;
  }
  if (locked != 0) {
    const std::string why = std::string("flock: ") + std::strerror(errno);
    ::close(descriptor);
    return CannotWrite(path, why);
  }
  RunLock lock(descriptor);
  const nlohmann::json who = {{"pid", ::getpid()},
                              {"host", HostName()},
                              {"run_id", holder.run_id},
                              {"command", holder.command},
                              {"started_at", holder.started_at}};
  // A command line may hold any bytes; they must not make writing the lock throw.
  const std::string text =
      who.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, text.data(), text.size(), 0) !=
          static_cast<ssize_t>(text.size())) {
    return CannotWrite(path, std::strerror(errno));
  }
  return lock;
}

RunLock::RunLock(RunLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  // The file stays: removing it would let a third process lock a new one beside a second
  // that waits on the old one.
  [[maybe_unused]] const int emptied = ::ftruncate(descriptor_, 0);
  ::close(descriptor_);
}

}  // namespace keelboat
