#pragma once

#include <string>
#include <vector>

namespace keelboat::mysql {

/// \brief Texts that may lie between two texts in some collation.
///
/// They begin as `low` or `high` do and go on with characters that may come between
/// theirs. The first attempts look where the two differ, letter case aside; later ones
/// where they differ at all and deeper; the last is `high` itself. Empty: no more
/// attempts. Valid UTF-8 as far as the two are; pure.
std::vector<std::string> TextCandidates(const std::string& low, const std::string& high,
                                        int attempt);

}  // namespace keelboat::mysql
