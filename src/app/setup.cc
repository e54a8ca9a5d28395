#include "app/setup.h"

#include <utility>

namespace keelboat {
namespace {

SetupOutcome OutcomeOf(bool existed, bool dry_run) {
  if (existed) return SetupOutcome::kExists;
  return dry_run ? SetupOutcome::kMissing : SetupOutcome::kCreated;
}

class Setup {
 public:
  Setup(Project& project, bool dry_run,
        const std::function<void(const SetupLine&)>& on_line, const std::stop_token& stop)
      : project_(project), dry_run_(dry_run), on_line_(on_line), stop_(stop) {}

  void Run() {
    Part("lake", "the lake", SetUpLake());
    if (!stop_.stop_requested()) Part("warehouse", "the warehouse", SetUpWarehouse());
  }

 private:
  void Part(const char* part, const char* what, const arrow::Status& status) {
    if (!status.ok()) on_line_({part, what, SetupOutcome::kFailed, {}, status});
  }

  arrow::Status SetUpLake() {
    ARROW_ASSIGN_OR_RAISE(auto lake, project_.OpenLake(false));
    ARROW_ASSIGN_OR_RAISE(auto made, lake->Setup(dry_run_));
    if (made.empty()) {
      on_line_({"lake", lake->uri(), SetupOutcome::kExists, {}, {}});
    }
    for (std::string& what : made) {
      on_line_({"lake", std::move(what), OutcomeOf(false, dry_run_), {}, {}});
    }
    return arrow::Status::OK();
  }

  arrow::Status SetUpWarehouse() {
    ARROW_ASSIGN_OR_RAISE(auto warehouse, project_.OpenWarehouse(false, "setup"));
    ARROW_ASSIGN_OR_RAISE(auto steps, warehouse->Setup(dry_run_, stop_));
    for (SetupStep& step : steps) {
      on_line_({"warehouse",
                std::move(step.what),
                OutcomeOf(step.existed, dry_run_),
                std::move(step.sql),
                {}});
    }
    return warehouse->Close();
  }

  Project& project_;
  const bool dry_run_;
  const std::function<void(const SetupLine&)>& on_line_;
  const std::stop_token& stop_;
};

}  // namespace

const char* SetupOutcomeName(SetupOutcome outcome) {
  switch (outcome) {
    case SetupOutcome::kExists:
      return "exists";
    case SetupOutcome::kCreated:
      return "created";
    case SetupOutcome::kMissing:
      return "missing";
    case SetupOutcome::kFailed:
      break;
  }
  return "failed";
}

void SetUpProject(Project& project, bool dry_run,
                  const std::function<void(const SetupLine&)>& on_line,
                  const std::stop_token& stop) {
  Setup(project, dry_run, on_line, stop).Run();
}

}  // namespace keelboat
