#include "transform/worker_event.h"

#include <map>

#include <nlohmann/json.hpp>

namespace keelboat::transform {
namespace {

using Kind = WorkerEvent::Kind;

const std::map<std::string, Kind, std::less<>>& KindNames() {
  static const std::map<std::string, Kind, std::less<>> names = {
      {"ready", Kind::kReady},
      {"unusable", Kind::kUnusable},
      {"done", Kind::kDone},
      {"nodes", Kind::kNodes},
      {"node_started", Kind::kNodeStarted},
      {"node_finished", Kind::kNodeFinished},
      {"line", Kind::kLine},
  };
  return names;
}

/// The value of a key, or `otherwise` when it is missing or of another type.
template <typename T>
T Get(const nlohmann::json& object, const char* key, T otherwise) {
  auto found = object.find(key);
  if (found == object.end()) return otherwise;
  if constexpr (std::is_same_v<T, std::string>) {
    return found->is_string() ? found->get<T>() : otherwise;
  } else if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->get<T>() : otherwise;
  } else {
    return found->is_number() ? found->get<T>() : otherwise;
  }
}

}  // namespace

std::optional<WorkerEvent> ParseWorkerEvent(std::string_view line) {
  const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  const auto kind = KindNames().find(Get<std::string>(object, "event", ""));
  if (kind == KindNames().end()) return std::nullopt;
  WorkerEvent event;
  event.kind = kind->second;
  event.version = Get<std::string>(object, "version", "");
  event.level = Get<std::string>(object, "level", "");
  event.success = Get(object, "success", false);
  event.count = Get<int64_t>(object, "count", 0);
  event.id = Get<std::string>(object, "id", "");
  event.name = Get<std::string>(object, "name", "");
  event.type = Get<std::string>(object, "type", "");
  event.status = Get<std::string>(object, "status", "");
  event.path = Get<std::string>(object, "path", "");
  event.failures = Get<int64_t>(object, "failures", 0);
  event.seconds = Get<double>(object, "seconds", 0);
  for (const char* key : {"text", "error", "message"}) {
    if (event.text.empty()) event.text = Get<std::string>(object, key, "");
  }
  if (auto classes = object.find("classes"); classes != object.end()) {
    for (const auto& name : *classes) {
      if (name.is_string()) event.classes.push_back(name.get<std::string>());
    }
  }
  return event;
}

}  // namespace keelboat::transform
