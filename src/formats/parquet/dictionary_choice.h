#pragma once

#include <vector>

namespace arrow {
class RecordBatch;
}  // namespace arrow

namespace keelboat {

/// \brief Whether each column of a batch repeats its values enough for a dictionary.
///
/// A dictionary that is given up half-way costs more than none. Looks at no more
/// than the first 32 Ki rows.
std::vector<bool> ChooseDictionaries(const arrow::RecordBatch& batch);

}  // namespace keelboat
