#pragma once

#include <stop_token>
#include <string>

#include "lake/lake.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief Lets a warehouse that reads files by their path load from a lake elsewhere.
///
/// Where the files of `snapshot` are not on this machine, `request->fetch` copies those
/// that it is asked for into a folder of its own in `folder`, two at a time, and compares
/// them with what was committed; those of which this process kept a copy when it wrote
/// them are not fetched again. The folder goes with the request; those of processes
/// that died go with the next one. So a load takes as much disk as the files it reads.
/// Otherwise nothing is set. `lake_table` is borrowed for as long as the request lives.
void FetchFiles(const LakeTable& lake_table, const LakeSnapshot& snapshot,
                const std::string& folder, const std::stop_token& stop,
                LoadRequest* request);

}  // namespace keelboat
