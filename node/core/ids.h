#pragma once

#include "core/hash.h"
#include "core/result.h"

#include <QByteArray>
#include <QHashFunctions>

#include <compare>
#include <cstdint>

namespace driftless {

/// The name of a node, unique in its cluster; also a folder name. 1 to 63 of letters, digits, '-',
/// '_' and '.', first a letter or digit.
class NodeId
{
public:
    NodeId() = default;
    static Result<NodeId> parse(QByteArrayView text);

    [[nodiscard]] const QByteArray &bytes() const { return m_bytes; }
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }
    friend bool operator==(const NodeId &a, const NodeId &b)
    {
        return a.m_bytes.constData() == b.m_bytes.constData() ? a.m_bytes.size() == b.m_bytes.size()
                                                              : a.m_bytes == b.m_bytes;
    }
    friend auto operator<=>(const NodeId &a, const NodeId &b)
    {
        return a.m_bytes.compare(b.m_bytes) <=> 0;
    }

private:
    QByteArray m_bytes;
};

/// A logical database: trimmed, lower case, ^[a-z0-9][a-z0-9_-]{0,62}$. Safe as a file name.
class DatabaseName
{
public:
    DatabaseName() = default;
    static Result<DatabaseName> parse(QByteArrayView text);

    [[nodiscard]] const QByteArray &bytes() const { return m_bytes; }
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }
    friend bool operator==(const DatabaseName &, const DatabaseName &) = default;
    friend auto operator<=>(const DatabaseName &a, const DatabaseName &b)
    {
        return a.m_bytes.compare(b.m_bytes) <=> 0;
    }

private:
    QByteArray m_bytes;
};

/// One run of one node's database file: the node and 64 random bits drawn with the first write
/// after a start.
struct Incarnation
{
    NodeId origin;
    std::uint64_t number = 0;

    // The number tells nearly always; the text is compared last.
    friend bool operator==(const Incarnation &a, const Incarnation &b)
    {
        return a.number == b.number && a.origin == b.origin;
    }
    friend std::strong_ordering operator<=>(const Incarnation &a, const Incarnation &b)
    {
        const auto order = a.origin <=> b.origin;
        return std::is_neq(order) ? order : a.number <=> b.number;
    }
};

/// The unique name of an operation: 1, 2, 3 … without a gap in its incarnation.
struct Dot
{
    Incarnation incarnation;
    std::uint64_t sequence = 0;

    friend bool operator==(const Dot &a, const Dot &b)
    {
        return a.sequence == b.sequence && a.incarnation == b.incarnation;
    }
    friend std::strong_ordering operator<=>(const Dot &a, const Dot &b)
    {
        const auto order = a.incarnation <=> b.incarnation;
        return std::is_neq(order) ? order : a.sequence <=> b.sequence;
    }
};

/// The total order of writes, the same on every node: hybrid clock first, then the dot. The default
/// is below every real one.
struct Version
{
    std::uint64_t hlc = 0;
    Dot dot;

    [[nodiscard]] bool isNone() const { return hlc == 0; }
    friend bool operator==(const Version &, const Version &) = default;
    friend std::strong_ordering operator<=>(const Version &a, const Version &b)
    {
        const auto order = a.hlc <=> b.hlc;
        return std::is_neq(order) ? order : a.dot <=> b.dot;
    }
};

/// The order in which this node's log took its operations: 1, 2, 3 …; 0 is before all. Means
/// nothing on another node.
struct LogPosition
{
    std::int64_t value = 0;

    friend bool operator==(const LogPosition &, const LogPosition &) = default;
    friend auto operator<=>(const LogPosition &a, const LogPosition &b)
    {
        return a.value <=> b.value;
    }
};

/// Also the version token of a document: hlc, then the low 8 bytes of the hash of CBOR [origin,
/// incarnation, sequence]; 32 hex digits outside.
Hash128 operationId(const Version &version);

inline std::size_t qHash(const NodeId &id, std::size_t seed = 0)
{
    return qHash(id.bytes(), seed);
}
inline std::size_t qHash(const DatabaseName &name, std::size_t seed = 0)
{
    return qHash(name.bytes(), seed);
}

} // namespace driftless

template <> struct std::hash<driftless::Incarnation>
{
    std::size_t operator()(const driftless::Incarnation &incarnation) const noexcept
    {
        return static_cast<std::size_t>(incarnation.number) ^ qHash(incarnation.origin.bytes());
    }
};
