#include "warehouses/snowflake/account_check.h"

#include <cstdlib>

#include "core/clock_skew.h"
#include "keelboat/error.h"
#include "warehouses/snowflake/copy.h"
#include "warehouses/snowflake/load_name.h"
#include "warehouses/snowflake/login.h"
#include "warehouses/snowflake/setup.h"

namespace keelboat::snowflake {
namespace {

/// Beyond this, key pairs are refused soon and leftovers of loads cannot be told by age.
constexpr std::chrono::seconds kLargestSkew{300};

std::chrono::seconds AheadOf(int64_t server_seconds, SystemTime now) {
  const auto here =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return here - std::chrono::seconds(server_seconds);
}

arrow::Status CheckClock(std::chrono::seconds ahead) {
  if (std::chrono::abs(ahead) <= kLargestSkew) return arrow::Status::OK();
  return MakeError(ErrorKind::kConfig,
                   "this machine's clock is " +
                       std::to_string(std::chrono::abs(ahead).count()) + " seconds " +
                       (ahead.count() > 0 ? "ahead of" : "behind") +
                       " Snowflake's: set it by a time server (NTP)");
}

arrow::Status CheckTables(Session& session, const Place& place,
                          const std::string& warehouse, SystemTime now) {
  // The name is one that a later load removes, should this process die here.
  const std::string probe = place.Name(LoadName::New(now).Table());
  ARROW_RETURN_NOT_OK(AddContext(
      session.Execute("CREATE TRANSIENT TABLE " + probe + " (\"PROBE\" NUMBER(1,0))")
          .status(),
      "making a table in the schema " + place.Schema()));
  arrow::Status written = session.Execute("INSERT INTO " + probe + " SELECT 1").status();
  if (written.ok()) written = session.Execute("DELETE FROM " + probe).status();
  arrow::Status dropped = session.Execute("DROP TABLE IF EXISTS " + probe).status();
  ARROW_RETURN_NOT_OK(AddContext(
      written, "writing with the warehouse " +
                   (warehouse.empty() ? "that is the user's default" : warehouse)));
  return dropped;
}

// Listing an external stage has Snowflake look into the bucket.
arrow::Status CheckStageFolder(Session& session, const Place& place,
                               const SnowflakeOptions& options) {
  const std::string stage = place.Name(ObjectName(options.stage));
  const std::string folder = StageFolder(stage, "_keelboat_check");
  arrow::Status listed = session.Fetch("LIST " + folder).status();
  if (KindOf(listed) != ErrorKind::kNotFound) {
    return AddContext(listed, "listing the stage " + stage);
  }
  return MakeError(ErrorKind::kNotFound,
                   "there is no stage " + stage +
                       " that this login may use: `keelboat setup` makes it (" +
                       listed.message() + ")",
                   {{"setting", "stage"}});
}

}  // namespace

arrow::Result<WarehouseInfo> CheckAccount(Session& session,
                                          const SnowflakeOptions& options,
                                          SystemTime now) {
  const Place place = PlaceOf(options);
  ARROW_RETURN_NOT_OK(session.UseDatabase(place));
  ARROW_ASSIGN_OR_RAISE(
      auto answer,
      session.Fetch(
          "SELECT CURRENT_VERSION(), DATEDIFF(SECOND, CAST('1970-01-01 00:00:00' "
          "AS TIMESTAMP_NTZ), CAST(CURRENT_TIMESTAMP() AS TIMESTAMP_NTZ)), "
          "CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE()"));
  const adbc::Row& row = answer.at(0);
  ARROW_ASSIGN_OR_RAISE(int64_t seconds, ToInteger(row.at(1)));
  const std::chrono::seconds ahead = AheadOf(seconds, now);
  ARROW_RETURN_NOT_OK(CheckClock(ahead));
  ARROW_RETURN_NOT_OK(session.UsePlace(place));
  ARROW_RETURN_NOT_OK(CheckTables(session, place, options.warehouse, now));
  ARROW_RETURN_NOT_OK(CheckStageFolder(session, place, options));
  WarehouseInfo info{"Snowflake", row[0].value_or(""),
                     HostOf(options) + "/" + place.database + "." + place.schema};
  info.findings = {
      "as " + row.at(2).value_or(options.user),
      "role " + row.at(3).value_or("none"),
      "warehouse " + row.at(4).value_or("none"),
      options.protocol == "http" ? "not encrypted" : "TLS, its certificate verified",
      ClockSkewText(ahead),
      "a table made, written, emptied and dropped",
      "stage " + ObjectName(options.stage) + " listed"};
  return info;
}

}  // namespace keelboat::snowflake
