#include "query/row_sorter.h"

#include "query/value_key.h"

#include <algorithm>

namespace driftless::query {

RowSorter::RowSorter(
    std::span<const SortKey> keys, std::optional<std::size_t> keep, MemoryAccount &account)
    : m_keep(keep)
    , m_account(account)
{
    for (const SortKey &key : keys) {
        m_isDescending.push_back(key.isDescending);
    }
}

bool RowSorter::isBefore(const KeyedPointer &a, const KeyedPointer &b)
{
    const int order = a->key.compare(b->key);
    return order != 0 ? order < 0 : a->place < b->place;
}

Result<void> RowSorter::add(std::span<const Value> keys, Value row)
{
    auto keyed = std::make_unique<Keyed>();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const qsizetype from = keyed->key.size();
        appendKey(keyed->key, keys[i]);
        if (m_isDescending[i]) {
            invertKey(keyed->key, from);
        }
    }
    keyed->place = m_count++;
    const bool isFull = m_keep && m_rows.size() >= *m_keep;
    if (isFull && (m_rows.empty() || isBefore(m_rows.front(), keyed))) {
        return {};
    }
    if (isFull) {
        std::pop_heap(m_rows.begin(), m_rows.end(), isBefore);
        m_account.release(m_rows.back()->weight);
        m_rows.pop_back();
    }
    keyed->weight = sizeof(Keyed) + static_cast<std::size_t>(keyed->key.size()) + row.weight();
    keyed->row = std::move(row);
    DRIFTLESS_TRY(m_account.keep(keyed->weight));
    m_rows.push_back(std::move(keyed));
    if (m_keep) {
        std::push_heap(m_rows.begin(), m_rows.end(), isBefore);
    }
    return {};
}

Array RowSorter::take()
{
    std::sort(m_rows.begin(), m_rows.end(), isBefore);
    Array rows;
    rows.reserve(m_rows.size());
    for (const KeyedPointer &keyed : m_rows) {
        rows.push_back(std::move(keyed->row));
    }
    m_rows.clear();
    return rows;
}

} // namespace driftless::query
