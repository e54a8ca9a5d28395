#include "app/fetch.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/source.h"

namespace keelboat {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;

arrow::Result<ParameterType> ParseType(const std::string& name, const std::string& type) {
  std::vector<std::string> known;
  for (const ParameterType candidate :
       {ParameterType::kText, ParameterType::kInteger, ParameterType::kNumber,
        ParameterType::kBoolean, ParameterType::kDate, ParameterType::kDatetime}) {
    known.emplace_back(ParameterTypeName(candidate));
    if (known.back() == type) return candidate;
  }
  return MakeError(ErrorKind::kConfig,
                   "parameter " + name + ": there is no type " + type +
                       DidYouMean(type, known) +
                       ": text, integer, number, boolean, date, datetime");
}

// One fetch, as often as it has to be begun.
class Fetching {
 public:
  Fetching(const NamedSource& source, const FetchRequest& request, Observer& observer)
      : named_(source),
        request_(request),
        observer_(observer),
        options_(request.options) {}

  arrow::Result<FetchReport> Run() {
    began_ = steady_clock::now();
    observer_.On(TableStarted{request_.Label(), Phase::kExtract, "", "", {}});
    while (true) {
      auto report = Once();
      if (report.ok()) return report;
      const std::string column = DetailOf(report.status(), kMismatchedColumn);
      const auto& texts = options_.text_columns;
      const bool again = request_.mismatch_as_text && !column.empty() &&
                         std::find(texts.begin(), texts.end(), column) == texts.end();
      if (!again && !column.empty()) {
        return report.status().WithMessage(report.status().message(),
                                           ": --on-mismatch string does");
      }
      if (!again) return report.status();
      options_.text_columns.push_back(column);
      Warn("column " + column + " comes as text: " + report.status().message());
    }
  }

 private:
  void Warn(std::string message) {
    observer_.On(Warned{request_.Label(), message});
    warnings_.push_back(std::move(message));
  }

  arrow::Result<FetchReport> Once() {
    ARROW_ASSIGN_OR_RAISE(auto reader, FetchFrom(named_, request_.question, options_));
    FetchReport report;
    report.info = reader->info();
    report.schema = reader->schema();
    const bool expected = report.info.rows.has_value();
    observer_.On(TableStarted{request_.Label(), Phase::kExtract,
                              std::string(FetchStrategyName(report.info.strategy)),
                              report.info.reason,
                              expected ? report.info.rows : report.info.estimated_rows});
    ARROW_ASSIGN_OR_RAISE(auto output, FetchOutput::Open(request_.output, request_.format,
                                                         request_.mismatch_as_text,
                                                         report.schema, options_.stop));
    int64_t arrow_bytes = 0;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
      if (batch == nullptr) break;
      ARROW_RETURN_NOT_OK(output->Write(*batch));
      report.rows += batch->num_rows();
      arrow_bytes += arrow::util::TotalBufferSize(*batch);
      observer_.On(
          TableProgress{request_.Label(), Phase::kExtract, report.rows, arrow_bytes});
    }
    report.moved = reader->moved();
    std::vector<std::string> warnings = reader->Warnings();
    ARROW_RETURN_NOT_OK(reader->Close());
    ARROW_ASSIGN_OR_RAISE(report.bytes, output->Finish());
    if (!report.info.note.empty()) Warn(report.info.note);
    for (std::string& warning : warnings) Warn(std::move(warning));
    report.warnings = warnings_;
    report.took = duration_cast<microseconds>(steady_clock::now() - began_);
    observer_.On(TableCommitted{.table = request_.Label(),
                                .phase = Phase::kExtract,
                                .rows = report.rows,
                                .bytes = report.bytes,
                                .files = 1,
                                .version = 0,
                                .nothing_new = false,
                                .took = report.took});
    return report;
  }

  const NamedSource& named_;
  const FetchRequest& request_;
  Observer& observer_;
  FetchOptions options_;
  std::vector<std::string> warnings_;
  steady_clock::time_point began_;
};

}  // namespace

std::string FetchRequest::Label() const {
  if (!question.query.empty()) return "@" + question.query;
  if (!question.table.empty()) return question.table;
  if (!question.card.empty()) return "card " + question.card;
  return "query";
}

arrow::Result<std::map<std::string, ParameterValue>> ParseParameters(
    const std::vector<std::string>& texts, bool typed) {
  std::map<std::string, ParameterValue> values;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      // Not repeated here: it may be a value alone.
      return MakeError(ErrorKind::kConfig,
                       "a parameter is NAME=VALUE: -p since=2024-01-01");
    }
    std::string name = text.substr(0, equals);
    ParameterValue value{ParameterType::kText, text.substr(equals + 1)};
    if (const std::size_t colon = name.find(':'); typed && colon != std::string::npos) {
      ARROW_ASSIGN_OR_RAISE(value.type,
                            ParseType(name.substr(0, colon), name.substr(colon + 1)));
      name.resize(colon);
    }
    if (!values.emplace(name, std::move(value)).second) {
      return MakeError(ErrorKind::kConfig, "parameter " + name + " is given twice");
    }
  }
  return values;
}

arrow::Result<FetchReport> RunFetch(const NamedSource& source,
                                    const FetchRequest& request, Observer& observer) {
  return Fetching(source, request, observer).Run();
}

}  // namespace keelboat
