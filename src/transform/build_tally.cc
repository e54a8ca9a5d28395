#include "transform/build_tally.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

namespace keelboat::transform {
namespace {

bool IsTest(std::string_view type) { return type == "test" || type == "unit_test"; }

bool BuildsSomething(std::string_view type) {
  return type == "model" || type == "snapshot" || type == "seed";
}

bool HasFailed(std::string_view status) {
  constexpr std::array<std::string_view, 4> kFailed = {"error", "fail", "runtime error",
                                                       "partial success"};
  return std::find(kFailed.begin(), kFailed.end(), status) != kFailed.end();
}

std::string_view WordOf(std::string_view status) {
  if (HasFailed(status)) return "ERROR";
  if (status == "warn") return "WARN";
  if (status == "skipped") return "SKIP";
  return "SUCCESS";
}

std::string Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \n\r\t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \n\r\t") - first + 1));
}

std::string_view WordOfLevel(std::string_view level) {
  if (level == "error") return "ERROR";
  if (level == "warn") return "WARN";
  return "INFO";
}

}  // namespace

void BuildTally::On(const WorkerEvent& event) {
  switch (event.kind) {
    case WorkerEvent::Kind::kNodes:
      return OnNodes(event);
    case WorkerEvent::Kind::kNodeStarted:
      return OnNodeStarted(event);
    case WorkerEvent::Kind::kNodeFinished:
      return OnNodeFinished(event);
    case WorkerEvent::Kind::kLine:
      return log_.Write(WordOfLevel(event.level), event.text);
    case WorkerEvent::Kind::kReady:
    case WorkerEvent::Kind::kUnusable:
    case WorkerEvent::Kind::kDone:
      return;
  }
}

void BuildTally::OnNodes(const WorkerEvent& event) {
  total_ = event.count;
  observer_.On(TransformStarted{.tool = tool_, .nodes = event.count});
}

void BuildTally::OnNodeStarted(const WorkerEvent& event) {
  const auto index = static_cast<int64_t>(index_of_.size()) + 1;
  index_of_.emplace(event.id, index);
  total_ = std::max(total_, index);  // hooks are not in dbt's own count
  observer_.On(NodeStarted{.unique_id = event.id,
                           .name = event.name,
                           .resource_type = event.type,
                           .index = index,
                           .total = total_});
}

void BuildTally::OnNodeFinished(const WorkerEvent& event) {
  const bool failed = HasFailed(event.status);
  const std::string message = Trimmed(event.text);
  if (failed) {
    ++failed_;
    if (first_failure_.empty()) {
      first_failure_ = fmt::format("{} {}: {}", event.type, event.name, message);
    }
  } else if (IsTest(event.type) && (event.status == "pass" || event.status == "warn")) {
    ++tests_;
  } else if (BuildsSomething(event.type) && event.status == "success") {
    ++models_;
  }
  std::string line =
      fmt::format("{} {} ({:.2f} s)", event.type, event.name, event.seconds);
  if (failed || event.status == "warn") line += ": " + message;
  log_.Write(WordOf(event.status), line);
  const auto index = index_of_.find(event.id);
  observer_.On(NodeFinished{
      .unique_id = event.id,
      .name = event.name,
      .resource_type = event.type,
      .status = event.status,
      .message = failed || event.status == "warn" ? message : "",
      .failures = event.failures,
      .took = std::chrono::microseconds(static_cast<int64_t>(event.seconds * 1e6)),
      .index = index == index_of_.end() ? 0 : index->second,
      .total = total_});
}

TransformFinished BuildTally::Finished() const {
  TransformFinished finished{.status = failed_ > 0 ? "failed" : "ok",
                             .models = models_,
                             .tests = tests_,
                             .failed = failed_,
                             .reason = first_failure_,
                             .took = {}};
  if (failed_ > 1) finished.reason += fmt::format(" (and {} more)", failed_ - 1);
  return finished;
}

}  // namespace keelboat::transform
