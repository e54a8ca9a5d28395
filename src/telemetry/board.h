#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observer.h"
#include "telemetry/text_style.h"

namespace keelboat {

/// Which models and tests get a line of their own when they are done.
enum class NodeLines { kFailures, kModels, kAll };

struct BoardOptions {
  TextStyle style = {};
  NodeLines nodes = NodeLines::kFailures;
  /// Takes secrets out of messages; nullptr: nothing to hide.
  std::function<std::string(std::string_view)> redact = {};
};

/// \brief What a run looks like to a person at a moment. No I/O, clock or threads.
///
/// Events go in; lines come out: those that stay (finished tables, failures) and a frame
/// of those that will be drawn over. One thread at a time.
class Board {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Board(BoardOptions options) : options_(std::move(options)) {}

  void Apply(const Event& event, Time now);

  /// The lines that stay and were not yet taken, none wider than `width`.
  std::vector<std::string> TakeFinished(int width);
  /// Only those of failures.
  std::vector<std::string> TakeFailures(int width);
  /// What is going on, at most `height` lines of `width` cells; empty when nothing is.
  std::vector<std::string> Frame(Time now, int width, int height) const;
  /// The same in one line, for where nothing can be drawn over; empty when nothing goes
  /// on.
  std::string Line(Time now) const;

 private:
  enum class State { kWaiting, kExtracting, kExtracted, kLoading, kDone, kFailed };
  struct Table {
    State state = State::kWaiting;
    int64_t rows = 0;
    int64_t bytes = 0;
    std::optional<int64_t> estimate;
    std::string reason;
    Time since;
    std::chrono::microseconds extract_took{0};
    int64_t order = 0;  ///< In which order the tables began.
  };
  struct Node {
    std::string name;
    std::string type;
    int64_t index = 0;
  };
  /// A line that stays: sign, name, facts, and then either a message, which is wrapped
  /// below where it is long, or a note, which is cut.
  struct Entry {
    std::string sign = {};
    std::string name = {};
    std::string facts = {};
    std::string message = {};
    std::string note = {};
    bool failure = false;
  };

  void OnRunStarted(const RunStarted& event, Time now);
  void OnTableStarted(const TableStarted& event, Time now);
  void OnCommitted(const TableCommitted& event);
  void OnNodeFinished(const NodeFinished& event);
  void OnTransformFinished(const TransformFinished& event);

  std::vector<std::string> Take(int width, bool failures_only);
  void AddLines(const Entry& entry, int width, std::vector<std::string>& lines) const;
  std::string Redacted(std::string_view text) const;
  /// A name as the first column of a screen of `width` cells.
  std::string Cell(const std::string& name, int width) const;
  void MakeRoomFor(const std::string& name);
  bool IsActive(const Table& table) const;
  std::vector<std::pair<std::string, const Table*>> Active() const;
  std::string TableLine(const std::string& name, const Table& table, Time now,
                        int width) const;
  std::string TransformLine(Time now, int width) const;
  std::string Totals(Time now) const;

  const BoardOptions options_;
  std::string command_;
  Time began_;
  std::map<std::string, Table> tables_;
  bool all_known_ = false;  ///< Whether tables_ holds all that will come.
  int name_width_ = 24;
  std::vector<Entry> kept_;

  std::string tool_;  ///< Empty until the transform has started.
  Time transform_began_;
  bool transform_done_ = false;
  int64_t nodes_total_ = 0;
  int64_t nodes_done_ = 0;
  int64_t models_done_ = 0;
  int64_t tests_done_ = 0;
  std::map<std::string, Node> running_;
};

}  // namespace keelboat
