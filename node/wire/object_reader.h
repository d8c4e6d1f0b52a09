#pragma once

#include "core/json.h"

#include <optional>

namespace driftless::wire {

/// Reads the members of a small message. Names match in any case (or exactly, for messages that ask
/// it); unknown ones are ignored. The first member of a wrong type is remembered: a decoder reads
/// all and asks once.
class ObjectReader
{
public:
    enum class Names { AnyCase, Exact };

    /// `object` outlives the reader.
    explicit ObjectReader(const json::Object &object, Names names = Names::AnyCase);

    [[nodiscard]] bool has(QByteArrayView name) const; ///< also if it is null
    /// Nothing if it is absent or null.
    std::optional<QByteArray> text(QByteArrayView name);
    std::optional<bool> boolean(QByteArrayView name);
    /// A whole number of 32 bits, perhaps as a string; nothing if it is absent or null.
    std::optional<int> integer(QByteArrayView name);
    /// The text of an array or object; nothing if it is absent or null.
    std::optional<QByteArray> container(QByteArrayView name);

    /// Of the first member that had another type than it was read as.
    [[nodiscard]] const std::optional<Error> &fault() const { return m_fault; }

private:
    [[nodiscard]] const json::Member *find(QByteArrayView name) const;
    void fail(QByteArrayView name, QByteArrayView expected);

    const json::Object &m_object;
    Names m_names;
    std::optional<Error> m_fault;
};

} // namespace driftless::wire
