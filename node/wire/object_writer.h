#pragma once

#include "core/clock.h"
#include "core/hash.h"
#include "core/json.h"

#include <charconv>

namespace driftless::wire {

/// Appends a decimal integer without making a text of its own.
template <typename Integer> void appendInteger(QByteArray &out, Integer value)
{
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, end.ptr - digits);
}

/// Writes one JSON object into a text, member by member in the order of the calls. Compact; names
/// are ASCII literals that need no escapes. The text must outlive the writer; `end` closes the
/// object.
class ObjectWriter
{
public:
    explicit ObjectWriter(QByteArray &out)
        : m_out(out)
    {
        m_out.append('{');
    }

    ObjectWriter &text(QByteArrayView name, QByteArrayView utf8)
    {
        json::appendString(member(name), utf8);
        return *this;
    }
    /// Null where the text is empty.
    ObjectWriter &textOrNull(QByteArrayView name, QByteArrayView utf8)
    {
        return utf8.isEmpty() ? null(name) : text(name, utf8);
    }
    template <typename Integer> ObjectWriter &integer(QByteArrayView name, Integer value)
    {
        appendInteger(member(name), value);
        return *this;
    }
    ObjectWriter &boolean(QByteArrayView name, bool value)
    {
        member(name).append(value ? "true" : "false");
        return *this;
    }
    ObjectWriter &null(QByteArrayView name)
    {
        member(name).append("null");
        return *this;
    }
    ObjectWriter &time(QByteArrayView name, WallTime value)
    {
        member(name).append('"').append(toIsoUtc(value)).append('"');
        return *this;
    }
    /// As 32 hex digits.
    ObjectWriter &hash(QByteArrayView name, const Hash128 &value)
    {
        member(name).append('"').append(value.hex()).append('"');
        return *this;
    }
    /// JSON as it is; null where it is empty.
    ObjectWriter &raw(QByteArrayView name, QByteArrayView json)
    {
        member(name).append(json.isEmpty() ? QByteArrayView("null") : json);
        return *this;
    }
    /// Writes the name; the caller appends the value to what this answers.
    QByteArray &member(QByteArrayView name)
    {
        if (m_hasMember) {
            m_out.append(',');
        }
        m_hasMember = true;
        return m_out.append('"').append(name).append("\":");
    }
    void end() { m_out.append('}'); }

private:
    QByteArray &m_out;
    bool m_hasMember = false;
};

/// Appends `[…]`, calling `append(out, item)` for each item.
template <typename Items, typename Append>
void appendArray(QByteArray &out, const Items &items, Append append)
{
    out.append('[');
    bool first = true;
    for (const auto &item : items) {
        if (!first) {
            out.append(',');
        }
        first = false;
        append(out, item);
    }
    out.append(']');
}

} // namespace driftless::wire
