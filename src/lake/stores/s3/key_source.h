#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/stores/s3/signature.h"
#include "net/http_client.h"

namespace keelboat::s3 {

/// \brief Where keys are looked for when none are given, in this order. Empty: not there.
struct KeyPlaces {
  std::string credentials_file;  ///< As "~/.aws/credentials"; need not exist.
  std::string config_file;       ///< As "~/.aws/config"; need not exist.
  /// Named by the user, so it must be there; empty: "default", where there is one.
  std::string profile;
  /// Service that lends the keys of a container's role; https, or on this machine.
  std::string container_url;
  std::string container_authorization;  ///< What it wants to hear, or the file with it.
  std::string container_token_file;
  std::string metadata_url;  ///< Of an instance's role: "http://169.254.169.254".
  /// File with the token of a web identity, as Kubernetes writes it, and the role that it
  /// is to be exchanged for. Comes first, unless a profile is named.
  std::string web_identity_file;
  std::string web_identity_role;
  std::string web_identity_session;  ///< How the role's session is called; may be empty.
  std::string token_service_url;  ///< Where it is exchanged: "https://sts.amazonaws.com".

  bool empty() const {
    return credentials_file.empty() && config_file.empty() && profile.empty() &&
           container_url.empty() && metadata_url.empty() && web_identity_file.empty();
  }
};

/// \brief Whose keys sign the requests. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  /// \brief Keys that are good for this request.
  ///
  /// Those of a role are asked for the first time and again some minutes before they
  /// expire. kConfig: there are none anywhere, with what was tried.
  virtual arrow::Result<Credentials> Keys(const std::stop_token& stop) = 0;
  /// The store refused these keys as expired or unknown: whether there are others now.
  virtual bool Renew(const Credentials& refused, const std::stop_token& stop) = 0;
  /// Where the keys came from, for people; empty: the configuration.
  virtual std::string Origin() = 0;
};

/// Keys that stay as they are. `origin` as KeySource::Origin.
std::unique_ptr<KeySource> MakeFixedKeys(Credentials keys, std::string origin);

/// \brief Keys found in `places` and renewed from there.
///
/// `http` asks the services of the roles; `clock` is borrowed.
std::unique_ptr<KeySource> MakeFoundKeys(KeyPlaces places,
                                         std::unique_ptr<HttpClient> http,
                                         const Clock& clock);

}  // namespace keelboat::s3
