#include "warehouses/snowflake/account_check.h"

#include <cstdlib>

#include "keelboat/error.h"
#include "warehouses/snowflake/load_name.h"
#include "warehouses/snowflake/login.h"
#include "warehouses/snowflake/setup.h"

namespace keelboat::snowflake {
namespace {

/// Beyond this, key pairs are refused soon and leftovers of loads cannot be told by age.
constexpr std::chrono::seconds kLargestSkew{300};

arrow::Status CheckClock(int64_t server_seconds, SystemTime now) {
  const auto here =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const std::chrono::seconds ahead = here - std::chrono::seconds(server_seconds);
  if (std::chrono::abs(ahead) <= kLargestSkew) return arrow::Status::OK();
  return MakeError(ErrorKind::kConfig,
                   "this machine's clock is " +
                       std::to_string(std::chrono::abs(ahead).count()) + " seconds " +
                       (ahead.count() > 0 ? "ahead of" : "behind") +
                       " Snowflake's: set it by a time server (NTP)");
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
          "AS TIMESTAMP_NTZ), CAST(CURRENT_TIMESTAMP() AS TIMESTAMP_NTZ))"));
  ARROW_ASSIGN_OR_RAISE(int64_t seconds, ToInteger(answer.at(0).at(1)));
  ARROW_RETURN_NOT_OK(CheckClock(seconds, now));
  ARROW_RETURN_NOT_OK(session.UsePlace(place));
  // The name is one that a later load removes, should this process die here.
  const std::string probe = place.Name(LoadName::New(now).Table());
  ARROW_RETURN_NOT_OK(AddContext(
      session.Execute("CREATE TRANSIENT TABLE " + probe + " (\"PROBE\" NUMBER(1,0))")
          .status(),
      "making a table in the schema " + place.Schema()));
  arrow::Status written = session.Execute("INSERT INTO " + probe + " SELECT 1").status();
  arrow::Status dropped = session.Execute("DROP TABLE IF EXISTS " + probe).status();
  ARROW_RETURN_NOT_OK(AddContext(
      written, "writing with the warehouse " + (options.warehouse.empty()
                                                    ? "that is the user's default"
                                                    : options.warehouse)));
  ARROW_RETURN_NOT_OK(dropped);
  return WarehouseInfo{"Snowflake", answer[0][0].value_or(""),
                       HostOf(options) + "/" + place.database + "." + place.schema};
}

}  // namespace keelboat::snowflake
