#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace keelboat::parquet_pages {

/// \brief Distinct byte strings in the order of their first appearance.
///
/// Copies what it keeps. One thread at a time.
class BytesDictionary {
 public:
  BytesDictionary();

  /// \brief The value's index, a new one at its first appearance.
  ///
  /// `readable`: how many bytes may be read from the value's first one on; values are
  /// found faster where there are 16.
  uint32_t Add(std::string_view value, std::size_t readable);
  /// Valid until the next Add or Clear.
  std::string_view Get(uint32_t index) const {
    const Entry& entry = entries_[index];
    return {bytes_.data() + entry.offset, entry.length};
  }
  uint32_t size() const { return static_cast<uint32_t>(entries_.size()); }
  /// Of the distinct values.
  int64_t bytes() const { return static_cast<int64_t>(bytes_.size()); }
  /// Of all values that were added.
  int64_t bytes_added() const { return bytes_added_; }
  void Clear();

 private:
  // Begins with the first 16 bytes, zeros behind a shorter value. These travel as
  // numbers: a structure of them is slow to read right after it was written.
  struct Entry {
    uint64_t first;
    uint64_t second;
    std::size_t offset;
    std::size_t length;
  };

  static uint64_t Hash(std::string_view value, uint64_t first, uint64_t second);
  uint32_t AddNew(std::string_view value, uint64_t first, uint64_t second,
                  std::size_t slot);
  void Grow();

  std::vector<uint32_t> slots_;  // Index plus one; 0: empty. At most half full.
  int shift_;
  std::vector<Entry> entries_;
  std::vector<char> bytes_;
  int64_t bytes_added_ = 0;
};

}  // namespace keelboat::parquet_pages
