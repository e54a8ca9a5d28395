#include "transform/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "transform/dbt_files.h"
#include "transform/profile_text.h"
#include "transform/worker_source.h"

namespace keelboat::transform {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kLastWords = 15;
constexpr milliseconds kForever{-1};
constexpr milliseconds kLook{50};
// A grandchild may hold the output open after the worker's end.
constexpr milliseconds kLastOutput{200};

std::string SettingsOf(const DbtOptions& options) {
  return nlohmann::json({{"project_dir", options.project_dir.string()},
                         {"profiles_dir", ProfilesDir(options).string()},
                         {"profile", kDbtProfileName},
                         {"target", options.target},
                         {"target_path", DbtTargetDir(options).string()},
                         {"log_path", options.work_dir.string()}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Appends what a pipe holds; closes it at its end.
void Drain(Descriptor& pipe, std::string& text) {
  std::array<char, 16384> buffer;
  const ssize_t got = read(pipe.number(), buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) pipe.Close();
}

/// Takes the first whole line out of `text`; at the pipe's end also an unfinished one.
std::optional<std::string> TakeLine(std::string& text, bool at_end) {
  auto newline = text.find('\n');
  if (newline == std::string::npos) {
    if (!at_end || text.empty()) return std::nullopt;
    return std::exchange(text, {});
  }
  std::string line = text.substr(0, newline);
  text.erase(0, newline + 1);
  return line;
}

/// Ends as soon as a stop is requested: makes a pipe readable that poll looks at.
class StopPipe {
 public:
  static arrow::Result<std::unique_ptr<StopPipe>> Make(const std::stop_token& stop) {
    ARROW_ASSIGN_OR_RAISE(Pipe pipe, MakePipe());
    return std::unique_ptr<StopPipe>(new StopPipe(std::move(pipe), stop));
  }
  int number() const { return pipe_.read_end.number(); }

 private:
  StopPipe(Pipe pipe, const std::stop_token& stop)
      : pipe_(std::move(pipe)), callback_(stop, [this] { pipe_.write_end.Close(); }) {}

  Pipe pipe_;
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace

arrow::Result<std::unique_ptr<Worker>> Worker::Start(const DbtOptions& options) {
  ARROW_ASSIGN_OR_RAISE(Pipe commands, MakePipe());
  ARROW_ASSIGN_OR_RAISE(Pipe events, MakePipe());
  ARROW_ASSIGN_OR_RAISE(Pipe output, MakePipe());
  ChildOptions child;
  child.arguments = {options.python.string(), "-c", kWorkerSource, SettingsOf(options)};
  child.environment = ChildEnvironment(options);
  child.working_dir = options.project_dir;
  const int out = output.write_end.number();
  child.descriptors = {commands.read_end.number(), out, out, events.write_end.number()};
  child.own_group = true;
  std::unique_ptr<Worker> worker(new Worker());
  ARROW_ASSIGN_OR_RAISE(worker->child_, ChildProcess::Start(child));
  worker->commands_ = std::move(commands.write_end);
  worker->events_ = std::move(events.read_end);
  worker->output_ = std::move(output.read_end);
  return worker;
}

Worker::~Worker() { End(); }

arrow::Status Worker::Send(const std::string& command) {
  // The line is shorter than a pipe's buffer. A dead worker is found out by Await, which
  // knows its last words; SIGPIPE is kept away for this one write.
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const std::string line = command + "\n";
  const bool sent = write(commands_.number(), line.data(), line.size()) ==
                    static_cast<ssize_t>(line.size());
  if (!sent) {
    const timespec no_wait{};
    sigtimedwait(&pipe_signal, nullptr, &no_wait);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return arrow::Status::OK();
}

arrow::Status Worker::PollOnce(int wake, milliseconds timeout) {
  std::array<pollfd, 3> waiting{pollfd{events_.number(), POLLIN, 0},
                                pollfd{output_.number(), POLLIN, 0},
                                pollfd{wake, POLLIN, 0}};
  const int ready =
      poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) {
    return MakeError(ErrorKind::kInternal,
                     std::string("waiting for dbt: ") + std::strerror(errno));
  }
  if (ready > 0 && waiting[0].revents != 0) Drain(events_, event_text_);
  if (ready > 0 && waiting[1].revents != 0) Drain(output_, output_text_);
  return arrow::Status::OK();
}

arrow::Result<WorkerEvent> Worker::Await(const OnEvent& on_event,
                                         const OnOutput& on_output,
                                         const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto stop_pipe, StopPipe::Make(stop));
  std::optional<steady_clock::time_point> deadline;
  while (true) {
    while (auto line = TakeLine(output_text_, !output_.is_open())) {
      if (line->empty()) continue;
      on_output(*line);
      last_words_.push_back(*line);
      if (last_words_.size() > kLastWords) last_words_.pop_front();
    }
    while (auto line = TakeLine(event_text_, !events_.is_open())) {
      auto event = ParseWorkerEvent(*line);
      if (!event.has_value()) {
        on_output(*line);
        continue;
      }
      const bool answer = event->kind == WorkerEvent::Kind::kReady ||
                          event->kind == WorkerEvent::Kind::kUnusable ||
                          event->kind == WorkerEvent::Kind::kDone;
      if (!answer) {
        on_event(*event);
        continue;
      }
      if (!deadline.has_value()) return *event;
      End();
      return MakeError(ErrorKind::kCancelled, "dbt was stopped on request");
    }
    const bool ended = !events_.is_open() &&
                       (!output_.is_open() || child_->WaitFor(kLastOutput).has_value());
    const bool late = deadline.has_value() && steady_clock::now() >= *deadline;
    if (deadline.has_value() && (ended || late)) {
      End();
      return MakeError(ErrorKind::kCancelled, "dbt was stopped on request");
    }
    if (ended) {
      const auto code = child_->WaitFor(patience_.terminate);
      return MakeError(ErrorKind::kInternal,
                       fmt::format("dbt's process ended unexpectedly (exit code {}){}",
                                   code.value_or(-1), LastWords()));
    }
    if (stop.stop_requested() && !deadline.has_value()) {
      child_->Signal(SIGINT);
      deadline = steady_clock::now() + patience_.interrupt;
    }
    const int wake = deadline.has_value() ? -1 : stop_pipe->number();
    const bool watching = deadline.has_value() || !events_.is_open();
    const milliseconds timeout = watching ? kLook : kForever;
    ARROW_RETURN_NOT_OK(PollOnce(wake, timeout));
  }
}

void Worker::Quit() {
  if (!Send(R"({"do":"exit"})").ok()) return;
  const auto deadline = steady_clock::now() + patience_.interrupt;
  // Its last lines are read so that a full pipe cannot hold it up.
  while (steady_clock::now() < deadline && (events_.is_open() || output_.is_open())) {
    if (!PollOnce(-1, kLook).ok()) break;
  }
  child_->WaitFor(patience_.terminate);
}

void Worker::End() {
  commands_.Close();
  if (child_ == nullptr || child_->WaitFor(milliseconds(0)).has_value()) return;
  child_->Signal(SIGTERM);
  if (!child_->WaitFor(patience_.terminate).has_value()) child_->Signal(SIGKILL);
}

std::string Worker::LastWords() const {
  std::string words;
  for (const std::string& line : last_words_) words += "\n" + line;
  return words.empty() ? "" : ":" + words;
}

}  // namespace keelboat::transform
