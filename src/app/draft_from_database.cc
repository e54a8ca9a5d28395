#include "app/draft_from_database.h"

#include "app/database_url.h"
#include "app/project.h"

namespace keelboat {

arrow::Result<DraftedProject> DraftFromDatabase(const std::string& name,
                                                std::string_view url,
                                                const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto mysql, ParseDatabaseUrl(url));
  ARROW_ASSIGN_OR_RAISE(auto source, MakeSource(name, mysql));
  ARROW_ASSIGN_OR_RAISE(auto relations, DescribeDatabase(*source, stop));
  return DraftProject(name, mysql, relations);
}

}  // namespace keelboat
