#include "engine/task.h"

namespace keelboat {

const char* TableStatusName(TableStatus status) {
  switch (status) {
    case TableStatus::kOk:
      return "ok";
    case TableStatus::kFailed:
      return "failed";
    case TableStatus::kSkipped:
      return "skipped";
    case TableStatus::kInterrupted:
      return "interrupted";
  }
  return "failed";
}

}  // namespace keelboat
