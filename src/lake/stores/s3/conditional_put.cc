#include "lake/stores/s3/conditional_put.h"

#include <array>
#include <random>

#include "keelboat/error.h"
#include "lake/stores/s3/digest.h"

namespace keelboat::s3 {
namespace {

S3Request PutRequest(const std::string& key, std::string_view bytes) {
  S3Request request;
  request.method = "PUT";
  request.key = key;
  request.body = bytes;
  request.send_checksum = true;
  request.doing = "writing";
  request.right = "s3:PutObject";
  return request;
}

// Nobody else has it.
std::string NewName() {
  std::random_device device;
  std::array<std::random_device::result_type, 4> numbers{};
  for (auto& number : numbers) number = device();
  return Hex({reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
}

}  // namespace

arrow::Status ConditionalPut::Put(const std::string& key, std::string_view bytes) {
  if (client_->options().single_writer) return PutAfterLooking(key, bytes);
  ARROW_RETURN_NOT_OK(Prove(key));
  return PutIfNoneMatch(key, bytes);
}

arrow::Status ConditionalPut::PutIfNoneMatch(const std::string& key,
                                             std::string_view bytes) const {
  S3Request request = PutRequest(key, bytes);
  request.headers = {{"if-none-match", "*"}};
  return client_->Send(request).status();
}

arrow::Status ConditionalPut::Prove(const std::string& beside) {
  const std::lock_guard lock(mutex_);
  if (proof_.has_value()) return *proof_;
  const std::string folder = beside.substr(0, beside.rfind('/') + 1);  // npos + 1 is 0.
  const std::string key = folder + std::string(kProbePrefix) + NewName();
  const arrow::Status first = PutIfNoneMatch(key, "one");
  // A conflict is with an attempt of our own whose answer was lost.
  if (!first.ok() && KindOf(first) != ErrorKind::kConflict) return first;
  const arrow::Status second = PutIfNoneMatch(key, "two");
  S3Request gone;
  gone.method = "DELETE";
  gone.key = key;
  gone.doing = "deleting";
  gone.right = "s3:DeleteObject";
  // One that stays is DeleteUnfinished's; whether keys may delete is Lake::Check's.
  (void)client_->Send(gone);
  if (second.ok()) {
    proof_ = MakeError(
        ErrorKind::kUnsupported,
        "writing " + client_->UriOf(key) +
            ": the store overwrites an object that should only be made when absent, so "
            "commits of two writers would be lost: use a store with conditional puts, "
            "or say lake.single_writer: true if nothing but one keelboat at a time "
            "writes to this lake");
    return *proof_;
  }
  if (KindOf(second) != ErrorKind::kConflict) return second;
  proof_ = arrow::Status::OK();
  return *proof_;
}

arrow::Status ConditionalPut::PutAfterLooking(const std::string& key,
                                              std::string_view bytes) {
  // Threads of this process are writers, too.
  const std::lock_guard lock(mutex_);
  S3Request look;
  look.key = key;
  look.headers = {{"range", "bytes=0-0"}};
  // Of an empty object no range can be had; but it is there.
  look.also_fine = 416;
  look.doing = "reading";
  look.right = "s3:GetObject";
  const arrow::Status there = client_->Send(look).status();
  if (there.ok()) {
    return MakeError(ErrorKind::kConflict,
                     "writing " + client_->UriOf(key) + ": it exists already",
                     {{"path", client_->UriOf(key)}});
  }
  if (DetailOf(there, "s3_code") != "NoSuchKey" &&
      DetailOf(there, "http_status") != "404") {
    return there;
  }
  // A bucket that is missing is a 404, too: the put says so.
  return client_->Send(PutRequest(key, bytes)).status();
}

}  // namespace keelboat::s3
