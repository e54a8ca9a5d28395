#include "endings.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace keelboat::python {
namespace {

namespace nb = nanobind;

// What is under way answers a stop request within two seconds; nobody waits for longer.
constexpr std::chrono::seconds kPatience{5};

struct Entry {
  Ending::Kind kind;
  pid_t process;
  std::function<void()> end;
};

struct Registry {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<const Ending*, Entry> entries;
  int returning = 0;                        // Threads on their way back into Python.
  std::optional<std::thread::id> ended_by;  // The one that takes the interpreter down.
};

// Never taken down: a thread may still come after the interpreter has gone.
Registry*& Current() {
  static auto* current = new Registry;
  return current;
}

void EndAll() {
  Registry& registry = *Current();
  std::vector<std::function<void()>> ends;
  {
    const std::lock_guard lock(registry.mutex);
    for (const auto& [_, entry] : registry.entries) {
      if (entry.process == getpid()) ends.push_back(entry.end);
    }
  }
  for (const auto& end : ends) end();
}

// Calls under way are back in Python when this returns, as far as they answer in time,
// and nobody comes any more.
void AwaitCalls() {
  Registry& registry = *Current();
  std::unique_lock lock(registry.mutex);
  registry.changed.wait_for(lock, kPatience, [&] {
    return std::ranges::none_of(registry.entries, [](const auto& entry) {
      return entry.second.kind == Ending::Kind::kCall && entry.second.process == getpid();
    });
  });
  registry.ended_by = std::this_thread::get_id();
  registry.changed.wait(lock, [&] { return registry.returning == 0; });
}

// Without the interpreter's lock: whoever is too late waits for ever.
void Return() {
  Registry& registry = *Current();
  std::unique_lock lock(registry.mutex);
  if (registry.ended_by.value_or(std::this_thread::get_id()) !=
      std::this_thread::get_id()) {
    registry.changed.wait(lock, [] { return false; });
  }
  ++registry.returning;
}

void Returned() {
  Registry& registry = *Current();
  const std::lock_guard lock(registry.mutex);
  --registry.returning;
  registry.changed.notify_all();
}

}  // namespace

Ending::Ending(Kind kind, std::function<void()> end) {
  Registry& registry = *Current();
  std::unique_lock lock(registry.mutex);
  if (!registry.ended_by.has_value()) {
    registry.entries[this] = {kind, process_, std::move(end)};
    return;
  }
  lock.unlock();
  end();
}

Ending::~Ending() {
  if (getpid() != process_) return;
  Registry& registry = *Current();
  const std::lock_guard lock(registry.mutex);
  registry.entries.erase(this);
  registry.changed.notify_all();
}

Unlocked::~Unlocked() {
  Return();
  PyEval_RestoreThread(thread_);
  Returned();
}

Returning::Returning() {
  PyThreadState* thread = PyEval_SaveThread();
  Return();
  PyEval_RestoreThread(thread);
}

Returning::~Returning() { Returned(); }

void RegisterEndings(nb::module_& module) {
  module.def("_end", [] {
    const nb::gil_scoped_release release;
    EndAll();
    AwaitCalls();
  });
  // Its lock may have been held by a thread that the child does not have.
  module.def("_forget", [] { Current() = new Registry; });
}

}  // namespace keelboat::python
