#include "engine/recovery.h"

#include <utility>

#include "core/retry.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

/// Views in which all tables are read together; a server that loses more of them is not
/// well, or one of the tables is too much for it.
constexpr int kMostSharedViews = 3;

}  // namespace

std::vector<Journey*> Recovery::Next(Journeys& journeys, const std::stop_token& stop) {
  // A new view may be lost as well, before anything is read in it.
  while (true) {
    const std::vector<Journey*> candidates = Candidates(journeys);
    if (candidates.empty()) return {};
    ++views_;
    std::vector<Journey*> waiting;
    std::map<Source*, std::shared_ptr<SourceSnapshot>> opened;
    for (Journey* journey : candidates) {
      Source* source = journey->source();
      if (!opened.contains(source)) {
        auto view = Reopen(source, *journey, stop);
        if (!view.ok()) {
          journey->Abandon(view.status());
          continue;
        }
        opened.emplace(source, *std::move(view));
        const bool together = !options_.snapshot.at_first_read;
        for (Journey& other : journeys) {
          if (together && other.extracted() && other.source() == source) {
            other.MarkSplit();
          }
        }
      }
      if (journey->Restart(opened.at(source), stop)) {
        waiting.push_back(journey);
      }
    }
    if (!waiting.empty()) return waiting;
  }
}

std::vector<Journey*> Recovery::Candidates(Journeys& journeys) {
  std::vector<Journey*> lost;
  for (Journey& journey : journeys) {
    if (!journey.lost_view()) continue;
    if (tried_alone_.contains(&journey)) {
      journey.Abandon(AddContext(
          journey.failure(),
          "reading in " + std::to_string(views_) + " views that were all lost"));
      continue;
    }
    lost.push_back(&journey);
  }
  if (views_ >= kMostSharedViews && !lost.empty()) {
    lost.resize(1);
    tried_alone_.insert(lost.front());
  }
  return lost;
}

arrow::Result<std::shared_ptr<SourceSnapshot>> Recovery::Reopen(
    Source* source, const Journey& journey, const std::stop_token& stop) {
  // What one table has waited for in vain, the next ones need not wait for.
  if (auto away = away_.find(source); away != away_.end()) return away->second;
  // A server that loses one view after another needs a rest.
  if (views_ > 2) clock_.SleepFor(journey.retry().delay, stop);
  std::shared_ptr<SourceSnapshot> view;
  auto tell = [&](int retry, std::chrono::milliseconds pause,
                  const arrow::Status& cause) {
    observer_.On(
        TableRetried{journey.outcome().table, Phase::kExtract, retry, pause, cause});
  };
  auto status = Retry(journey.retry(), clock_, stop, tell, [&] {
    return source->OpenSnapshot(options_.snapshot, stop).Value(&view);
  });
  if (status.ok()) return view;
  status = AddContext(status, "opening a new view of the source after one was lost");
  away_.emplace(source, status);
  return status;
}

}  // namespace keelboat
