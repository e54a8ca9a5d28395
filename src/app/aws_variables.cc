#include "app/aws_variables.h"

#include <initializer_list>

namespace keelboat {
namespace {

// Of a service for containers and one for instances that every machine of AWS has.
constexpr const char* kContainerService = "http://169.254.170.2";
constexpr const char* kInstanceService = "http://169.254.169.254";

class Variables {
 public:
  explicit Variables(const std::map<std::string, std::string>& variables)
      : variables_(variables) {}

  // The first that has a value.
  std::string operator()(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      const auto found = variables_.find(name);
      if (found != variables_.end() && !found->second.empty()) return found->second;
    }
    return {};
  }

 private:
  const std::map<std::string, std::string>& variables_;
};

// Where the token of a web identity is exchanged: each region has a place of its own.
std::string TokenService(const Variables& variable) {
  std::string url = variable({"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"});
  if (url.empty()) {
    const std::string region = variable({"AWS_REGION", "AWS_DEFAULT_REGION"});
    url = region.empty() ? "https://sts.amazonaws.com"
                         : "https://sts." + region + ".amazonaws.com" +
                               (region.starts_with("cn-") ? ".cn" : "");
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

void TakePlaces(const Variables& variable, LakeConfig* lake) {
  AwsPlaces& places = lake->aws;
  const std::string home = variable({"HOME"});
  auto file = [&](const char* name, const char* usual) {
    const std::string given = variable({name});
    return !given.empty() || home.empty() ? given : home + usual;
  };
  places.credentials_file = file("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
  places.config_file = file("AWS_CONFIG_FILE", "/.aws/config");
  if (lake->profile.empty()) {
    lake->profile = variable({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  }
  const std::string relative = variable({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"});
  places.container_url = relative.empty()
                             ? variable({"AWS_CONTAINER_CREDENTIALS_FULL_URI"})
                             : kContainerService + relative;
  places.container_authorization =
      Secret(variable({"AWS_CONTAINER_AUTHORIZATION_TOKEN"}));
  places.container_token_file = variable({"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"});
  places.web_identity_file = variable({"AWS_WEB_IDENTITY_TOKEN_FILE"});
  if (!places.web_identity_file.empty()) {
    places.web_identity_role = variable({"AWS_ROLE_ARN"});
    places.web_identity_session = variable({"AWS_ROLE_SESSION_NAME"});
    places.token_service_url = TokenService(variable);
  }
  if (variable({"AWS_EC2_METADATA_DISABLED"}) == "true") return;
  places.metadata_url = variable({"AWS_EC2_METADATA_SERVICE_ENDPOINT"});
  if (places.metadata_url.empty()) places.metadata_url = kInstanceService;
  while (places.metadata_url.ends_with('/')) places.metadata_url.pop_back();
}

}  // namespace

void TakeAwsVariables(const std::map<std::string, std::string>& variables,
                      LakeConfig* lake) {
  const Variables variable(variables);
  if (lake->endpoint.empty()) {
    lake->endpoint = variable({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
    if (lake->region.empty())
      lake->region = variable({"AWS_REGION", "AWS_DEFAULT_REGION"});
  }
  if (lake->tls_ca.empty()) lake->tls_ca = variable({"AWS_CA_BUNDLE"});
  // A profile that the configuration names comes before the variables' keys.
  if (!lake->access_key.empty() || !lake->secret_key.empty()) return;
  if (lake->profile.empty() && !variable({"AWS_ACCESS_KEY_ID"}).empty()) {
    lake->access_key = Secret(variable({"AWS_ACCESS_KEY_ID"}));
    lake->secret_key = Secret(variable({"AWS_SECRET_ACCESS_KEY"}));
    lake->session_token = Secret(variable({"AWS_SESSION_TOKEN"}));
    lake->keys_origin = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    return;
  }
  TakePlaces(variable, lake);
}

}  // namespace keelboat
