#include "lake/stores/s3/key_source.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "keelboat/error.h"
#include "lake/stores/s3/lent_keys.h"
#include "lake/stores/s3/profile.h"

namespace keelboat::s3 {
namespace {

// Services lend new keys at least five minutes before the old ones end.
constexpr std::chrono::minutes kRenewBefore{5};
// A service that has no better ones yet is not asked before every request.
constexpr std::chrono::seconds kAskAgainAfter{30};

class FixedKeys final : public KeySource {
 public:
  FixedKeys(Credentials keys, std::string origin)
      : keys_(std::move(keys)), origin_(std::move(origin)) {}
  arrow::Result<Credentials> Keys(const std::stop_token&) override { return keys_; }
  bool Renew(const Credentials&, const std::stop_token&) override { return false; }
  std::string Origin() override { return origin_; }

 private:
  const Credentials keys_;
  const std::string origin_;
};

class FoundKeys final : public KeySource {
 public:
  FoundKeys(KeyPlaces places, std::unique_ptr<HttpClient> http, const Clock& clock)
      : places_(std::move(places)), http_(std::move(http)), clock_(clock) {}

  arrow::Result<Credentials> Keys(const std::stop_token& stop) override {
    const std::lock_guard lock(mutex_);
    const SystemTime now = clock_.Now();
    if (lent_.has_value()) {
      const bool fresh =
          !lent_->expires.has_value() || now + kRenewBefore < *lent_->expires;
      if (fresh || now < asked_ + kAskAgainAfter) return lent_->keys;
    }
    asked_ = now;
    auto found = Find(stop);
    if (found.ok()) {
      lent_ = *std::move(found);
      return lent_->keys;
    }
    // The old ones may do for as long as they last.
    if (lent_.has_value() && now < *lent_->expires) return lent_->keys;
    return found.status();
  }

  bool Renew(const Credentials& refused, const std::stop_token& stop) override {
    const std::lock_guard lock(mutex_);
    auto differ = [&] {
      return lent_->keys.access_key != refused.access_key ||
             lent_->keys.secret_key != refused.secret_key ||
             lent_->keys.session_token != refused.session_token;
    };
    if (!lent_.has_value() || differ()) return true;
    asked_ = clock_.Now();
    auto found = Find(stop);
    if (!found.ok()) return false;
    lent_ = *std::move(found);
    return differ();
  }

  std::string Origin() override {
    const std::lock_guard lock(mutex_);
    return lent_.has_value() ? lent_->origin : std::string();
  }

 private:
  // In the order of KeyPlaces, a web identity first; what is not there is told when
  // nothing is anywhere.
  arrow::Result<LentKeys> Find(const std::stop_token& stop) {
    std::string tried;
    auto missing = [&](const arrow::Status& status) {
      tried += "; " + status.message();
      return arrow::Status::OK();
    };
    if (!places_.web_identity_file.empty() && places_.profile.empty()) {
      return KeysOfWebIdentity(places_, *http_, stop);
    }
    if (!places_.credentials_file.empty() || !places_.config_file.empty()) {
      auto keys = KeysOfProfile(places_);
      if (keys.ok() || KindOf(keys.status()) != ErrorKind::kNotFound) return keys;
      ARROW_RETURN_NOT_OK(missing(keys.status()));
    }
    if (!places_.container_url.empty()) return KeysOfContainer(places_, *http_, stop);
    if (!places_.metadata_url.empty()) {
      auto keys = KeysOfInstance(places_, *http_, stop);
      const bool none = !keys.ok() && (KindOf(keys.status()) == ErrorKind::kNotFound ||
                                       KindOf(keys.status()) == ErrorKind::kUnavailable);
      // Who had keys from there is not told that none were set.
      if (!none || lent_.has_value()) return keys;
      ARROW_RETURN_NOT_OK(missing(keys.status()));
    }
    return MakeError(ErrorKind::kConfig,
                     "a lake in a bucket needs keys: set lake.access_key and "
                     "lake.secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" +
                         tried);
  }

  const KeyPlaces places_;
  const std::unique_ptr<HttpClient> http_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<LentKeys> lent_;
  SystemTime asked_{};
};

}  // namespace

std::unique_ptr<KeySource> MakeFixedKeys(Credentials keys, std::string origin) {
  return std::make_unique<FixedKeys>(std::move(keys), std::move(origin));
}

std::unique_ptr<KeySource> MakeFoundKeys(KeyPlaces places,
                                         std::unique_ptr<HttpClient> http,
                                         const Clock& clock) {
  return std::make_unique<FoundKeys>(std::move(places), std::move(http), clock);
}

}  // namespace keelboat::s3
