#include "app/setup.h"

#include <memory>
#include <utility>
#include <vector>

#include "app/table_drafts.h"
#include "keelboat/error.h"

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
    // dbt reads its project while the rest goes on.
    StartDbt();
    Part("lake", "the lake", SetUpLake());
    SetupRequest request;
    request.dry_run = dry_run_;
    if (!stop_.stop_requested()) DraftTables(&request);
    if (!stop_.stop_requested()) Part("dbt", "schemas of the models", AskDbt(&request));
    if (!stop_.stop_requested()) {
      Part("warehouse", "the warehouse", SetUpWarehouse(std::move(request)));
    }
  }

 private:
  void Part(const char* part, const std::string& what, const arrow::Status& status) {
    if (!status.ok()) on_line_({part, what, SetupOutcome::kFailed, {}, status});
  }

  void StartDbt() {
    if (!project_.config().dbt.has_value()) return;
    dbt_ = [&]() -> arrow::Result<std::unique_ptr<Dbt>> {
      ARROW_ASSIGN_OR_RAISE(auto options, project_.DbtSettings(false, "setup"));
      return Dbt::Start(options);
    }();
  }

  arrow::Status AskDbt(SetupRequest* request) {
    if (!project_.config().dbt.has_value()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(dbt_.status());
    return AddContext((*dbt_)->Schemas(stop_).Value(&request->schemas),
                      "reading the dbt project");
  }

  void DraftTables(SetupRequest* request) {
    DraftedTables drafted = keelboat::DraftTables(project_, stop_);
    request->tables = std::move(drafted.drafts);
    for (const DraftedTables::Failure& failure : drafted.failures) {
      Part("warehouse", failure.what,
           AddContext(failure.error, "asking what they will look like"));
    }
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

  arrow::Status SetUpWarehouse(SetupRequest request) {
    ARROW_ASSIGN_OR_RAISE(auto warehouse, project_.OpenWarehouse(false, "setup"));
    request.on_step = [&](const SetupStep& step) {
      const auto outcome =
          step.error.ok() ? OutcomeOf(step.existed, dry_run_) : SetupOutcome::kFailed;
      on_line_({"warehouse", step.what, outcome, step.sql, step.error});
    };
    ARROW_RETURN_NOT_OK(warehouse->Setup(request, stop_));
    return warehouse->Close();
  }

  Project& project_;
  const bool dry_run_;
  const std::function<void(const SetupLine&)>& on_line_;
  const std::stop_token& stop_;
  arrow::Result<std::unique_ptr<Dbt>> dbt_ = std::unique_ptr<Dbt>();
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
