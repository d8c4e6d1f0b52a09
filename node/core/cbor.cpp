#include "core/cbor.h"

#include "core/utf8.h"

#include <QtEndian>

#include <algorithm>
#include <utility>

namespace driftless::cbor {

namespace {

constexpr int kDepthMax = 32;
constexpr qsizetype kGrowthBytesMin = 64;

} // namespace

void Writer::grow(qsizetype size)
{
    m_buffer.resize(std::max<qsizetype>(2 * m_buffer.size(), m_size + size + kGrowthBytesMin));
}

QByteArray Writer::take()
{
    m_buffer.truncate(m_size);
    m_size = 0;
    return std::exchange(m_buffer, QByteArray());
}

void Writer::longHead(unsigned major, std::uint64_t value)
{
    const auto kind = static_cast<char>(major << 5U);
    if (value <= 0xff) {
        char *const at = room(2);
        at[0] = static_cast<char>(kind | 24);
        at[1] = static_cast<char>(value);
    } else if (value <= 0xffff) {
        char *const at = room(3);
        at[0] = static_cast<char>(kind | 25);
        qToBigEndian(static_cast<quint16>(value), at + 1);
    } else if (value <= 0xffffffffU) {
        char *const at = room(5);
        at[0] = static_cast<char>(kind | 26);
        qToBigEndian(static_cast<quint32>(value), at + 1);
    } else {
        char *const at = room(9);
        at[0] = static_cast<char>(kind | 27);
        qToBigEndian(static_cast<quint64>(value), at + 1);
    }
}

void Writer::integer(std::int64_t value)
{
    if (value >= 0) {
        head(0, static_cast<std::uint64_t>(value));
    } else {
        head(1, static_cast<std::uint64_t>(-(value + 1)));
    }
}

void Writer::byteString(QByteArrayView value)
{
    head(2, static_cast<std::uint64_t>(value.size()));
    raw(value);
}

void Writer::text(QByteArrayView utf8)
{
    head(3, static_cast<std::uint64_t>(utf8.size()));
    raw(utf8);
}

void Writer::incarnation(std::uint64_t number)
{
    char buffer[8];
    qToBigEndian(static_cast<quint64>(number), buffer);
    byteString(QByteArrayView(buffer, 8));
}

Type Reader::peek() const
{
    if (!m_ok || m_offset >= m_data.size()) {
        return Type::End;
    }
    const auto byte = static_cast<unsigned char>(m_data[m_offset]);
    switch (byte >> 5) {
    case 0:
        return Type::Unsigned;
    case 1:
        return Type::Negative;
    case 2:
        return Type::Bytes;
    case 3:
        return Type::Text;
    case 4:
        return Type::Array;
    case 5:
        return Type::Map;
    case 7:
        if (byte == 0xf4 || byte == 0xf5) {
            return Type::Boolean;
        }
        return byte == 0xf6 ? Type::Null : Type::End;
    default:
        return Type::End;
    }
}

bool Reader::rawHead(int &major, std::uint64_t &value)
{
    if (!m_ok || m_offset >= m_data.size()) {
        m_ok = false;
        return false;
    }
    const auto byte = static_cast<unsigned char>(m_data[m_offset++]);
    major = byte >> 5;
    const unsigned info = byte & 31U;
    if (info < 24) {
        value = info;
        return true;
    }
    const qsizetype size = info == 24 ? 1 : info == 25 ? 2 : info == 26 ? 4 : info == 27 ? 8 : 0;
    if (size == 0 || m_data.size() - m_offset < size || major == 7) {
        m_ok = false;
        return false;
    }
    value = 0;
    for (qsizetype i = 0; i < size; ++i) {
        value = value << 8 | static_cast<unsigned char>(m_data[m_offset++]);
    }
    const std::uint64_t least = size == 1 ? 24 : std::uint64_t {1} << (size * 4);
    m_ok = value >= least;
    return m_ok;
}

std::uint64_t Reader::head(int major)
{
    int found = 0;
    std::uint64_t value = 0;
    if (!rawHead(found, value) || found != major) {
        m_ok = false;
        return 0;
    }
    return value;
}

QByteArrayView Reader::slice(std::uint64_t size)
{
    if (!m_ok || size > static_cast<std::uint64_t>(m_data.size() - m_offset)) {
        m_ok = false;
        return {};
    }
    const QByteArrayView result = m_data.sliced(m_offset, static_cast<qsizetype>(size));
    m_offset += static_cast<qsizetype>(size);
    return result;
}

std::uint64_t Reader::unsignedInteger()
{
    return head(0);
}

std::int64_t Reader::integer()
{
    const bool negative = peek() == Type::Negative;
    const std::uint64_t value = head(negative ? 1 : 0);
    if (value > static_cast<std::uint64_t>(INT64_MAX)) {
        m_ok = false;
        return 0;
    }
    return negative ? -static_cast<std::int64_t>(value) - 1 : static_cast<std::int64_t>(value);
}

QByteArrayView Reader::byteString()
{
    return slice(head(2));
}

QByteArrayView Reader::text()
{
    const QByteArrayView utf8 = slice(head(3));
    if (!isWellFormedUtf8(utf8)) {
        m_ok = false;
        return {};
    }
    return utf8;
}

std::uint64_t Reader::array()
{
    const std::uint64_t size = head(4);
    // Every item takes a byte at least; a larger number would only make a caller reserve memory.
    if (size > static_cast<std::uint64_t>(m_data.size() - m_offset)) {
        m_ok = false;
    }
    return m_ok ? size : 0;
}

std::uint64_t Reader::map()
{
    const std::uint64_t size = head(5);
    if (size > static_cast<std::uint64_t>(m_data.size() - m_offset) / 2) {
        m_ok = false;
    }
    return m_ok ? size : 0;
}

bool Reader::boolean()
{
    if (peek() != Type::Boolean) {
        m_ok = false;
        return false;
    }
    return static_cast<unsigned char>(m_data[m_offset++]) == 0xf5;
}

bool Reader::null()
{
    if (peek() != Type::Null) {
        m_ok = false;
        return false;
    }
    ++m_offset;
    return true;
}

std::uint64_t Reader::incarnation()
{
    const QByteArrayView bytes = byteString();
    if (bytes.size() != 8) {
        m_ok = false;
        return 0;
    }
    return qFromBigEndian<quint64>(bytes.data());
}

QByteArrayView Reader::skip()
{
    const qsizetype begin = m_offset;
    skipItem(0);
    return m_ok ? m_data.sliced(begin, m_offset - begin) : QByteArrayView();
}

void Reader::skipItem(int depth)
{
    if (depth > kDepthMax) {
        m_ok = false;
    }
    switch (peek()) {
    case Type::Unsigned:
        head(0);
        return;
    case Type::Negative:
        head(1);
        return;
    case Type::Bytes:
        byteString();
        return;
    case Type::Text:
        text();
        return;
    case Type::Boolean:
        boolean();
        return;
    case Type::Null:
        null();
        return;
    case Type::Array:
        for (std::uint64_t i = array(); i > 0 && m_ok; --i) {
            skipItem(depth + 1);
        }
        return;
    case Type::Map:
        for (std::uint64_t i = map() * 2; i > 0 && m_ok; --i) {
            skipItem(depth + 1);
        }
        return;
    case Type::End:
        m_ok = false;
        return;
    }
}

} // namespace driftless::cbor
