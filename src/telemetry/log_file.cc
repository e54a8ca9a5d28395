#include "telemetry/log_file.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <nlohmann/json.hpp>

namespace keelboat {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kKeptFiles = 4;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// key=value as a person and grep like it: quoted only where it must be.
std::string TextValue(const Json& value) {
  if (!value.is_string()) return Dump(value);
  const auto& text = value.get_ref<const std::string&>();
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\x7f';
  });
  return plain ? text : Dump(value);
}

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  text.resize(std::max<size_t>(text.size(), 5), ' ');
  return text;
}

}  // namespace

struct LogFile::State {
  LogOptions options;
  std::unique_ptr<spdlog::logger> logger = {};
  mutable std::mutex mutex = {};
  std::string run_id = {};
  int64_t lost = 0;
  std::string problem = {};

  void Lose(const std::string& why) {
    ++lost;
    if (problem.empty()) problem = why;
  }

  std::string Line(LogLevel level, std::string_view name, const Json& fields) const {
    const std::string time = FormatTime(options.clock->Now());
    if (options.json) {
      Json line = {{"time", time}, {"level", LogLevelName(level)}, {"event", name}};
      if (!run_id.empty()) line["run_id"] = run_id;
      line.update(fields);
      return Dump(line);
    }
    std::string line = time + " " + Upper(LogLevelName(level)) + " " + std::string(name);
    if (!run_id.empty()) line += " run_id=" + run_id;
    for (const auto& [key, value] : fields.items()) {
      line += " " + key + "=" + TextValue(value);
    }
    return line;
  }
};

LogFile::LogFile(LogOptions options) : state_(new State{.options = std::move(options)}) {
  if (state_->options.path.empty()) return;
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_st>(
        state_->options.path.string(), static_cast<size_t>(state_->options.rotate_bytes),
        kKeptFiles);
    state_->logger = std::make_unique<spdlog::logger>("keelboat", std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    state_->problem = error.what();
    return;
  }
  state_->logger->set_pattern("%v");
  state_->logger->set_level(spdlog::level::trace);
  state_->logger->flush_on(spdlog::level::trace);
  // Called while a line is written, that is under the lock.
  state_->logger->set_error_handler(
      [state = state_.get()](const std::string& why) { state->Lose(why); });
}

LogFile::~LogFile() = default;

void LogFile::On(const Event& event) {
  if (const auto* started = std::get_if<RunStarted>(&event)) {
    std::lock_guard lock(state_->mutex);
    state_->run_id = started->run_id;
  }
  const LogLevel level = EventLevel(event);
  if (level == LogLevel::kDebug && !state_->options.verbose) return;
  Write(level, EventName(event), EventFields(event));
}

void LogFile::Write(LogLevel level, std::string_view name, const Json& fields) {
  if (level == LogLevel::kDebug && !state_->options.verbose) return;
  if (level != LogLevel::kError && state_->options.quiet) return;
  Json safe = fields;
  if (state_->options.redact) {
    for (auto& [key, value] : safe.items()) {
      if (value.is_string()) {
        value = state_->options.redact(value.get_ref<const std::string&>());
      }
    }
  }
  std::lock_guard lock(state_->mutex);
  std::string line = state_->Line(level, name, safe);
  if (state_->logger != nullptr) {
    state_->logger->log(spdlog::level::info, spdlog::string_view_t(line));
  } else if (!state_->options.path.empty()) {
    ++state_->lost;
  }
  if (state_->options.mirror >= 0) {
    line += '\n';
    if (!WriteAll(state_->options.mirror, line)) state_->Lose("writing to the mirror");
  }
}

int64_t LogFile::lost() const {
  std::lock_guard lock(state_->mutex);
  return state_->lost;
}

std::string LogFile::problem() const {
  std::lock_guard lock(state_->mutex);
  return state_->problem;
}

}  // namespace keelboat
