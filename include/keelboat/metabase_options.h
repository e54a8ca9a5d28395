#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace keelboat {

/// Where a Metabase server is, which of its databases is asked, and as whom.
struct MetabaseOptions {
  /// "https://bi.example.org", with the path where Metabase is served under one.
  std::string url;
  /// Instead of username and password; machines should have one. Never in a message.
  std::string api_key;
  std::string username;
  /// Never appears in a message.
  std::string password;
  /// Name of the database in Metabase, or its id in digits. May be empty where the
  /// account sees one only.
  std::string database;
  /// PEM file with the authorities to trust; empty: the machine's own.
  std::string tls_ca;
  /// Whether the server must prove that it is who the url names. Unset: yes, except on
  /// loopback.
  std::optional<bool> tls_verify;
  /// "http://proxy:3128"; empty: none, whatever the environment says.
  std::string proxy;
  /// Hosts that are reached without the proxy: "localhost,.example.org".
  std::string no_proxy;
  /// Questions that run at once, at most; fewer while the server says that it has enough.
  /// Unset: 4, or as many as somebody reads on.
  std::optional<int> connections;
  /// Whether exports are compressed. Costs the server much CPU and helps slow lines.
  bool compress = false;
  /// How often a question is asked again that failed for now: first after half a second,
  /// then after twice as long each time. 0: never.
  int retries = 3;
  std::chrono::seconds connect_timeout{10};
  /// The longest silence of the server. It is silent for as long as a query computes: by
  /// default a little more than Metabase's own limit of 20 minutes.
  std::chrono::seconds read_timeout{25 * 60};
};

}  // namespace keelboat
