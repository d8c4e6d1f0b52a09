#pragma once

#include "core/result.h"

#include <QByteArray>

#include <cstdint>
#include <cstring>

/// The part of CBOR (RFC 8949) that Driftless writes: definite lengths, shortest heads, unsigned
/// and negative integers, byte and text strings, arrays, maps, booleans and null; no tags, no
/// floats. Writing in ascending key order gives the deterministic encoding of section 4.2.
namespace driftless::cbor {

class Writer
{
public:
    Writer() = default;
    /// Expects this many bytes; more may come.
    explicit Writer(qsizetype reserve)
        : m_buffer(reserve, Qt::Uninitialized)
    {
    }

    void unsignedInteger(std::uint64_t value) { head(0, value); }
    void integer(std::int64_t value);
    void byteString(QByteArrayView value);
    void text(QByteArrayView utf8);
    void array(std::uint64_t size) { head(4, size); }
    void map(std::uint64_t size) { head(5, size); }
    void boolean(bool value) { *room(1) = static_cast<char>(value ? 0xf5 : 0xf4); }
    void null() { *room(1) = static_cast<char>(0xf6); }
    /// Eight random bits times eight: as a byte string of 8, since the shortest integer would
    /// hardly ever be shorter.
    void incarnation(std::uint64_t number);
    /// Items that are encoded already.
    void raw(QByteArrayView encoded)
    {
        if (!encoded.isEmpty()) {
            std::memcpy(
                room(encoded.size()), encoded.data(), static_cast<std::size_t>(encoded.size()));
        }
    }

    /// Valid until the next item is written.
    [[nodiscard]] QByteArrayView bytes() const { return QByteArrayView(m_buffer).first(m_size); }
    QByteArray take();

private:
    void head(unsigned major, std::uint64_t value)
    {
        if (value < 24) {
            *room(1) = static_cast<char>(major << 5U | static_cast<unsigned>(value));
        } else {
            longHead(major, value);
        }
    }
    void longHead(unsigned major, std::uint64_t value);
    /// Where the next `size` bytes go. QByteArray's own append is several times slower for the few
    /// bytes of an item.
    char *room(qsizetype size)
    {
        if (m_buffer.size() - m_size < size) {
            grow(size);
        }
        char *const at = m_buffer.data() + m_size;
        m_size += size;
        return at;
    }
    void grow(qsizetype size);

    QByteArray m_buffer; ///< m_size bytes of it are written
    qsizetype m_size = 0;
};

enum class Type { Unsigned, Negative, Bytes, Text, Array, Map, Boolean, Null, End };

/// Reads items one after another. The first fault sticks: later reads answer empty values, and ok()
/// says false; so a decoder reads a whole structure and asks once. Views point into the data given,
/// which must outlive them. A fault is anything outside of the part above, a head that is not the
/// shortest, text that is not UTF-8, or an end too early.
class Reader
{
public:
    explicit Reader(QByteArrayView data)
        : m_data(data)
    {
    }

    /// The type of the next item; End behind the last one or after a fault.
    [[nodiscard]] Type peek() const;
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

    [[nodiscard]] bool ok() const { return m_ok; }
    [[nodiscard]] bool atEnd() const { return m_offset == m_data.size(); }
    [[nodiscard]] qsizetype offset() const { return m_offset; }
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
