#pragma once

#include <cstdint>
#include <functional>

#include <sys/types.h>
#include <unistd.h>

#include <nanobind/nanobind.h>

namespace keelboat::python {

/// \brief Something that has to end before the interpreter does, while this lives.
///
/// Thread-safe. A fork of the process ends nothing of its parent.
class Ending {
 public:
  enum class Kind : uint8_t {
    kThing,  ///< Ended, no more.
    kCall,   ///< Ended and waited for: a thread of Python's is in it.
  };

  /// `end` is called at once when the interpreter is ending. It may be called from
  /// another thread, without the interpreter's lock, and while this is destroyed: it
  /// holds what it needs.
  Ending(Kind kind, std::function<void()> end);
  ~Ending();
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

 private:
  const pid_t process_ = getpid();
};

/// \brief Gives the interpreter's lock up, until the scope ends.
///
/// A thread that wants it back after `_end` waits until the process is gone: CPython
/// before 3.14 would unwind it through frames of C++, which ends the process.
class Unlocked {
 public:
  Unlocked() : thread_(PyEval_SaveThread()) {}
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* thread_;
};

/// \brief For C++ that calls Python's code, which gives the lock up now and then.
///
/// While one lives, `_end` waits; one that comes after it waits until the process is
/// gone.
class Returning {
 public:
  Returning();
  ~Returning();
  Returning(const Returning&) = delete;
  Returning& operator=(const Returning&) = delete;
};

/// \brief Deletes in the process that made a thing.
///
/// In a fork of it the thing stays: its threads are not there, and its connections are
/// the parent's, which a farewell would end.
template <typename T>
class InItsProcess {
 public:
  void operator()(T* thing) const {
    if (owns()) delete thing;
  }
  bool owns() const { return getpid() == process_; }

 private:
  pid_t process_ = getpid();
};

/// Adds `_end`, which the package calls at exit, and `_forget`, for a fork's child.
void RegisterEndings(nanobind::module_& module);

}  // namespace keelboat::python
