#include "app/config.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

arrow::Status Refuse(const std::string& place, const std::string& key,
                     const std::string& what) {
  return MakeError(ErrorKind::kConfig, (place.empty() ? "" : place + ": ") + what,
                   {{"key", key}});
}

arrow::Status CheckExtract(const ProjectConfig& config) {
  if (config.tables.empty()) {
    return Refuse(config.file.empty() ? "" : config.file.filename().string(), "tables",
                  "nothing says which tables to move: name a source in `tables: "
                  "{from: …}`");
  }
  for (const TableGroup& group : config.tables) {
    ARROW_RETURN_NOT_OK(SourceOf(config, group.from).status());
  }
  return arrow::Status::OK();
}

arrow::Status CheckObservers(const ProjectConfig& config) {
  const AlertsConfig& alerts = config.alerts;
  if (!alerts.slack_webhook.empty() || !alerts.pagerduty_routing_key.empty()) {
    return Refuse(alerts.place, "alerts",
                  "alerts to Slack and PagerDuty do not work yet in this version: remove "
                  "them for environment '" +
                      config.environment +
                      "' (`alerts: null`) and watch the exit code and logs/keelboat.log");
  }
  const TelemetryConfig& telemetry = config.telemetry;
  if (!telemetry.otlp.empty() || !telemetry.openlineage.empty() ||
      !telemetry.prometheus.empty()) {
    return Refuse(telemetry.place, "telemetry",
                  "telemetry exporters do not work yet in this version: remove them for "
                  "environment '" +
                      config.environment +
                      "' (`telemetry: null`) and read logs/runs/<run id>.json");
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status CheckSupported(const ProjectConfig& config, const ConfigUse& use) {
  if (use.extract) ARROW_RETURN_NOT_OK(CheckExtract(config));
  if (use.observe) ARROW_RETURN_NOT_OK(CheckObservers(config));
  return arrow::Status::OK();
}

}  // namespace keelboat
