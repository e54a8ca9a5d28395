#include "endings.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
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

// Calls under way are back in Python when this returns, so that no thread of theirs meets
// an interpreter that has gone.
void AwaitCalls() {
  Registry& registry = *Current();
  std::unique_lock lock(registry.mutex);
  registry.changed.wait_for(lock, kPatience, [&] {
    return std::ranges::none_of(registry.entries, [](const auto& entry) {
      return entry.second.kind == Ending::Kind::kCall && entry.second.process == getpid();
    });
  });
}

}  // namespace

Ending::Ending(Kind kind, std::function<void()> end) {
  Registry& registry = *Current();
  const std::lock_guard lock(registry.mutex);
  registry.entries[this] = {kind, process_, std::move(end)};
}

Ending::~Ending() {
  if (getpid() != process_) return;
  Registry& registry = *Current();
  const std::lock_guard lock(registry.mutex);
  registry.entries.erase(this);
  registry.changed.notify_all();
}

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
