#include "app/verify_source.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <arrow/type.h>

#include "app/compared_rows.h"
#include "app/planning.h"
#include "app/row_matching.h"
#include "app/row_texts.h"
#include "core/retry.h"
#include "core/stop.h"
#include "engine/partition_stream.h"
#include "keelboat/error.h"
#include "lake/view/latest_rows.h"
#include "planner/increment.h"
#include "telemetry/figures.h"

namespace keelboat {
namespace {

using State = SourceVerdict::State;

constexpr int64_t kRowsHeld = 1'000'000;
constexpr int64_t kKeysHeld = 2'000'000;
constexpr int64_t kQueueBytes = int64_t{16} << 20;
constexpr std::size_t kExamples = 5;

// The part of a position that moves with every change: the place in the binary log, or
// MySQL's set of transactions. MariaDB's GTID alone may be that of a server without a
// log.
std::string LogPlace(const std::string& position) {
  if (!position.starts_with("gtid ")) return position.substr(0, position.find(' '));
  return position.find(':') == std::string::npos ? "" : position;
}

// Whether a filter may give other rows at another time.
bool MayDependOnTime(std::string where) {
  std::transform(where.begin(), where.end(), where.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  for (const char* word : {"(", "current", "local", "utc", "@"}) {
    if (where.find(word) != std::string::npos) return true;
  }
  return false;
}

class Comparison {
 public:
  Comparison(const SourceQuestion& question, const std::stop_token& stop)
      : question_(question), stop_(stop), newest_(question.newest) {}

  arrow::Result<SourceVerdict> Run() {
    ARROW_ASSIGN_OR_RAISE(key_, KeyOf(newest_));
    ARROW_ASSIGN_OR_RAISE(bool comparable, Prepare());
    if (!comparable) return std::move(verdict_);
    if (auto status = Compare(); !status.ok()) {
      if (!in_lake_ || !IsVerdict(status)) return status;
      return NotCompared(question_.lake_damaged ? "the lake's files are damaged"
                                                : status.message());
    }
    Judge();
    return std::move(verdict_);
  }

 private:
  // Of an error in the lake: whether it says something of the table.
  static bool IsVerdict(const arrow::Status& status) {
    const ErrorKind kind = KindOf(status);
    return kind == ErrorKind::kData || kind == ErrorKind::kNotFound ||
           kind == ErrorKind::kUnsupported;
  }
  static SourceVerdict NotCompared(std::string why) {
    SourceVerdict verdict;
    verdict.note = std::move(why);
    return verdict;
  }
  arrow::Result<bool> Refuse(std::string why) {
    verdict_ = NotCompared(std::move(why));
    return false;
  }

  // Finds out with what the table was loaded; false: `verdict_` says why it cannot be
  // compared.
  arrow::Result<bool> Prepare();
  arrow::Status Compare();
  arrow::Status VisitSource(
      const std::function<arrow::Status(const HashedRows&, bool open)>& visit,
      const std::function<void(const KeyHash&)>& quarantined);
  arrow::Status VisitPartition(
      const Partition& partition, bool open,
      const std::function<arrow::Status(const HashedRows&, bool open)>& visit,
      const std::function<void(const KeyHash&)>& quarantined);
  arrow::Status VisitLake(
      const std::function<arrow::Status(const DataFile&, const HashedRows&,
                                        const std::vector<bool>&)>& visit);
  arrow::Status Match(const RowDigests& lake, const RowDigests& source);
  void CountNew(bool open, bool changed, const HashedRows& rows, int64_t row);
  arrow::Status TellLakeRows(const std::map<KeyHash, bool>& wanted);
  void Judge();

  bool IsKey(const std::string& column) const {
    return std::find(key_.begin(), key_.end(), column) != key_.end();
  }

  const SourceQuestion& question_;
  const std::stop_token& stop_;
  const LakeSnapshot& newest_;
  std::vector<std::string> key_;
  SourceVerdict verdict_;
  bool in_lake_ = false;  ///< It is the lake that is being read.

  Relation relation_;
  std::vector<std::string> columns_;
  std::shared_ptr<arrow::Schema> read_schema_;
  std::string cursor_;  ///< Empty: no part of the table is open.
  std::string open_from_;
  std::vector<std::string> notes_;
  std::shared_ptr<SourceSnapshot> view_;
  std::optional<ComparedRows> compared_;
  std::optional<LatestRows> latest_;
  bool all_settled_ = false;   ///< All rows were read where the source still stands.
  bool tail_settled_ = false;  ///< Those of the open tail were.
  std::map<KeyHash, RowTexts> changed_at_source_;
  std::size_t told_new_ = 0;
};

arrow::Result<bool> Comparison::Prepare() {
  const TableSpec& spec = question_.table.spec;
  const std::string source = ValueOf(newest_, lake_key::kSource);
  if (!source.empty() && source != spec.source) {
    return Refuse("it was loaded from the source '" + source +
                  "' and is now read from '" + spec.source + "': load it first");
  }
  const Contract* contract = question_.table.contract.get();
  if (ValueOf(newest_, lake_key::kMasks) != MasksText(contract)) {
    return Refuse(
        "its masks are others than when it was loaded: load it in full "
        "(--full-refresh) first");
  }
  auto relation = question_.source.DescribeTable(spec.table, stop_);
  if (!relation.ok() && KindOf(relation.status()) == ErrorKind::kNotFound) {
    verdict_.state = State::kChangedSince;
    verdict_.note = "the source has no such table any more";
    return false;
  }
  ARROW_ASSIGN_OR_RAISE(relation_, std::move(relation));
  std::string lost;
  arrow::FieldVector fields;
  for (const std::string& name : newest_.schema->field_names()) {
    auto field = relation_.schema->GetFieldByName(name);
    if (field == nullptr) {
      if (IsKey(name)) {
        return Refuse("the source has no key column '" + name + "' any more");
      }
      lost += (lost.empty() ? "'" : ", '") + name + "'";
      continue;
    }
    columns_.push_back(name);
    fields.push_back(std::move(field));
  }
  if (!lost.empty()) notes_.push_back("the source has no column " + lost + " any more");
  if (columns_.empty()) return Refuse("none of its columns is at the source any more");
  read_schema_ = arrow::schema(std::move(fields));
  for (const std::string& name : relation_.schema->field_names()) {
    const bool wanted =
        spec.columns.empty() &&
        std::find(spec.exclude.begin(), spec.exclude.end(), name) == spec.exclude.end();
    if (wanted && newest_.schema->GetFieldIndex(name) < 0) {
      notes_.push_back("the source has a new column '" + name + "'");
    }
  }
  if (contract != nullptr) {
    auto bound = contract->Bind(read_schema_, key_, spec.incremental_column);
    if (!bound.ok()) {
      return Refuse("its contract does not fit the source any more: " +
                    bound.status().message());
    }
  }
  if (ValueOf(newest_, lake_key::kWhere) != spec.where) {
    notes_.push_back("compared with the filter that it was loaded with");
  }
  cursor_ = ValueOf(newest_, lake_key::kCursor);
  open_from_ = ValueOf(newest_, lake_key::kOpenFrom);
  if (open_from_.empty() || relation_.schema->GetFieldByName(cursor_) == nullptr) {
    cursor_.clear();
  }
  return true;
}

arrow::Status Comparison::Compare() {
  const Contract* contract = question_.table.contract.get();
  SnapshotRequest request;
  ARROW_ASSIGN_OR_RAISE(view_, question_.source.OpenSnapshot(request, stop_));
  verdict_.stands_at = view_->info().position;
  const std::vector<PastCommit>& commits = question_.commits;
  verdict_.loaded_at = commits.front().position;
  const std::string place = LogPlace(verdict_.stands_at);
  const bool steady =
      !place.empty() && !MayDependOnTime(ValueOf(newest_, lake_key::kWhere)) &&
      (contract == nullptr || contract->on_violation() != OnViolation::kQuarantine);
  tail_settled_ = steady && LogPlace(verdict_.loaded_at) == place;
  // A table may have been read in several commits of one view.
  all_settled_ = tail_settled_ && std::all_of(commits.begin(), commits.end(),
                                              [&](const PastCommit& commit) {
                                                return LogPlace(commit.position) == place;
                                              });
  const auto masked =
      contract == nullptr ? read_schema_ : contract->MaskedSchema(read_schema_);
  ARROW_ASSIGN_OR_RAISE(compared_,
                        ComparedRows::Make(question_.lake_table, masked, key_));
  in_lake_ = true;
  ARROW_ASSIGN_OR_RAISE(latest_, LatestRows::Make(question_.lake_table, newest_.files,
                                                  key_, stop_, {kKeysHeld}));
  in_lake_ = false;
  RowDigests lake;
  RowDigests source;
  ARROW_RETURN_NOT_OK(VisitLake(
      [&](const DataFile&, const HashedRows& rows, const std::vector<bool>& superseded) {
        for (std::size_t row = 0; row < rows.keys.size(); ++row) {
          if (superseded.empty() || !superseded[row])
            lake.Add(rows.keys[row], rows.values[row]);
        }
        return arrow::Status::OK();
      }));
  ARROW_RETURN_NOT_OK(VisitSource(
      [&](const HashedRows& rows, bool) {
        for (std::size_t row = 0; row < rows.keys.size(); ++row) {
          source.Add(rows.keys[row], rows.values[row]);
        }
        return arrow::Status::OK();
      },
      {}));
  verdict_.lake_rows = lake.rows();
  verdict_.source_rows = source.rows();
  if (lake == source) return arrow::Status::OK();
  return Match(lake, source);
}

arrow::Status Comparison::VisitLake(
    const std::function<arrow::Status(const DataFile&, const HashedRows&,
                                      const std::vector<bool>&)>& visit) {
  HashedRows rows;
  in_lake_ = true;
  ARROW_RETURN_NOT_OK(
      latest_->Visit(stop_, [&](const DataFile& file, const arrow::RecordBatch& batch,
                                const std::vector<bool>& superseded) {
        ARROW_RETURN_NOT_OK(compared_->FromLake(batch, &rows));
        return visit(file, rows, superseded);
      }));
  in_lake_ = false;
  return arrow::Status::OK();
}

// In two parts where the table has an open one: only the source compares cursors.
arrow::Status Comparison::VisitSource(
    const std::function<arrow::Status(const HashedRows&, bool open)>& visit,
    const std::function<void(const KeyHash&)>& quarantined) {
  Partition all;
  all.source = question_.table.spec.source;
  all.table = question_.table.spec.table;
  all.columns = columns_;
  all.where = ValueOf(newest_, lake_key::kWhere);
  if (cursor_.empty()) return VisitPartition(all, false, visit, quarantined);
  Predicate below;
  below.columns = {cursor_};
  below.upper = {open_from_};
  Predicate from;
  from.columns = {cursor_};
  from.lower = {open_from_};
  from.or_null = relation_.schema->GetFieldByName(cursor_)->nullable();
  all.predicates = {std::move(below)};
  ARROW_RETURN_NOT_OK(VisitPartition(all, false, visit, quarantined));
  all.predicates = {std::move(from)};
  all.ordinal = 1;
  return VisitPartition(all, true, visit, quarantined);
}

arrow::Status Comparison::VisitPartition(
    const Partition& partition, bool open,
    const std::function<arrow::Status(const HashedRows&, bool open)>& visit,
    const std::function<void(const KeyHash&)>& quarantined) {
  std::unique_ptr<ContractChecker> checker;
  if (const Contract* contract = question_.table.contract.get()) {
    ARROW_ASSIGN_OR_RAISE(
        checker,
        contract->Bind(read_schema_, key_, question_.table.spec.incremental_column));
  }
  PartitionStream stream(*view_, relation_, partition, kQueueBytes, stop_);
  HashedRows rows;
  std::vector<KeyHash> keys;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, stream.Next());
    if (batch == nullptr) return arrow::Status::OK();
    if (checker != nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto checked, checker->Check(batch));
      batch = std::move(checked.passed);
      if (checked.quarantined != nullptr && quarantined) {
        ARROW_RETURN_NOT_OK(compared_->SourceKeys(*checked.quarantined, &keys));
        for (const KeyHash& key : keys) quarantined(key);
      }
    }
    ARROW_RETURN_NOT_OK(compared_->FromSource(*batch, &rows));
    ARROW_RETURN_NOT_OK(visit(rows, open));
  }
}

// Goes through both sides once more, to what differs.
arrow::Status Comparison::Match(const RowDigests& lake, const RowDigests& source) {
  const BucketChoice choice = ChooseDiffering(lake, source, kRowsHeld);
  verdict_.exact = choice.all;
  RowMatcher matcher(choice.rows);
  ARROW_RETURN_NOT_OK(VisitLake([&](const DataFile& file, const HashedRows& rows,
                                    const std::vector<bool>& superseded) {
    for (std::size_t row = 0; row < rows.keys.size(); ++row) {
      if (!superseded.empty() && superseded[row]) continue;
      if (!choice.Has(rows.keys[row])) continue;
      matcher.Hold(rows.keys[row], rows.values[row], file.open_tail);
    }
    return arrow::Status::OK();
  }));
  matcher.Seal();
  ARROW_RETURN_NOT_OK(VisitSource(
      [&](const HashedRows& rows, bool open) {
        for (std::size_t row = 0; row < rows.keys.size(); ++row) {
          if (!choice.Has(rows.keys[row])) continue;
          const auto match = matcher.Take(rows.keys[row], rows.values[row]);
          if (match == RowMatcher::Match::kSame) continue;
          CountNew(open, match == RowMatcher::Match::kChanged, rows,
                   static_cast<int64_t>(row));
        }
        return arrow::Status::OK();
      },
      // An older version of a row that breaks the contract by now stays in the lake.
      [&](const KeyHash& key) { matcher.TakeKey(key); }));
  // Keys of rows to be told, true: of those that are gone.
  std::map<KeyHash, bool> wanted;
  for (const auto& [key, texts] : changed_at_source_) wanted[key] = false;
  std::size_t told_gone = 0;
  matcher.VisitLeft([&](const KeyHash& key, bool tail) {
    ++verdict_.gone;
    if (!cursor_.empty() && !tail) ++verdict_.behind_cursor;
    if (all_settled_ || (tail_settled_ && tail)) ++verdict_.unexplained;
    if (told_gone < kExamples && wanted.emplace(key, true).second) ++told_gone;
  });
  return TellLakeRows(wanted);
}

void Comparison::CountNew(bool open, bool changed, const HashedRows& rows, int64_t row) {
  ++(changed ? verdict_.changed : verdict_.added);
  if (!cursor_.empty() && !open) ++verdict_.behind_cursor;
  if (all_settled_ || (tail_settled_ && open)) ++verdict_.unexplained;
  if (changed) {
    if (changed_at_source_.size() < kExamples) {
      changed_at_source_.emplace(rows.keys[static_cast<std::size_t>(row)],
                                 TextsOf(*rows.rows, row));
    }
    return;
  }
  if (told_new_++ >= kExamples) return;
  const RowTexts texts = TextsOf(*rows.rows, row);
  verdict_.evidence.push_back(EvidenceOf("source", texts));
  verdict_.findings.push_back("only at the source: " + Describe(texts));
}

arrow::Status Comparison::TellLakeRows(const std::map<KeyHash, bool>& wanted) {
  if (wanted.empty()) return arrow::Status::OK();
  std::map<KeyHash, bool> left = wanted;
  return VisitLake(
      [&](const DataFile&, const HashedRows& rows, const std::vector<bool>& superseded) {
        for (std::size_t row = 0; row < rows.keys.size(); ++row) {
          if (!superseded.empty() && superseded[row]) continue;
          const auto found = left.find(rows.keys[row]);
          if (found == left.end()) continue;
          const RowTexts texts = TextsOf(*rows.rows, static_cast<int64_t>(row));
          verdict_.evidence.push_back(EvidenceOf("lake", texts));
          if (found->second) {
            verdict_.findings.push_back("only in the lake: " + Describe(texts));
          } else {
            const RowTexts& at_source = changed_at_source_.at(rows.keys[row]);
            verdict_.evidence.push_back(EvidenceOf("source", at_source));
            verdict_.findings.push_back(DescribeChange(texts, at_source, key_));
          }
          left.erase(found);
        }
        return arrow::Status::OK();
      });
}

void Comparison::Judge() {
  const int64_t differing = verdict_.added + verdict_.changed + verdict_.gone;
  if (differing == 0) {
    verdict_.state = State::kEqual;
  } else if (question_.lake_damaged) {
    verdict_.state = State::kDamaged;
    notes_.push_back("the lake's files are damaged");
  } else if (verdict_.unexplained > 0) {
    verdict_.state = State::kDamaged;
    notes_.push_back(FormatRows(verdict_.unexplained) +
                     " cannot come from a change at the source, whose log stands at " +
                     LogPlace(verdict_.stands_at) +
                     " as when they were read: lost or altered on the way; load the "
                     "table in full (--full-refresh)");
  } else {
    verdict_.state = State::kChangedSince;
    notes_.push_back("the lake is intact: it holds what was committed");
    if (verdict_.behind_cursor > 0) {
      notes_.push_back(FormatRows(verdict_.behind_cursor) + " of that below " + cursor_ +
                       " = " + open_from_ +
                       ", where no increment looks again: changed without moving the "
                       "cursor, deleted, or committed late; --full-refresh brings them");
    }
  }
  if (!verdict_.exact) notes_.push_back("so many differ that only some were counted");
  for (const std::string& note : notes_) {
    verdict_.note += (verdict_.note.empty() ? "" : "; ") + note;
  }
}

}  // namespace

const char* SourceStateName(SourceVerdict::State state) {
  switch (state) {
    case State::kEqual:
      return "equal";
    case State::kChangedSince:
      return "changed_since";
    case State::kDamaged:
      return "damaged";
    case State::kNotCompared:
      break;
  }
  return "not_compared";
}

arrow::Result<SourceVerdict> CompareWithSource(const SourceQuestion& question,
                                               const Clock& clock,
                                               const std::stop_token& stop) {
  SourceVerdict verdict;
  auto attempt = [&] { return Comparison(question, stop).Run().Value(&verdict); };
  ARROW_RETURN_NOT_OK(Retry(question.table.spec.retry, clock, stop, {}, attempt));
  return verdict;
}

}  // namespace keelboat
