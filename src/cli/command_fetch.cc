#include <memory>
#include <string>
#include <string_view>

#include <arrow/type.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/descriptor_stream.h"
#include "app/fetch.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "keelboat/error.h"
#include "telemetry/progress.h"
#include "telemetry/progress_lines.h"

namespace keelboat {
namespace {

// What stands on the command line, as it stands there.
struct FetchFlags {
  std::string source;
  std::string what;  // SQL or @name.
  std::vector<std::string> parameters;
  FetchRequest request;
  std::string format;
  std::string strategy = "auto";
  std::string verify = "count";
  std::string on_mismatch = "error";
  int workers = 0;
};

arrow::Status Wrong(const char* what) { return MakeError(ErrorKind::kConfig, what); }

arrow::Status ReadQuestion(const FetchFlags& flags, FetchQuestion* question) {
  if (flags.what.starts_with('@')) {
    question->query = flags.what.substr(1);
  } else {
    question->sql = flags.what;
  }
  auto parameters = ParseParameters(flags.parameters, !question->sql.empty());
  ARROW_RETURN_NOT_OK(parameters.status());
  question->parameters = std::move(*parameters);
  return arrow::Status::OK();
}

arrow::Status ReadFormat(const FetchFlags& flags, bool json, FetchRequest* request) {
  const bool to_stdout = request->output == "-";
  if (to_stdout && json) {
    return Wrong(
        "--json and the rows both want standard output: write the rows to a file with "
        "-o FILE");
  }
  const auto by_name = FormatOfName(request->output);
  if (flags.format == "parquet") {
    request->format = OutputFormat::kParquet;
  } else if (flags.format == "csv") {
    request->format = OutputFormat::kCsv;
  } else if (flags.format == "arrow") {
    request->format = OutputFormat::kArrow;
  } else if (flags.format == "json") {
    request->format = OutputFormat::kJson;
  } else if (by_name.has_value()) {
    request->format = *by_name;
  } else if (!to_stdout) {
    return Wrong(
        "the file's name does not tell its format: call it .parquet, .csv, .arrow or "
        ".jsonl, or give --format");
  }
  const bool binary = request->format == OutputFormat::kParquet ||
                      request->format == OutputFormat::kArrow;
  if (to_stdout && binary && isatty(STDOUT_FILENO) == 1) {
    return Wrong("this format is not for terminals: write to a file with -o FILE");
  }
  return arrow::Status::OK();
}

arrow::Result<FetchRequest> ReadRequest(const FetchFlags& flags,
                                        const Invocation& invocation) {
  FetchRequest request = flags.request;
  ARROW_RETURN_NOT_OK(ReadQuestion(flags, &request.question));
  ARROW_RETURN_NOT_OK(ReadFormat(flags, invocation.flags.json, &request));
  for (const FetchStrategy strategy :
       {FetchStrategy::kAuto, FetchStrategy::kSingle, FetchStrategy::kPagination,
        FetchStrategy::kParallel}) {
    if (FetchStrategyName(strategy) == flags.strategy) {
      request.options.strategy = strategy;
    }
  }
  if (flags.workers > 0) request.options.connections = flags.workers;
  request.options.verify =
      flags.verify == "off" ? FetchVerify::kOff : FetchVerify::kCount;
  request.options.ordered = true;
  request.options.stop = invocation.stop;
  request.mismatch_as_text = flags.on_mismatch == "string";
  return request;
}

arrow::Result<FetchReport> Observed(const Invocation& invocation,
                                    const NamedSource& source,
                                    const FetchRequest& request) {
  const GlobalFlags& flags = invocation.flags;
  const auto redact = [&](std::string_view text) { return source.Redact(text); };
  const RunStarted started{.run_id = request.Label(),
                           .command = "fetch",
                           .environment = source.name(),
                           .test_mode = false,
                           .tables = {request.Label()}};
  if (invocation.TellsJson()) {
    ProgressLines lines(STDERR_FILENO, {.live = !flags.no_progress,
                                        .quiet = flags.quiet,
                                        .verbose = flags.verbose,
                                        .redact = redact,
                                        .clock = invocation.clock});
    lines.On(started);
    return RunFetch(source, request, lines);
  }
  const TextStyle style = invocation.StyleOf(stderr);
  Progress progress(stderr, {.live = !flags.no_progress && !invocation.IsDumb(),
                             .quiet = flags.quiet,
                             .verbose = flags.verbose,
                             .color = style.colour,
                             .unicode = style.unicode,
                             .redact = redact});
  progress.On(started);
  return RunFetch(source, request, progress);
}

nlohmann::ordered_json ReportOf(const FetchReport& report, const FetchRequest& request) {
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (const auto& field : report.schema->fields()) {
    columns.push_back({{"name", field->name()}, {"type", field->type()->ToString()}});
  }
  nlohmann::ordered_json json = {
      {"status", "ok"},
      {"output", request.output},
      {"rows", report.rows},
      {"bytes", report.bytes},
      {"seconds", static_cast<double>(report.took.count()) / 1e6},
      {"strategy", FetchStrategyName(report.info.strategy)},
      {"reason", report.info.reason},
      {"connections", report.info.connections},
      {"ranges", report.info.ranges},
      {"moved", report.moved},
      {"columns", std::move(columns)},
      {"warnings", report.warnings},
  };
  return json;
}

int Fetch(const Invocation& invocation, const FetchFlags& flags) {
  auto request = ReadRequest(flags, invocation);
  if (!request.ok()) return invocation.Report(request.status());
  Surroundings surroundings;
  surroundings.project_dir = invocation.flags.project_dir;
  surroundings.environment_name = invocation.flags.environment;
  surroundings.variables = invocation.environment;
  auto source = NamedSource::Find(flags.source, surroundings);
  if (!source.ok()) return invocation.Report(source.status());
  for (const std::string& warning : source->warnings()) {
    invocation.Tell("warning: " + warning);
  }
  auto report = Observed(invocation, *source, *request);
  if (!report.ok()) {
    // A reader that went away ends the program quietly.
    if (!DetailOf(report.status(), kReaderGone).empty()) return 0;
    const arrow::Status& status = report.status();
    return invocation.Report(
        status.WithMessage(source->Redact("fetching " + request->Label() + " from " +
                                          source->name() + ": " + status.message())));
  }
  if (invocation.flags.json) PrintJson(ReportOf(*report, *request));
  return 0;
}

void AddFlags(CLI::App& command, FetchFlags& flags) {
  FetchRequest& request = flags.request;
  command
      .add_option("source", flags.source,
                  "A source of keelboat.yaml, or a URL: mysql://…, https://… (Metabase)")
      ->required()
      ->type_name("");
  command.add_option("query", flags.what, "SQL, or @name of a query in queries/")
      ->type_name("");
  command.add_option("--table", request.question.table, "A whole table")
      ->type_name("NAME");
  command.add_option("--card", request.question.card, "A saved question of Metabase")
      ->type_name("ID");
  command
      .add_option("-p,--param", flags.parameters,
                  "A parameter: NAME=VALUE; in SQL without front matter NAME:TYPE=VALUE")
      ->type_name("K=V")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("-o,--output", request.output, "File to write; -: standard output")
      ->type_name("FILE");
  command
      .add_option("--format", flags.format,
                  "Default: what the file's name says, else csv")
      ->type_name("parquet|csv|arrow|json")
      ->check(CLI::IsMember({"parquet", "csv", "arrow", "json"}));
  command
      .add_option("--strategy", flags.strategy,
                  "One answer, ranges one after another, or side by side")
      ->type_name("auto|single|pagination|parallel")
      ->check(CLI::IsMember({"auto", "single", "pagination", "parallel"}));
  command
      .add_option("--partition-on", request.options.partition_on,
                  "Column to cut ranges on")
      ->type_name("C");
  command.add_option("--workers", flags.workers, "Connections that read side by side")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  command
      .add_option("--verify", flags.verify,
                  "Compare with the server's own counts (Metabase)")
      ->type_name("count|off")
      ->check(CLI::IsMember({"count", "off"}));
  command
      .add_option("--on-mismatch", flags.on_mismatch,
                  "A value that contradicts its column's type: fail, or make the column "
                  "text")
      ->type_name("error|string")
      ->check(CLI::IsMember({"error", "string"}));
  command
      .add_option(
          "--database", request.question.database,
          "Instead of the source's own: its name, its id, or a team of keelboat.yaml")
      ->type_name("NAME");
}

}  // namespace

void AddFetchCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "fetch", "Bring the rows of a query or table to a file or a pipe");
  auto flags = std::make_shared<FetchFlags>();
  AddFlags(*command, *flags);
  command->footer(
      "A file appears when it is whole, or not at all. With strategy auto, what has at "
      "most 50,000 rows\n"
      "is one answer, up to 500,000 are ranges of a key one after another, and more "
      "side by side.\n"
      "Logins for URLs come from METABASE_API_KEY, METABASE_USERNAME and "
      "METABASE_PASSWORD, or\n"
      "MYSQL_USER and MYSQL_PASSWORD.\n"
      "Examples:\n"
      "  keelboat fetch bi @orders -p since=2024-01-01 -o orders.parquet\n"
      "  keelboat fetch shop \"SELECT id, price FROM orders\" > orders.csv\n"
      "  keelboat fetch shop --table orders --format arrow | python read.py\n"
      "  keelboat fetch https://bi.example.org @vendors --database \"Growth Team\" "
      "-o vendors.csv");
  command->callback([&invocation, &action, flags] {
    action = [&invocation, flags] { return Fetch(invocation, *flags); };
  });
}

}  // namespace keelboat
