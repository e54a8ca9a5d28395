#include "lake/stores/s3/bucket.h"

#include <string_view>

#include "keelboat/error.h"
#include "lake/stores/s3/listing.h"

namespace keelboat::s3 {
namespace {

// The region that is meant where none is said.
constexpr std::string_view kFirstRegion = "us-east-1";

arrow::Result<bool> IsThere(const S3Client& client) {
  S3Request request = ListRequest("");
  request.query.emplace_back("max-keys", "1");
  const arrow::Status status = client.Send(request).status();
  if (status.ok()) return true;
  if (DetailOf(status, "s3_code") == "NoSuchBucket") return false;
  return status;
}

}  // namespace

arrow::Result<std::vector<std::string>> SetupBucket(const S3Client& client,
                                                    bool dry_run) {
  std::vector<std::string> made;
  ARROW_ASSIGN_OR_RAISE(bool there, IsThere(client));
  if (there) return made;
  const S3Options& options = client.options();
  made.push_back("bucket " + options.bucket + " in " + options.region + " at " +
                 client.base_url());
  if (dry_run) return made;
  S3Request request;
  request.method = "PUT";
  request.doing = "making the bucket";
  request.right = "s3:CreateBucket";
  if (options.region != kFirstRegion) {
    request.body = "<CreateBucketConfiguration><LocationConstraint>" + options.region +
                   "</LocationConstraint></CreateBucketConfiguration>";
  }
  const arrow::Status status = client.Send(request).status();
  if (status.ok()) return made;
  // Made meanwhile, or by an attempt whose answer was lost.
  const std::string code = DetailOf(status, "s3_code");
  if (code == "BucketAlreadyOwnedByYou") return made;
  return status;
}

}  // namespace keelboat::s3
