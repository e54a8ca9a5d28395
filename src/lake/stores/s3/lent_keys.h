#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/stores/s3/key_source.h"

namespace keelboat::s3 {

/// Keys and how long they may be used.
struct LentKeys {
  Credentials keys;
  std::optional<SystemTime> expires;  ///< Unset: not known, or never.
  std::string origin;                 ///< "profile 'etl' of /home/ana/.aws/credentials".
};

/// \brief Exchanges the token of a web identity for its role's keys.
///
/// kConfig: no role, a file that cannot be read, an address where tokens are not sent.
/// kAuth: the service refuses the token. kUnavailable: no answer.
arrow::Result<LentKeys> KeysOfWebIdentity(const KeyPlaces& places, HttpClient& http,
                                          const std::stop_token& stop);

/// \brief Asks the service of a container for its role's keys.
///
/// kConfig: an address that such a service cannot have. kUnavailable: no answer.
arrow::Result<LentKeys> KeysOfContainer(const KeyPlaces& places, HttpClient& http,
                                        const std::stop_token& stop);

/// \brief Asks the machine's metadata service (version 2) for its role's keys.
///
/// kNotFound: the machine has no role. kUnavailable: no answer.
arrow::Result<LentKeys> KeysOfInstance(const KeyPlaces& places, HttpClient& http,
                                       const std::stop_token& stop);

}  // namespace keelboat::s3
