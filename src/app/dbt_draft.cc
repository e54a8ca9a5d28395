#include "app/dbt_draft.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "app/yaml_text.h"
#include "core/field_metadata.h"

namespace keelboat {
namespace {

// Words that DuckDB or Snowflake do not take for a bare column name.
constexpr std::string_view kReservedWords[] = {"account",
                                               "all",
                                               "alter",
                                               "analyse",
                                               "analyze",
                                               "and",
                                               "any",
                                               "array",
                                               "as",
                                               "asc",
                                               "asymmetric",
                                               "between",
                                               "both",
                                               "by",
                                               "case",
                                               "cast",
                                               "check",
                                               "collate",
                                               "column",
                                               "connect",
                                               "connection",
                                               "constraint",
                                               "create",
                                               "cross",
                                               "current",
                                               "current_date",
                                               "current_time",
                                               "current_timestamp",
                                               "current_user",
                                               "database",
                                               "default",
                                               "deferrable",
                                               "delete",
                                               "desc",
                                               "describe",
                                               "distinct",
                                               "do",
                                               "drop",
                                               "else",
                                               "end",
                                               "except",
                                               "exists",
                                               "false",
                                               "fetch",
                                               "following",
                                               "for",
                                               "foreign",
                                               "from",
                                               "full",
                                               "grant",
                                               "group",
                                               "having",
                                               "ilike",
                                               "in",
                                               "initially",
                                               "inner",
                                               "insert",
                                               "intersect",
                                               "into",
                                               "is",
                                               "join",
                                               "lambda",
                                               "lateral",
                                               "leading",
                                               "left",
                                               "like",
                                               "limit",
                                               "localtime",
                                               "localtimestamp",
                                               "natural",
                                               "not",
                                               "null",
                                               "offset",
                                               "on",
                                               "only",
                                               "or",
                                               "order",
                                               "pivot",
                                               "placing",
                                               "primary",
                                               "qualify",
                                               "references",
                                               "returning",
                                               "right",
                                               "row",
                                               "rows",
                                               "sample",
                                               "schema",
                                               "select",
                                               "set",
                                               "show",
                                               "some",
                                               "start",
                                               "summarize",
                                               "symmetric",
                                               "table",
                                               "tablesample",
                                               "then",
                                               "to",
                                               "trailing",
                                               "trigger",
                                               "true",
                                               "try_cast",
                                               "union",
                                               "unique",
                                               "unpivot",
                                               "update",
                                               "using",
                                               "values",
                                               "variadic",
                                               "view",
                                               "when",
                                               "whenever",
                                               "where",
                                               "window",
                                               "with"};

bool IsReserved(std::string_view word) {
  return std::find(std::begin(kReservedWords), std::end(kReservedWords), word) !=
         std::end(kReservedWords);
}

// Base letters of U+00C0 to U+017F; '?' where there is none.
constexpr std::string_view kLatinLetters =
    "aaaaaaaceeeeiiiidnooooo?ouuuuyts"
    "aaaaaaaceeeeiiiidnooooo?ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnn"
    "oooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatinLetters.size() == 0x180 - 0xC0);

/// Texts in dbt's YAML files are Jinja templates: a comment must not become code.
std::string DescriptionText(std::string_view text) {
  std::string safe;
  for (char c : text) {
    if (!safe.empty() && safe.back() == '{' && (c == '{' || c == '%' || c == '#')) {
      safe += ' ';
    }
    safe += c;
  }
  return QuotedYamlText(safe);
}

/// dbt puts names between double quotes as they are: those inside must be doubled
/// already.
std::string DoubledQuotes(std::string_view name) {
  std::string doubled;
  for (char c : name) doubled += c == '"' ? "\"\"" : std::string(1, c);
  return doubled;
}

/// A text as a Jinja string inside {{ }}.
std::string JinjaText(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string CommentOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return "";
  return field.metadata()->Get(kCommentKey).ValueOr("");
}

/// A column of a staging model: what it reads and what it is called there.
struct StagingColumn {
  std::string source;  ///< SQL, maybe with Jinja.
  std::string name;    ///< Plain.
  std::string description;
  bool is_key = false;
};

struct StagingModel {
  const Relation* relation = nullptr;
  std::string table;  ///< The source table's name in dbt; plain.
  std::vector<StagingColumn> columns;
  bool has_loaded_at = true;
  bool unique_key = false;  ///< The one key column is unique.
};

StagingModel MakeModel(const Relation& relation, std::vector<std::string>* tables) {
  StagingModel model;
  model.relation = &relation;
  model.table = UniqueName(PlainName(relation.table), tables);
  model.unique_key = relation.primary_key.size() == 1;
  std::vector<std::string> names;
  for (const auto& field : relation.schema->fields()) {
    StagingColumn column;
    column.name = PlainName(field->name());
    if (IsReserved(column.name)) column.name += "_";
    column.name = UniqueName(column.name, &names);
    column.source =
        column.name == field->name()
            ? column.name
            : "{{ adapter.quote(" + JinjaText(DoubledQuotes(field->name())) + ") }}";
    column.description = CommentOf(*field);
    const auto& key = relation.primary_key;
    column.is_key = std::find(key.begin(), key.end(), field->name()) != key.end();
    model.columns.push_back(std::move(column));
  }
  model.has_loaded_at = std::find(names.begin(), names.end(), "loaded_at") == names.end();
  return model;
}

std::string ModelSql(const StagingModel& model, const std::string& source) {
  std::string sql =
      "-- Columns as they are at the source: rename, cast and clean here.\nselect\n";
  for (const StagingColumn& column : model.columns) {
    sql += "    " + column.source;
    if (column.source != column.name) sql += " as " + column.name;
    sql += ",\n";
  }
  sql += std::string("    _keelboat_loaded_at") +
         (model.has_loaded_at ? " as loaded_at" : "") + "\n";
  return sql + "from {{ source('" + source + "', '" + model.table + "') }}\n";
}

std::string SourcesYaml(const std::vector<StagingModel>& models,
                        const std::string& source) {
  std::string yaml =
      "version: 2\n\nsources:\n  - name: " + source +
      "\n    description: Tables as keelboat loads them, every column as it is at the "
      "source.\n"
      // keelboat says where it loads to; by hand, the variable does.
      "    schema: \"{{ env_var('KEELBOAT_RAW_SCHEMA', var('raw_schema')) }}\"\n"
      "    config:\n"
      "      freshness:\n"
      "        warn_after: {count: 36, period: hour}\n"
      "        error_after: {count: 72, period: hour}\n"
      "      loaded_at_field: _keelboat_loaded_at\n"
      "    tables:\n";
  for (const StagingModel& model : models) {
    yaml += "      - name: " + model.table + "\n";
    if (model.table != model.relation->table) {
      yaml +=
          "        identifier: " + DescriptionText(DoubledQuotes(model.relation->table)) +
          "\n        quoting: {identifier: true}\n";
    }
    if (!model.relation->comment.empty()) {
      yaml += "        description: " + DescriptionText(model.relation->comment) + "\n";
    }
  }
  return yaml;
}

std::string StagingYaml(const std::vector<StagingModel>& models) {
  std::string yaml = "version: 2\n\nmodels:\n";
  for (const StagingModel& model : models) {
    const std::string& comment = model.relation->comment;
    yaml += "  - name: stg_" + model.table + "\n    description: " +
            DescriptionText(comment.empty() ? "Rows of " + model.relation->table + "."
                                            : comment) +
            "\n    columns:\n";
    for (const StagingColumn& column : model.columns) {
      yaml += "      - name: " + YamlText(column.name) + "\n";
      if (!column.description.empty()) {
        yaml += "        description: " + DescriptionText(column.description) + "\n";
      }
      if (column.is_key) {
        yaml += std::string("        data_tests: [") +
                (model.unique_key ? "unique, " : "") + "not_null]\n";
      }
    }
    yaml += std::string("      - name: ") +
            (model.has_loaded_at ? "loaded_at" : "_keelboat_loaded_at") +
            "\n        description: When keelboat loaded the row (UTC).\n";
  }
  return yaml;
}

std::string DbtProjectYaml(const std::string& project) {
  return "name: " + YamlText(project) + R"(
version: "1.0.0"
config-version: 2

# keelboat writes the profile of this name from keelboat.yaml.
profile: keelboat

model-paths: [models]
macro-paths: [macros]
target-path: target
clean-targets: [target]

flags:
  send_anonymous_usage_stats: false

vars:
  # Where the source tables are when dbt is run by hand; keelboat says it itself.
  raw_schema: raw

models:
  )" + YamlText(project) +
         R"(:
    staging:
      +schema: staging
      +materialized: view
)";
}

constexpr std::string_view kSchemaMacro =
    R"({#- Schemas are called as the models say, in every environment: the environments differ by
    database. KEELBOAT_SCHEMA_SUFFIX (set to _test by `keelboat run --test-mode`) keeps a
    trial run apart; the target's own schema has it already. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name -%}
        {{ custom_schema_name | trim }}{{ env_var('KEELBOAT_SCHEMA_SUFFIX', '') }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}
)";

}  // namespace

std::string PlainName(std::string_view name) {
  std::string plain;
  const auto separate = [&] {
    if (!plain.empty() && plain.back() != '_') plain += '_';
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x80) {
      if (std::isalnum(c) || c == '_') {
        plain += static_cast<char>(std::tolower(c));
      } else {
        separate();
      }
    } else if (c >= 0xC3 && c <= 0xC5 && i + 1 < name.size()) {
      const auto next = static_cast<unsigned char>(name[++i]);
      const std::size_t letter = (c - 0xC3u) * 64u + (next - 0x80u);
      if (letter < kLatinLetters.size() && kLatinLetters[letter] != '?') {
        plain += kLatinLetters[letter];
      } else {
        separate();
      }
    } else if ((c & 0xC0) != 0x80) {
      separate();
    }
  }
  const bool keeps_tail = !name.empty() && name.back() == '_';
  while (!keeps_tail && plain.ends_with('_')) plain.pop_back();
  if (plain.empty()) return "unnamed";
  if (std::isdigit(static_cast<unsigned char>(plain.front()))) plain = "_" + plain;
  return plain;
}

std::string UniqueName(const std::string& name, std::vector<std::string>* taken) {
  std::string unique = name;
  for (int i = 2; std::find(taken->begin(), taken->end(), unique) != taken->end(); ++i) {
    unique = name + "_" + std::to_string(i);
  }
  taken->push_back(unique);
  return unique;
}

std::vector<ProjectFile> DraftDbtProject(const std::string& project,
                                         const std::string& source,
                                         const std::vector<Relation>& relations) {
  std::vector<std::string> tables;
  std::vector<StagingModel> models;
  models.reserve(relations.size());
  for (const Relation& relation : relations) {
    models.push_back(MakeModel(relation, &tables));
  }
  std::vector<ProjectFile> files = {
      {"dbt/dbt_project.yml", DbtProjectYaml(project)},
      {"dbt/macros/generate_schema_name.sql", std::string(kSchemaMacro)},
      {"dbt/models/sources.yml", SourcesYaml(models, source)},
      {"dbt/models/staging/staging.yml", StagingYaml(models)},
  };
  for (const StagingModel& model : models) {
    files.push_back(
        {"dbt/models/staging/stg_" + model.table + ".sql", ModelSql(model, source)});
  }
  return files;
}

}  // namespace keelboat
