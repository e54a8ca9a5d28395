#pragma once

#include <cstdint>
#include <string_view>

namespace keelboat::metabase {

/// The SQL that a database behind Metabase speaks, as far as keelboat knows it.
enum class EngineKind : uint8_t {
  kClickHouse,
  kPostgres,
  kMysql,  ///< MariaDB, too.
  kOther,  ///< Standard SQL is assumed, and as little of it as possible.
};

/// What Metabase's name of an engine ("clickhouse", "postgres", "mysql", …) stands for.
constexpr EngineKind EngineKindOf(std::string_view engine) {
  if (engine == "clickhouse") return EngineKind::kClickHouse;
  if (engine == "postgres") return EngineKind::kPostgres;
  if (engine == "mysql" || engine == "mariadb") return EngineKind::kMysql;
  return EngineKind::kOther;
}

}  // namespace keelboat::metabase
