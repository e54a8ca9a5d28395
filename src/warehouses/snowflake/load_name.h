#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace keelboat::snowflake {

/// \brief What one load's table and folder on the stage are called.
///
/// Tells when it began, so that what dead runs left can be told from what is under way.
class LoadName {
 public:
  /// A new name: "20261121T020000Z_5F3A9C1B".
  static LoadName New(SystemTime now);

  /// "_KEELBOAT_LOAD_20261121T020000Z_5F3A9C1B"
  std::string Table() const;
  /// "loads/20261121T020000Z_5F3A9C1B/"
  std::string Folder() const;

  /// When the load began whose table this is; nullopt for any other table.
  static std::optional<SystemTime> TimeOfTable(std::string_view table);
  /// The folder of a load that a listed file of the stage is in; empty for any other.
  static std::string FolderOfFile(std::string_view path);
  /// When the load of such a folder began.
  static std::optional<SystemTime> TimeOfFolder(std::string_view folder);

 private:
  explicit LoadName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace keelboat::snowflake
