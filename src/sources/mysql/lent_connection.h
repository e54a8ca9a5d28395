#pragma once

#include <memory>
#include <utility>

#include <arrow/status.h>

#include "sources/mysql/connection.h"

namespace keelboat::mysql {

/// \brief Lends connections and takes them back. Thread-safe.
class ConnectionLender {
 public:
  virtual ~ConnectionLender() = default;
  /// Takes a connection back, in whatever state it is.
  virtual void GiveBack(std::unique_ptr<Connection> connection) = 0;
  /// What the error of a call over a lent connection means to the lender's users.
  virtual arrow::Status Explain(const arrow::Status& status) const { return status; }
};

/// Ends a connection, or gives it back to the lender, which it keeps alive.
class ReturnConnection {
 public:
  ReturnConnection() = default;
  // Connections of one's own become pointers of this kind by themselves.
  ReturnConnection(std::default_delete<Connection>) {}  // NOLINT(google-explicit-*)
  explicit ReturnConnection(std::shared_ptr<ConnectionLender> lender)
      : lender_(std::move(lender)) {}
  void operator()(Connection* connection) const {
    std::unique_ptr<Connection> owned(connection);
    if (lender_ != nullptr) lender_->GiveBack(std::move(owned));
  }

  const std::shared_ptr<ConnectionLender>& lender() const { return lender_; }

 private:
  std::shared_ptr<ConnectionLender> lender_;
};

/// A connection of one's own, or one on loan.
using ConnectionPtr = std::unique_ptr<Connection, ReturnConnection>;

}  // namespace keelboat::mysql
