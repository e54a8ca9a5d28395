#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "sources/metabase/engine_kind.h"

namespace keelboat::metabase {

enum class SqlTokenKind : uint8_t {
  kWord,    ///< Keyword or bare name, also one with digits.
  kNumber,  ///< Begins with a digit.
  kString,  ///< 'text', $tag$text$tag$.
  kName,    ///< A quoted name: "a", `a`, [a].
  kTag,     ///< {{tag}} of Metabase.
  kSymbol,  ///< One character of anything else.
};

/// A piece of SQL that means something: no white space, no comment.
struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kSymbol;
  std::size_t begin = 0;  ///< Where it stands in the text.
  std::size_t end = 0;
  int depth = 0;  ///< Parentheses around it; a parenthesis itself counts as outside.
};

/// \brief Takes SQL apart: knows comments, strings and quoted names of the dialect.
///
/// kConfig for a string, a name or a comment without its end and for parentheses that
/// do not balance: such a text cannot be put into parentheses of ours.
arrow::Result<std::vector<SqlToken>> TokensOf(std::string_view sql, EngineKind engine);

/// The name that a word or a quoted name spells: without quotes and escapes.
std::string NameOfToken(std::string_view text, EngineKind engine);

}  // namespace keelboat::metabase
