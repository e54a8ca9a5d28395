#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

#include "sources/mysql/column_type.h"
#include "sources/mysql/lent_connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// \brief Describes a query: its text as it is read and its schema, no keys.
///
/// The server prepares the query and runs nothing. kConfig for what it cannot prepare,
/// and as `QueryText` says. Takes the connection over.
arrow::Result<Relation> DescribeQuery(ConnectionPtr connection, const std::string& sql);

/// The type that a table's column would be declared with: "decimal(10,2) unsigned". Of an
/// enum or a set the members are not known.
std::string DeclaredType(const ServerField& field);

}  // namespace keelboat::mysql
