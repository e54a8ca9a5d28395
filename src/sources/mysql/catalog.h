#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/lent_connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// The database's base tables, sorted by name as bytes.
arrow::Result<std::vector<std::string>> ListTables(Connection* connection);

/// \brief Describes a table or view: schema, keys, estimates, comments.
///
/// kNotFound names the nearest tables; kDenied the grant that is missing. Takes the
/// connection over: types are asked of a prepared statement.
arrow::Result<Relation> DescribeTable(ConnectionPtr connection, const std::string& table);

/// "olistt does not exist (did you mean 'olist'?)", asked of a server whose database
/// `options.database` is missing, or hidden from the user.
arrow::Status MissingDatabase(const MysqlOptions& options, const arrow::Status& cause,
                              const std::stop_token& stop);

/// Names of the relation's columns that have to be printed by the server, because the
/// source reads calendar dates as text.
bool ReadAsText(const arrow::Field& field);

}  // namespace keelboat::mysql
