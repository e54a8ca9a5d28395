// Preloaded into the program: kill -9, or a stop, at the moment when a file gets its
// name.
//
// KEELBOAT_TEST_DIE_AT is "before TEXT" or "after TEXT": the process dies immediately
// before or after the first link(2) to a path that contains TEXT. The local lake gives
// every file its name so, data files and commits alike. With KEELBOAT_TEST_STOP_AT the
// process stops there (SIGSTOP) and goes on with SIGCONT.

#include <dlfcn.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

bool IsChosen(const char* variable, const char* when, const char* path) {
  const char* wanted = std::getenv(variable);
  const std::size_t length = std::strlen(when);
  return wanted != nullptr && std::strncmp(wanted, when, length) == 0 &&
         std::strstr(path, wanted + length) != nullptr;
}

void ComeTo(const char* when, const char* path) {
  if (IsChosen("KEELBOAT_TEST_DIE_AT", when, path)) std::raise(SIGKILL);
  if (IsChosen("KEELBOAT_TEST_STOP_AT", when, path)) ::kill(::getpid(), SIGSTOP);
}

}  // namespace

extern "C" int link(const char* from, const char* to) noexcept {
  using Link = int (*)(const char*, const char*);
  static const auto next = reinterpret_cast<Link>(dlsym(RTLD_NEXT, "link"));
  ComeTo("before ", to);
  const int result = next(from, to);
  ComeTo("after ", to);
  return result;
}
