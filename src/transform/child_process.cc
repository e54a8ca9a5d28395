#include "transform/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "keelboat/error.h"
#include "transform/descriptor.h"

extern char** environ;

namespace keelboat::transform {
namespace {

constexpr auto kPollPause = std::chrono::milliseconds(10);

/// Everything that the child needs between fork and exec, made before the fork: after it
/// only async-signal-safe calls are allowed.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<std::string> environment_text;
};

Prepared Prepare(const ChildOptions& options) {
  Prepared prepared;
  for (const std::string& argument : options.arguments) {
    prepared.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  prepared.arguments.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string name(*entry, std::strcspn(*entry, "="));
    if (!options.environment.contains(name))
      prepared.environment_text.emplace_back(*entry);
  }
  for (const auto& [name, value] : options.environment) {
    prepared.environment_text.push_back(name + "=" + value);
  }
  for (std::string& entry : prepared.environment_text) {
    prepared.environment.push_back(entry.data());
  }
  prepared.environment.push_back(nullptr);
  return prepared;
}

void ResetSignals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD}) {
    sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Puts the wanted descriptors at 0, 1, …; first out of each other's way.
bool PlaceDescriptors(std::vector<int>& moved) {
  const int count = static_cast<int>(moved.size());
  for (int& from : moved) {
    if (from < 0) continue;
    from = fcntl(from, F_DUPFD_CLOEXEC, count + 10);
    if (from < 0) return false;
  }
  for (int to = 0; to < count; ++to) {
    if (moved[to] >= 0 && dup2(moved[to], to) < 0) return false;
  }
  return true;
}

[[noreturn]] void RunChild(const ChildOptions& options, Prepared& prepared,
                           std::vector<int>& moved, int failure_pipe, pid_t parent) {
  failure_pipe = fcntl(failure_pipe, F_DUPFD_CLOEXEC, 100);
  ResetSignals();
  if (options.own_group) setpgid(0, 0);
  if (options.die_with_thread) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);  // it died before we asked
  }
  bool ready = options.working_dir.empty() || chdir(options.working_dir.c_str()) == 0;
  if (ready && PlaceDescriptors(moved)) {
    execve(prepared.arguments[0], prepared.arguments.data(), prepared.environment.data());
  }
  int error = errno;
  if (write(failure_pipe, &error, sizeof(error)) < 0) _exit(126);
  _exit(127);
}

int ExitCodeOfStatus(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

arrow::Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const ChildOptions& options) {
  Prepared prepared = Prepare(options);
  std::vector<int> moved = options.descriptors;
  ARROW_ASSIGN_OR_RAISE(Pipe failure, MakePipe());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return MakeError(ErrorKind::kInternal,
                     "starting " + options.arguments[0] + ": " + std::strerror(errno));
  }
  if (pid == 0) RunChild(options, prepared, moved, failure.write_end.number(), parent);
  std::unique_ptr<ChildProcess> child(new ChildProcess(pid));
  failure.write_end.Close();
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(failure.read_end.number(), &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  if (got == sizeof(error)) {
    return MakeError(ErrorKind::kNotFound,
                     "starting " + options.arguments[0] + ": " + std::strerror(error));
  }
  return child;
}

ChildProcess::~ChildProcess() {
  if (WaitFor(std::chrono::milliseconds(0)).has_value()) return;
  Signal(SIGKILL);
  WaitFor(std::chrono::seconds(10));
}

void ChildProcess::Signal(int signal) {
  if (!exit_code_.has_value()) kill(pid_, signal);
}

std::optional<int> ChildProcess::WaitFor(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!exit_code_.has_value()) {
    int status = 0;
    const pid_t got = waitpid(pid_, &status, WNOHANG);
    if (got == pid_) {
      exit_code_ = ExitCodeOfStatus(status);
    } else if (got < 0 && errno == ECHILD) {
      exit_code_ = 127;  // somebody else reaped it
    } else if (std::chrono::steady_clock::now() >= deadline) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(kPollPause);
    }
  }
  return exit_code_;
}

}  // namespace keelboat::transform
