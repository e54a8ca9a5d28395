// keelboat._core: include/keelboat for the typed façade in python/keelboat. Nobody else
// imports it.

#include <chrono>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "endings.h"
#include "errors.h"
#include "interruptible.h"
#include "keelboat/error.h"
#include "keelboat/fetch.h"
#include "keelboat/project.h"
#include "keelboat/query.h"
#include "keelboat/version.h"
#include "rows.h"

namespace keelboat::python {
namespace {

namespace nb = nanobind;

// Seconds: what is longer is none.
constexpr double kLongestTimeout = 1e9;

using Variables = std::map<std::string, std::string>;
// Name to (type, text).
using Parameters = std::map<std::string, std::tuple<std::string, std::string>>;

Surroundings Around(std::string project, std::string environment, Variables variables) {
  Surroundings surroundings;
  surroundings.project_dir = std::move(project);
  surroundings.environment_name = std::move(environment);
  surroundings.variables = std::move(variables);
  return surroundings;
}

ParameterType TypeOf(const std::string& name) {
  for (const ParameterType type :
       {ParameterType::kText, ParameterType::kInteger, ParameterType::kNumber,
        ParameterType::kBoolean, ParameterType::kDate, ParameterType::kDatetime}) {
    if (ParameterTypeName(type) == name) return type;
  }
  throw nb::value_error("no such type of a parameter");
}

FetchStrategy StrategyOf(const std::string& name) {
  for (const FetchStrategy strategy :
       {FetchStrategy::kAuto, FetchStrategy::kSingle, FetchStrategy::kPagination,
        FetchStrategy::kParallel}) {
    if (FetchStrategyName(strategy) == name) return strategy;
  }
  throw StatusError(MakeError(
      ErrorKind::kConfig,
      "there is no strategy '" + name + "': auto, single, pagination or parallel"));
}

FetchQuestion ReadQuestion(const nb::dict& given) {
  FetchQuestion question;
  const auto text = [&](const char* key) {
    return given.contains(key) ? nb::cast<std::string>(given[key]) : std::string();
  };
  question.sql = text("sql");
  question.query = text("query");
  question.table = text("table");
  question.card = text("card");
  question.database = text("database");
  if (given.contains("parameters")) {
    for (const auto& [name, value] : nb::cast<Parameters>(given["parameters"])) {
      question.parameters[name] = {TypeOf(std::get<0>(value)), std::get<1>(value)};
    }
  }
  return question;
}

FetchOptions ReadOptions(const nb::dict& given) {
  FetchOptions options;
  options.ordered = true;
  const auto has = [&](const char* key) {
    return given.contains(key) && !given[key].is_none();
  };
  if (has("strategy"))
    options.strategy = StrategyOf(nb::cast<std::string>(given["strategy"]));
  if (has("partition_on"))
    options.partition_on = nb::cast<std::string>(given["partition_on"]);
  if (has("workers")) options.connections = nb::cast<int>(given["workers"]);
  if (has("limit")) options.limit = nb::cast<int64_t>(given["limit"]);
  if (has("range_rows")) options.range_rows = nb::cast<int64_t>(given["range_rows"]);
  if (has("verify")) {
    options.verify = nb::cast<std::string>(given["verify"]) == "off"
                         ? FetchVerify::kOff
                         : FetchVerify::kCount;
  }
  if (has("text_columns")) {
    options.text_columns = nb::cast<std::vector<std::string>>(given["text_columns"]);
  }
  return options;
}

Rows Fetch(const OpenSource& opened, const nb::dict& question, const nb::dict& given) {
  const NamedSource& source = opened.get();
  const FetchQuestion asked = ReadQuestion(question);
  FetchOptions options = ReadOptions(given);
  std::stop_source stop;
  options.stop = stop.get_token();
  Deadline deadline;
  if (given.contains("timeout") && !given["timeout"].is_none()) {
    const auto seconds = nb::cast<double>(given["timeout"]);
    if (seconds < kLongestTimeout) {
      deadline = std::chrono::steady_clock::now() +
                 std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    }
  }
  auto reader = Interruptible(stop, deadline, [&source, &asked, &options] {
    return FetchFrom(source, asked, options);
  });
  Check(Redacted(reader.status(), source));
  return Rows(*reader, *reader, stop, deadline, source);
}

Rows ReadLake(const std::string& table, const std::string& project,
              const std::string& environment, const Variables& variables,
              std::optional<int64_t> version, bool every_version) {
  const Surroundings surroundings = Around(project, environment, variables);
  LakeReadOptions options;
  options.version = version;
  options.every_version = every_version;
  std::stop_source stop;
  options.stop = stop.get_token();
  auto reader = Check(Interruptible(stop, {}, [&table, &surroundings, &options] {
    return ReadLakeTable(table, surroundings, options);
  }));
  return Rows(reader, nullptr, stop, {}, std::nullopt);
}

nb::dict ToDict(const NamedQuery& query) {
  nb::dict told;
  told["name"] = query.name;
  told["description"] = query.description;
  told["database"] = query.database;
  told["partition_on"] = query.partition_on;
  told["sql"] = query.sql;
  told["file"] = query.file;
  nb::list parameters;
  for (const QueryParameter& parameter : query.parameters) {
    nb::dict one;
    one["name"] = parameter.name;
    one["type"] = std::string(ParameterTypeName(parameter.type));
    one["default"] = parameter.default_value;
    one["optional"] = parameter.optional;
    one["description"] = parameter.description;
    parameters.append(one);
  }
  told["parameters"] = parameters;
  return told;
}

}  // namespace

NB_MODULE(_core, module) {
  // What a thread holds that the interpreter's end cuts off is no leak of ours.
  nb::set_leak_warnings(false);
  RegisterErrors();
  RegisterRows(module);
  module.attr("version") = kVersion;
  RegisterEndings(module);
  nb::class_<OpenSource>(module, "Source")
      .def_prop_ro("name", [](const OpenSource& source) { return source.get().name(); })
      .def_prop_ro("query_folders",
                   [](const OpenSource& source) { return source.get().query_folders(); })
      .def_prop_ro("warnings",
                   [](const OpenSource& source) { return source.get().warnings(); });
  module.def("find_source", [](const std::string& name_or_url, const std::string& project,
                               const std::string& environment,
                               const Variables& variables) {
    return OpenSource(
        Check(NamedSource::Find(name_or_url, Around(project, environment, variables))));
  });
  module.def("fetch", &Fetch);
  module.def("read_lake", &ReadLake, nb::arg(), nb::arg(), nb::arg(), nb::arg(),
             nb::arg().none(), nb::arg());
  module.def("describe_project",
             [](const std::string& project, const std::string& environment,
                const Variables& variables) {
               const ProjectInfo info =
                   Check(DescribeProject(Around(project, environment, variables)));
               nb::dict told;
               told["name"] = info.name;
               told["dir"] = info.dir;
               told["environment"] = info.environment;
               told["sources"] = info.sources;
               told["teams"] = info.teams;
               told["lake"] = info.lake;
               told["queries"] = info.queries;
               return told;
             });
  module.def("check_source", [](const OpenSource& opened, const std::string& database) {
    const NamedSource& source = opened.get();
    std::stop_source stop;
    auto told = Interruptible(stop, {},
                              [&source, &database, token = stop.get_token()]()
                                  -> arrow::Result<std::map<std::string, std::string>> {
                                ARROW_ASSIGN_OR_RAISE(auto opened, source.Open(database));
                                return opened->Check(token);
                              });
    Check(Redacted(told.status(), source));
    return *told;
  });
  module.def(
      "bind_query",
      [](const std::string& name, const std::vector<std::string>& folders,
         const std::map<std::string, std::string>& values, const std::string& dialect) {
        return Check(BindQuery(Check(FindQuery(name, folders)), values, dialect));
      });
  module.def("query_folders", [](const std::string& project, const Variables& variables) {
    return QueryFolders(Around(project, "", variables));
  });
  module.def("find_query",
             [](const std::string& name, const std::vector<std::string>& folders) {
               return ToDict(Check(FindQuery(name, folders)));
             });
  module.def("list_queries", [](const std::vector<std::string>& folders) {
    nb::list queries;
    for (const NamedQuery& query : Check(ListQueries(folders))) {
      queries.append(ToDict(query));
    }
    return queries;
  });
}

}  // namespace keelboat::python
