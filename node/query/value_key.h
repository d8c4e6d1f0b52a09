#pragma once

#include "query/value.h"

namespace driftless::query {

/// Goes up whenever a key of a value changes: keys that are stored were made by one version only.
inline constexpr int kKeyVersion = 1;

/// Appends the key of a value: bytes whose order (memcmp, a shorter one first) is that of
/// compareValues, and that are equal exactly where the values are. No key begins another one, so
/// that keys in a row order as tuples of their values. Any thread.
///
/// A byte for the type; then, numbers: the decimal exponent and the digits of the exact decimal
/// number, two a byte; texts and bytes with an end that nothing inside of them is below; arrays:
/// their elements and an end; documents: the members that are not null by folded name, so that an
/// absent one is as null; instants and the rest in fixed widths.
void appendKey(QByteArray &out, const Value &value);
QByteArray keyOf(const Value &value);

/// Turns the order of what stands from `from` on around: for keys that descend.
void invertKey(QByteArray &key, qsizetype from = 0);

/// What the keys of all strings that begin with `text`, in any case, begin with.
QByteArray keyOfPrefix(const QByteArray &text);

/// Keys from `from` to below `to`.
struct KeyRange
{
    QByteArray from;
    QByteArray to; ///< empty: to the end

    friend bool operator==(const KeyRange &, const KeyRange &) = default;
    [[nodiscard]] bool isEmpty() const { return !to.isEmpty() && from >= to; }
    [[nodiscard]] bool contains(QByteArrayView key) const;
};

/// The keys that begin with `prefix`.
KeyRange rangeOfPrefix(const QByteArray &prefix);

} // namespace driftless::query
