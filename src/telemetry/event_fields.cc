#include "telemetry/event_fields.h"

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using Json = nlohmann::ordered_json;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

double Seconds(std::chrono::microseconds took) {
  return std::round(static_cast<double>(took.count()) / 1000) / 1000;
}

void PutError(Json& fields, const arrow::Status& cause) {
  fields["kind"] = ErrorKindName(KindOf(cause));
  fields["error"] = cause.message();
}

bool NodeFailed(const NodeFinished& node) {
  return node.status == "error" || node.status == "fail" ||
         node.status == "runtime error" || node.status == "partial success";
}

}  // namespace

const char* LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

std::string EventName(const Event& event) {
  return std::visit(
      Overloaded{[](const RunStarted&) { return "run.started"; },
                 [](const TableStarted&) { return "table.started"; },
                 [](const TableProgress&) { return "table.progress"; },
                 [](const TableRetried&) { return "table.retried"; },
                 [](const TableCommitted&) { return "table.committed"; },
                 [](const TableFailed&) { return "table.failed"; },
                 [](const TableSkipped&) { return "table.skipped"; },
                 [](const Warned&) { return "warning"; },
                 [](const WorkersChosen&) { return "workers.chosen"; },
                 [](const TransformStarted&) { return "transform.started"; },
                 [](const NodeStarted&) { return "node.started"; },
                 [](const NodeFinished&) { return "node.finished"; },
                 [](const TransformFinished&) { return "transform.finished"; },
                 [](const RunFinished&) { return "run.finished"; }},
      event);
}

LogLevel EventLevel(const Event& event) {
  if (std::holds_alternative<TableProgress>(event) ||
      std::holds_alternative<NodeStarted>(event)) {
    return LogLevel::kDebug;
  }
  if (std::holds_alternative<TableFailed>(event)) return LogLevel::kError;
  if (std::holds_alternative<Warned>(event) ||
      std::holds_alternative<TableRetried>(event) ||
      std::holds_alternative<TableSkipped>(event)) {
    return LogLevel::kWarn;
  }
  if (const auto* node = std::get_if<NodeFinished>(&event)) {
    if (NodeFailed(*node)) return LogLevel::kError;
    return node->status == "warn" ? LogLevel::kWarn : LogLevel::kDebug;
  }
  if (const auto* transform = std::get_if<TransformFinished>(&event)) {
    return transform->status == "failed" ? LogLevel::kError : LogLevel::kInfo;
  }
  if (const auto* run = std::get_if<RunFinished>(&event)) {
    return run->status == "ok" ? LogLevel::kInfo : LogLevel::kError;
  }
  return LogLevel::kInfo;
}

Json EventFields(const Event& event) {
  Json fields = Json::object();
  std::visit(Overloaded{[&](const RunStarted& e) {
                          fields["command"] = e.command;
                          fields["environment"] = e.environment;
                          fields["test_mode"] = e.test_mode;
                          fields["tables"] = e.tables.size();
                        },
                        [&](const TableStarted& e) {
                          fields["table"] = e.table;
                          fields["phase"] = PhaseName(e.phase);
                          fields["strategy"] = e.strategy;
                          if (!e.reason.empty()) fields["reason"] = e.reason;
                          if (e.estimated_rows)
                            fields["estimated_rows"] = *e.estimated_rows;
                        },
                        [&](const TableProgress& e) {
                          fields["table"] = e.table;
                          fields["phase"] = PhaseName(e.phase);
                          fields["rows"] = e.rows;
                          fields["bytes"] = e.bytes;
                        },
                        [&](const TableRetried& e) {
                          fields["table"] = e.table;
                          fields["phase"] = PhaseName(e.phase);
                          fields["retry"] = e.retry;
                          fields["pause_ms"] = e.pause.count();
                          PutError(fields, e.cause);
                        },
                        [&](const TableCommitted& e) {
                          fields["table"] = e.table;
                          fields["phase"] = PhaseName(e.phase);
                          fields["rows"] = e.rows;
                          fields["bytes"] = e.bytes;
                          fields["files"] = e.files;
                          fields["version"] = e.version;
                          fields["nothing_new"] = e.nothing_new;
                          fields["seconds"] = Seconds(e.took);
                        },
                        [&](const TableFailed& e) {
                          fields["table"] = e.table;
                          fields["phase"] = PhaseName(e.phase);
                          PutError(fields, e.cause);
                        },
                        [&](const TableSkipped& e) {
                          fields["table"] = e.table;
                          fields["phase"] = PhaseName(e.phase);
                          fields["reason"] = e.reason;
                        },
                        [&](const Warned& e) {
                          if (!e.table.empty()) fields["table"] = e.table;
                          fields["message"] = e.message;
                        },
                        [&](const WorkersChosen& e) { fields["verdict"] = e.verdict; },
                        [&](const TransformStarted& e) {
                          fields["tool"] = e.tool;
                          fields["nodes"] = e.nodes;
                        },
                        [&](const NodeStarted& e) {
                          fields["node"] = e.unique_id;
                          fields["index"] = e.index;
                          fields["total"] = e.total;
                        },
                        [&](const NodeFinished& e) {
                          fields["node"] = e.unique_id;
                          fields["status"] = e.status;
                          if (!e.message.empty()) fields["message"] = e.message;
                          fields["failures"] = e.failures;
                          fields["seconds"] = Seconds(e.took);
                        },
                        [&](const TransformFinished& e) {
                          fields["status"] = e.status;
                          fields["models"] = e.models;
                          fields["tests"] = e.tests;
                          fields["failed"] = e.failed;
                          if (!e.reason.empty()) fields["reason"] = e.reason;
                          fields["seconds"] = Seconds(e.took);
                        },
                        [&](const RunFinished& e) {
                          fields["status"] = e.status;
                          fields["seconds"] = Seconds(e.took);
                        }},
             event);
  return fields;
}

}  // namespace keelboat
