#include "warehouses/snowflake/setup.h"

#include <algorithm>
#include <set>

#include "keelboat/error.h"
#include "warehouses/snowflake/ledger.h"
#include "warehouses/snowflake/table_setup.h"

namespace keelboat::snowflake {
namespace {

constexpr const char* kFileFormat = "KEELBOAT_PARQUET";
constexpr const char* kHidden = "'***'";

/// The host of a store that is not Amazon's, as Snowflake wants it; empty for Amazon's
/// own.
std::string EndpointOf(const SnowflakeOptions& options) {
  std::string host = options.stage_endpoint;
  if (auto scheme = host.find("://"); scheme != std::string::npos) {
    host.erase(0, scheme + 3);
  }
  while (host.ends_with('/')) host.pop_back();
  const std::string name = host.substr(0, host.find(':'));
  return name.ends_with(".amazonaws.com") ? "" : host;
}

std::string ExternalStage(const SnowflakeOptions& options, bool hide) {
  std::string url = options.stage_url;
  if (!url.ends_with('/')) url += '/';
  auto secret = [&](const std::string& value) {
    return hide ? std::string(kHidden) : QuoteText(value);
  };
  const std::string endpoint = EndpointOf(options);
  // Buckets that are not Amazon's have a scheme of their own.
  if (!endpoint.empty()) url.replace(0, 5, "s3compat://");
  std::string clause = " URL = " + QuoteText(url);
  if (!endpoint.empty()) clause += " ENDPOINT = " + QuoteText(endpoint);
  if (!options.storage_integration.empty()) {
    return clause +
           " STORAGE_INTEGRATION = " + QuoteName(ObjectName(options.storage_integration));
  }
  clause += " CREDENTIALS = (AWS_KEY_ID = " + secret(options.stage_access_key) +
            " AWS_SECRET_KEY = " + secret(options.stage_secret_key);
  if (!options.stage_session_token.empty()) {
    clause += " AWS_TOKEN = " + secret(options.stage_session_token);
  }
  return clause + ")";
}

arrow::Result<bool> Exists(Session& session, const Needed& needed) {
  auto rows = session.Fetch(needed.find);
  // What it lies in is not there either.
  if (!rows.ok() && KindOf(rows.status()) == ErrorKind::kNotFound) return false;
  ARROW_RETURN_NOT_OK(rows.status());
  return std::any_of(rows->begin(), rows->end(), [&](const adbc::Row& row) {
    return row.size() > 1 && row[1] == needed.bare;
  });
}

}  // namespace

Place PlaceOf(const SnowflakeOptions& options) {
  return {ObjectName(options.database), ObjectName(options.schema)};
}

std::vector<Needed> NeededObjects(const SnowflakeOptions& options,
                                  const std::vector<std::string>& schemas) {
  const Place place = PlaceOf(options);
  const std::string stage = ObjectName(options.stage);
  const std::string here = " IN SCHEMA " + place.Schema();
  auto like = [](const std::string& name) { return " LIKE " + QuoteText(name); };
  std::vector<Needed> needed;
  auto add = [&](const std::string& kind, const std::string& name,
                 const std::string& find, const std::string& bare,
                 const std::string& make, const std::string& shown) {
    needed.push_back({kind, name, find, bare, make, shown.empty() ? make : shown});
  };
  add("database", QuoteName(place.database), "SHOW DATABASES" + like(place.database),
      place.database, "CREATE DATABASE IF NOT EXISTS " + QuoteName(place.database), "");
  std::set<std::string> known;
  auto add_schema = [&](const Place& at) {
    if (!known.insert(at.schema).second) return;
    add("schema", at.Schema(),
        "SHOW SCHEMAS" + like(at.schema) + " IN DATABASE " + QuoteName(at.database),
        at.schema, "CREATE SCHEMA IF NOT EXISTS " + at.Schema(), "");
  };
  add_schema(place);
  for (const std::string& schema : schemas) {
    add_schema({place.database, ObjectName(schema)});
  }
  const Ledger ledger(place);
  add("ledger", ledger.name(), "SHOW TABLES" + like(kLedgerTable) + here, kLedgerTable,
      ledger.CreateStatement(), "");
  const std::string format = place.Name(kFileFormat);
  add("file format", format, "SHOW FILE FORMATS" + like(kFileFormat) + here, kFileFormat,
      "CREATE FILE FORMAT IF NOT EXISTS " + format +
          " TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE",
      "");
  const std::string head = "CREATE STAGE IF NOT EXISTS " + place.Name(stage);
  const std::string tail = " FILE_FORMAT = (FORMAT_NAME = " + QuoteText(format) + ")";
  const bool external = options.load == SnowflakeLoadMode::kStage;
  add("stage", place.Name(stage), "SHOW STAGES" + like(stage) + here, stage,
      head + (external ? ExternalStage(options, false) : "") + tail,
      head + (external ? ExternalStage(options, true) : "") + tail);
  return needed;
}

arrow::Status SetUp(Session& session, const SnowflakeOptions& options,
                    const SetupRequest& request, bool with_database) {
  const Place place = PlaceOf(options);
  bool database_is_there = true;
  bool schema_is_there = true;
  for (const Needed& needed : NeededObjects(options, request.schemas)) {
    const bool is_database = needed.kind == "database";
    const bool is_schema = needed.kind == "schema";
    if (is_database && !with_database) continue;
    SetupStep step{needed.kind + " " + needed.name, needed.shown};
    if (is_schema ? database_is_there : schema_is_there) {
      ARROW_ASSIGN_OR_RAISE(step.existed, Exists(session, needed));
    }
    if (!step.existed && !request.dry_run) {
      arrow::Status made = session.Execute(needed.make).status();
      ARROW_RETURN_NOT_OK(
          AddContext(made, "making the " + needed.kind + " " + needed.name));
    }
    const bool is_missing = !step.existed && request.dry_run;
    if (is_missing && is_database) database_is_there = false;
    if (is_missing && (is_database || needed.name == place.Schema())) {
      schema_is_there = false;
    }
    request.Tell(step);
  }
  // A ledger without its gate was made by hand, or its making was cut short.
  if (!request.dry_run) {
    ARROW_RETURN_NOT_OK(session.Execute(Ledger(place).GateStatement()).status());
  }
  return SetUpTables(session, place, request, schema_is_there);
}

}  // namespace keelboat::snowflake
