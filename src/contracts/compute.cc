#include "contracts/compute.h"

#include <arrow/compute/initialize.h>

namespace keelboat {

arrow::Status PrepareCompute() {
  static const arrow::Status status = arrow::compute::Initialize();
  return status;
}

}  // namespace keelboat
