// Preloaded into the program: kill -9 at the moment when a file gets its name.
//
// KEELBOAT_TEST_DIE_AT is "before TEXT" or "after TEXT": the process dies immediately
// before or after the first link(2) to a path that contains TEXT. The local lake gives
// every file its name so, data files and commits alike.

#include <dlfcn.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

bool IsChosen(const char* when, const char* path) {
  const char* wanted = std::getenv("KEELBOAT_TEST_DIE_AT");
  const std::size_t length = std::strlen(when);
  return wanted != nullptr && std::strncmp(wanted, when, length) == 0 &&
         std::strstr(path, wanted + length) != nullptr;
}

}  // namespace

extern "C" int link(const char* from, const char* to) noexcept {
  using Link = int (*)(const char*, const char*);
  static const auto next = reinterpret_cast<Link>(dlsym(RTLD_NEXT, "link"));
  if (IsChosen("before ", to)) std::raise(SIGKILL);
  const int result = next(from, to);
  if (IsChosen("after ", to)) std::raise(SIGKILL);
  return result;
}
