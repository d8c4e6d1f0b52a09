#pragma once

#include "query/memory_account.h"
#include "query/program.h"

#include <memory>
#include <optional>

namespace driftless::query {

/// ORDER BY: takes rows with what they are sorted by and answers them in order, equal ones as they
/// came. Keeps no more than are wanted.
class RowSorter
{
public:
    /// `keep`: how many of the first are wanted; nothing: all.
    RowSorter(
        std::span<const SortKey> keys, std::optional<std::size_t> keep, MemoryAccount &account);

    /// `keys`: one value for each key of ORDER BY.
    Result<void> add(std::span<const Value> keys, Value row);
    /// All that are wanted, in order. Last call.
    Array take();

private:
    struct Keyed
    {
        QByteArray key;
        std::size_t place = 0;
        std::size_t weight = 0;
        Value row;
    };

    using KeyedPointer = std::unique_ptr<Keyed>; ///< rows stay where they are

    static bool isBefore(const KeyedPointer &a, const KeyedPointer &b);

    std::vector<bool> m_isDescending;
    std::optional<std::size_t> m_keep;
    MemoryAccount &m_account;
    std::vector<KeyedPointer>
        m_rows; ///< a heap with the last one on top, where only some are wanted
    std::size_t m_count = 0;
};

} // namespace driftless::query
