#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "keelboat/error.h"
#include "transform/build_tally.h"
#include "transform/dbt_files.h"
#include "transform/dbt_log.h"
#include "transform/manifest.h"
#include "transform/transform.h"
#include "transform/worker.h"

namespace keelboat {
namespace {

using transform::BuildTally;
using transform::DbtLog;
using transform::InstallRemedy;
using transform::Worker;
using transform::WorkerEvent;

constexpr const char* kDeps = R"({"do":"deps"})";
constexpr const char* kParse = R"({"do":"dbt","arguments":["parse"]})";
constexpr const char* kBuild = R"({"do":"dbt","arguments":["build"]})";
// The build has just written the manifest with its compiled SQL: nothing to compile
// again.
constexpr const char* kDocs =
    R"({"do":"dbt","arguments":["docs","generate","--no-compile","--static"]})";

/// From 1.9 on and below 2.0, dbt has the runner and the events used here.
bool IsSupported(std::string_view version) {
  if (!version.starts_with("1.")) return false;
  int minor = 0;
  for (char c : version.substr(2)) {
    if (c < '0' || c > '9') break;
    minor = minor * 10 + (c - '0');
  }
  return minor >= 9;
}

bool HasClass(const WorkerEvent& done, std::string_view name) {
  return std::find(done.classes.begin(), done.classes.end(), name) != done.classes.end();
}

/// Snowflake's numbers for wrong passwords, keys and tokens, and for roles not granted.
bool IsRefusedLogin(std::string_view text) {
  constexpr std::array<std::string_view, 5> kRefused = {"390100", "390144", "390189",
                                                        "394400", "Incorrect username"};
  return std::any_of(kRefused.begin(), kRefused.end(), [&](std::string_view number) {
    return text.find(number) != std::string_view::npos;
  });
}

/// What ended a command before its nodes could run.
arrow::Status StatusOf(const WorkerEvent& done, const DbtOptions& options) {
  constexpr std::array<std::string_view, 2> kDatabase = {"FailedToConnectError",
                                                         "DbtDatabaseError"};
  const std::string& text = done.text;
  if (HasClass(done, "KeyboardInterrupt")) {
    return MakeError(ErrorKind::kCancelled, "dbt was interrupted");
  }
  if (text.find("Could not set lock on file") != std::string::npos) {
    return MakeError(ErrorKind::kConflict,
                     "the warehouse file is open in another process: " + text);
  }
  if (text.find("Could not find adapter type") != std::string::npos) {
    return MakeError(ErrorKind::kConfig, text + "; " + InstallRemedy(options));
  }
  if (IsRefusedLogin(text)) return MakeError(ErrorKind::kAuth, text);
  for (std::string_view name : kDatabase) {
    if (HasClass(done, name)) return MakeError(ErrorKind::kUnavailable, text);
  }
  if (HasClass(done, "DbtBaseException") || HasClass(done, "UsageError")) {
    return MakeError(ErrorKind::kConfig, text);
  }
  const std::string name = done.classes.empty() ? "error" : done.classes.front();
  return MakeError(ErrorKind::kInternal, fmt::format("dbt raised {}: {}", name, text));
}

class ResidentDbt final : public Dbt {
 public:
  ResidentDbt(DbtOptions options, std::unique_ptr<DbtLog> log,
              std::unique_ptr<Worker> worker)
      : options_(std::move(options)), log_(std::move(log)), worker_(std::move(worker)) {}

  arrow::Result<std::string> AwaitReady(const std::stop_token& stop) override {
    if (!version_.empty()) return version_;
    if (worker_ == nullptr) {
      return MakeError(ErrorKind::kInternal, "dbt was asked after its build");
    }
    ARROW_ASSIGN_OR_RAISE(WorkerEvent ready, Await(stop));
    const bool known = !ready.version.empty();
    if (known && !IsSupported(ready.version)) {
      return MakeError(ErrorKind::kConfig,
                       fmt::format("dbt-core {} does not fit: version 1.9 or newer, but "
                                   "below 2.0, is needed; {}",
                                   ready.version, InstallRemedy(options_)));
    }
    if (ready.kind == WorkerEvent::Kind::kUnusable) {
      return MakeError(
          ErrorKind::kConfig,
          fmt::format("{} cannot import dbt ({}); {}", options_.python.string(),
                      ready.text, InstallRemedy(options_)),
          {{"python", options_.python.string()}});
    }
    version_ = ready.version;
    return version_;
  }

  arrow::Result<std::vector<std::string>> Schemas(const std::stop_token& stop) override {
    ARROW_RETURN_NOT_OK(AwaitReady(stop).status());
    ARROW_RETURN_NOT_OK(InstallPackages(stop));
    ARROW_ASSIGN_OR_RAISE(WorkerEvent parsed, Run(kParse, stop));
    if (!parsed.success) return StatusOf(parsed, options_);
    return transform::ReadSchemas(DbtTargetDir(options_) / "manifest.json",
                                  options_.adapter);
  }

  arrow::Result<TransformFinished> Build(Observer& observer,
                                         const std::stop_token& stop) override {
    if (worker_ == nullptr) {
      return MakeError(ErrorKind::kInternal, "dbt's build was asked for a second time");
    }
    const auto begun = std::chrono::steady_clock::now();
    auto result = BuildAndDocument(observer, stop);
    worker_.reset();
    TransformFinished finished;
    if (result.ok()) {
      finished = *result;
    } else {
      // What had been built by then is built.
      if (tally_.has_value()) finished = tally_->Finished();
      finished.status = "failed";
      finished.reason = result.status().message();
    }
    finished.took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begun);
    LogFinished(finished);
    observer.On(finished);
    if (!result.ok()) return result.status();
    return finished;
  }

 private:
  arrow::Result<TransformFinished> BuildAndDocument(Observer& observer,
                                                    const std::stop_token& stop) {
    ARROW_ASSIGN_OR_RAISE(std::string version, AwaitReady(stop));
    BuildTally& tally = tally_.emplace("dbt " + version, observer, *log_);
    log_->Write("INFO", fmt::format("dbt {} build, target {}", version, options_.target));
    ARROW_RETURN_NOT_OK(InstallPackages(stop));
    ARROW_ASSIGN_OR_RAISE(WorkerEvent build, Run(kBuild, stop));
    TransformFinished finished = tally.Finished();
    if (finished.failed > 0) {
      worker_->Quit();
      return finished;
    }
    if (!build.success) {
      if (!build.text.empty()) return StatusOf(build, options_);
      finished.status = "failed";
      finished.reason = "dbt build failed; see " + options_.log_file.string();
      worker_->Quit();
      return finished;
    }
    ARROW_ASSIGN_OR_RAISE(WorkerEvent docs, Run(kDocs, stop));
    worker_->Quit();
    if (!docs.success) {
      finished.status = "failed";
      finished.reason = docs.text.empty() ? "dbt docs generate failed; see " +
                                                options_.log_file.string()
                                          : "dbt docs generate: " + docs.text;
    }
    return finished;
  }

  arrow::Status InstallPackages(const std::stop_token& stop) {
    ARROW_ASSIGN_OR_RAISE(WorkerEvent deps, Run(kDeps, stop));
    if (deps.success) return arrow::Status::OK();
    return AddContext(StatusOf(deps, options_), "installing dbt's packages");
  }

  arrow::Result<WorkerEvent> Run(const char* command, const std::stop_token& stop) {
    ARROW_RETURN_NOT_OK(worker_->Send(command));
    return Await(stop);
  }

  arrow::Result<WorkerEvent> Await(const std::stop_token& stop) {
    return worker_->Await(
        [&](const WorkerEvent& event) {
          if (tally_.has_value()) tally_->On(event);
        },
        [&](const std::string& line) { log_->Write("INFO", line); }, stop);
  }

  void LogFinished(const TransformFinished& finished) {
    const double seconds = static_cast<double>(finished.took.count()) / 1e6;
    const bool ok = finished.status == "ok";
    std::string text =
        fmt::format("dbt {}: {} models built, {} tests passed, {} failed in {:.1f} s",
                    ok ? "done" : finished.status, finished.models, finished.tests,
                    finished.failed, seconds);
    if (!finished.reason.empty()) text += "\n" + finished.reason;
    log_->Write(ok ? "SUCCESS" : "ERROR", text);
  }

  const DbtOptions options_;
  std::unique_ptr<DbtLog> log_;
  std::unique_ptr<Worker> worker_;
  std::optional<BuildTally> tally_;  // Nullopt until the build.
  std::string version_;              // Empty until dbt said that it is ready.
};

}  // namespace

arrow::Result<std::unique_ptr<Dbt>> Dbt::Start(const DbtOptions& options) {
  ARROW_RETURN_NOT_OK(transform::PrepareFiles(options));
  ARROW_ASSIGN_OR_RAISE(auto log, DbtLog::Open(options.log_file, Clock::System()));
  ARROW_ASSIGN_OR_RAISE(auto worker, Worker::Start(options));
  return std::make_unique<ResidentDbt>(options, std::move(log), std::move(worker));
}

}  // namespace keelboat
