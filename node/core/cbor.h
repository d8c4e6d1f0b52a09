#pragma once

#include "core/result.h"

#include <QByteArray>

#include <cstdint>
#include <utility>

/// The part of CBOR (RFC 8949) that Driftless writes: definite lengths, shortest heads, unsigned and
/// negative integers, byte and text strings, arrays, maps, booleans and null; no tags, no floats.
/// Writing in ascending key order gives the deterministic encoding of section 4.2.
namespace driftless::cbor {

class Writer
{
public:
    Writer() = default;
    explicit Writer(qsizetype reserve) { m_bytes.reserve(reserve); }

    void unsignedInteger(std::uint64_t value) { head(0, value); }
    void integer(std::int64_t value);
    void byteString(QByteArrayView value);
    void text(QByteArrayView utf8);
    void array(std::uint64_t size) { head(4, size); }
    void map(std::uint64_t size) { head(5, size); }
    void boolean(bool value) { m_bytes.append(static_cast<char>(value ? 0xf5 : 0xf4)); }
    void null() { m_bytes.append(static_cast<char>(0xf6)); }
    /// Eight random bits times eight: as a byte string of 8, since the shortest integer would hardly ever be shorter.
    void incarnation(std::uint64_t number);
    /// Items that are encoded already.
    void raw(QByteArrayView encoded) { m_bytes.append(encoded); }

    const QByteArray &bytes() const { return m_bytes; }
    QByteArray take() { return std::exchange(m_bytes, QByteArray()); }

private:
    void head(int major, std::uint64_t value);

    QByteArray m_bytes;
};

enum class Type { Unsigned, Negative, Bytes, Text, Array, Map, Boolean, Null, End };

/// Reads items one after another. The first fault sticks: later reads answer empty values, and ok() says false;
/// so a decoder reads a whole structure and asks once. Views point into the data given, which must outlive them.
/// A fault is anything outside of the part above, a head that is not the shortest, or an end too early.
class Reader
{
public:
    explicit Reader(QByteArrayView data)
        : m_data(data)
    {
    }

    /// The type of the next item; End behind the last one or after a fault.
    Type peek() const;
    std::uint64_t unsignedInteger();
    std::int64_t integer();
    QByteArrayView byteString();
    QByteArrayView text();
    std::uint64_t array();
    std::uint64_t map();
    bool boolean();
    bool null();
    std::uint64_t incarnation();
    /// Skips one item with all that it contains (nested at most 32 deep) and answers its bytes.
    QByteArrayView skip();

    bool ok() const { return m_ok; }
    bool atEnd() const { return m_offset == m_data.size(); }
    qsizetype offset() const { return m_offset; }
    /// For a decoder that sees a value out of its range.
    void fail() { m_ok = false; }

private:
    std::uint64_t head(int major);
    bool rawHead(int &major, std::uint64_t &value);
    QByteArrayView slice(std::uint64_t size);
    void skipItem(int depth);

    QByteArrayView m_data;
    qsizetype m_offset = 0;
    bool m_ok = true;
};

} // namespace driftless::cbor
