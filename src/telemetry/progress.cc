#include "telemetry/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "telemetry/board.h"

namespace keelboat {
namespace {

using std::chrono::steady_clock;

// Lines in a log are not wrapped at a screen's edge, but long messages are.
constexpr int kPlainWidth = 120;

struct Size {
  int width = 80;
  int height = 24;
};

Size SizeOf(int terminal) {
  winsize size{};
  if (ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row > 0 ? size.ws_row : 24};
}

BoardOptions BoardOptionsFor(const ProgressOptions& options, bool terminal) {
  BoardOptions board;
  board.style.colour = terminal && options.color;
  board.style.unicode = options.unicode;
  board.redact = options.redact;
  if (options.verbose) {
    board.nodes = NodeLines::kAll;
  } else if (!terminal || !options.live) {
    board.nodes = NodeLines::kModels;
  }
  return board;
}

}  // namespace

struct Progress::State {
  State(std::FILE* out, ProgressOptions wanted)
      : descriptor(fileno(out)),
        terminal(isatty(descriptor) == 1),
        options(std::move(wanted)),
        board(BoardOptionsFor(options, terminal)) {}

  const int descriptor;
  const bool terminal;
  const ProgressOptions options;
  const bool bars = terminal && options.live && !options.quiet;

  std::mutex mutex;
  std::condition_variable changed;
  Board board;
  bool milestone = false;  // something was finished since the last writing
  bool ending = false;

  // The writing thread's own.
  size_t drawn = 0;  // lines of the last frame
  steady_clock::time_point last_line = steady_clock::now();
  std::jthread thread;

  void Run() {
    std::unique_lock lock(mutex);
    for (bool last = false; !last;) {
      changed.wait_for(lock, options.frame, [&] { return milestone || ending; });
      milestone = false;
      last = ending;
      const std::string text = Compose();
      lock.unlock();
      Write(text);
      lock.lock();
    }
  }

  std::string Compose() {
    const Size size = terminal ? SizeOf(descriptor) : Size{kPlainWidth, 24};
    std::string text;
    auto finished =
        options.quiet ? board.TakeFailures(size.width) : board.TakeFinished(size.width);
    if (!bars) {
      for (const std::string& line : finished) text += line + "\n";
      return text + PlainLine(!finished.empty());
    }
    std::vector<std::string> frame;
    // One cell stays free: a full line would wrap on some terminals.
    if (!ending)
      frame = board.Frame(steady_clock::now(), size.width - 1, size.height - 1);
    if (drawn > 0) text += "\x1b[" + std::to_string(drawn) + "F";
    for (const std::string& line : finished) text += "\x1b[2K" + line + "\n";
    for (const std::string& line : frame) text += "\x1b[2K" + line + "\n";
    if (drawn > 0) text += "\x1b[J";
    drawn = frame.size();
    return text;
  }

  /// What goes on, when nothing was written for a period.
  std::string PlainLine(bool written) {
    const auto now = steady_clock::now();
    if (written) last_line = now;
    if (options.quiet || !options.live || ending || now - last_line < options.period) {
      return {};
    }
    last_line = now;
    const std::string line = board.Line(now);
    return line.empty() ? line : line + "\n";
  }

  void Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t wrote = ::write(descriptor, text.data(), text.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return;  // nobody looks any more; the run goes on
      text.remove_prefix(static_cast<size_t>(wrote));
    }
  }
};

Progress::Progress(std::FILE* out, ProgressOptions options) {
  std::fflush(out);
  state_ = std::make_unique<State>(out, std::move(options));
  state_->thread = std::jthread([state = state_.get()] { state->Run(); });
}

Progress::~Progress() { Finish(); }

void Progress::On(const Event& event) {
  std::lock_guard lock(state_->mutex);
  state_->board.Apply(event, steady_clock::now());
  // With bars the next frame shows it; a log gets it now.
  if (state_->bars) return;
  state_->milestone = true;
  state_->changed.notify_all();
}

void Progress::Finish() {
  if (!state_->thread.joinable()) return;
  {
    std::lock_guard lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_all();
  }
  state_->thread.join();
}

}  // namespace keelboat
