#include <signal.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/stop.h"
#include "transform/child_process.h"
#include "transform/dbt_files.h"
#include "transform/profile_text.h"
#include "transform/transform.h"

namespace keelboat {
namespace {

using transform::ChildOptions;
using transform::ChildProcess;

constexpr auto kLook = std::chrono::milliseconds(100);
// Ctrl-C has reached dbt as well; it may be cancelling its queries.
constexpr auto kBeforeInterrupt = std::chrono::seconds(5);
constexpr auto kBeforeKill = std::chrono::seconds(15);

// As dbt's own entry point does it; a folder named dbt in the working folder is not the
// package.
constexpr const char* kProgram = R"(
import os, sys
sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
sys.argv[0] = "dbt"
try:
    from dbt.cli.main import cli
except ModuleNotFoundError as error:
    print(f"keelboat: {sys.executable} cannot import dbt ({error}); "
          + os.environ["KEELBOAT_DBT_REMEDY"], file=sys.stderr)
    sys.exit(2)
cli()
)";

}  // namespace

arrow::Result<int> RunDbtCommand(const DbtOptions& options,
                                 const std::vector<std::string>& arguments,
                                 const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(transform::PrepareFiles(options));
  ChildOptions child;
  child.arguments = {options.python.string(), "-c", kProgram};
  child.arguments.insert(child.arguments.end(), arguments.begin(), arguments.end());
  child.environment = transform::ChildEnvironment(options);
  // By environment, so that the user's own flags win.
  child.environment["DBT_PROFILES_DIR"] = transform::ProfilesDir(options).string();
  child.environment["DBT_PROFILE"] = kDbtProfileName;
  child.environment["DBT_PROJECT_DIR"] = options.project_dir.string();
  child.environment["DBT_TARGET"] = options.target;
  child.environment["DBT_TARGET_PATH"] = DbtTargetDir(options).string();
  child.environment["DBT_LOG_PATH"] = options.log_file.parent_path().string();
  child.environment["DBT_LOG_LEVEL_FILE"] = "none";
  child.environment["KEELBOAT_DBT_REMEDY"] = transform::InstallRemedy(options);
  child.working_dir = options.project_dir;
  child.die_with_thread = true;
  ARROW_ASSIGN_OR_RAISE(auto process, ChildProcess::Start(child));
  std::optional<std::chrono::steady_clock::time_point> stopped;
  bool interrupted = false;
  while (true) {
    if (std::optional<int> code = process->WaitFor(kLook)) return *code;
    if (!stop.stop_requested()) continue;
    const auto now = std::chrono::steady_clock::now();
    if (!stopped.has_value()) stopped = now;
    if (now - *stopped > kBeforeKill) process->Signal(SIGKILL);
    if (now - *stopped > kBeforeInterrupt && !interrupted) {
      interrupted = true;
      process->Signal(SIGINT);
    }
  }
}

}  // namespace keelboat
