#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/snowflake/options.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// An object that loads need.
struct Needed {
  std::string kind;   ///< "database", "schema", "ledger", "file format", "stage".
  std::string name;   ///< Quoted, with where it lies.
  std::string find;   ///< SHOW statement; its second column has the name.
  std::string bare;   ///< The name to look for there.
  std::string make;   ///< SQL.
  std::string shown;  ///< The same without secrets.
};

/// What loads need, and `schemas`, in the order in which it can be made.
std::vector<Needed> NeededObjects(const SnowflakeOptions& options,
                                  const std::vector<std::string>& schemas);

/// \brief Makes what is missing, or in a dry run only looks.
///
/// `with_database` false: the database has to be there.
arrow::Status SetUp(Session& session, const SnowflakeOptions& options,
                    const SetupRequest& request, bool with_database = true);

/// Database and schema of the options.
Place PlaceOf(const SnowflakeOptions& options);

}  // namespace keelboat::snowflake
