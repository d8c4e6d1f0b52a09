#pragma once

#include <QByteArrayView>
#include <QVarLengthArray>

#include <bit>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// The steps that the readers of JSON in this module share. All stay inside of [at, end) whatever
/// the bytes are; what they say about the text is true only of text that passed the check
/// (core/json_checker.h), unless said otherwise.
namespace driftless::json {

/// A member as it stands: both views as in json::Member.
struct RawMember
{
    QByteArrayView name;
    QByteArrayView value;
    bool escaped = false; ///< the name has an escape
};

/// Most objects have their members found without an allocation.
using RawMembers = QVarLengthArray<RawMember, 32>;

inline bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline const char *skipBlanks(const char *at, const char *end)
{
    while (at != end && isBlank(*at)) {
        ++at;
    }
    return at;
}

/// Bytes looked at in one step; bit i of an answer is about byte i.
#if defined(__SSE2__)
class Block
{
public:
    static constexpr qsizetype kBytes = 16;

    explicit Block(const char *at)
        : m_bytes(_mm_loadu_si128(reinterpret_cast<const __m128i *>(at)))
    {
    }
    [[nodiscard]] std::uint32_t equal(char c) const
    {
        return mask(_mm_cmpeq_epi8(m_bytes, _mm_set1_epi8(c)));
    }
    /// Control characters, and all that is not ASCII: as signed bytes both are below a blank.
    [[nodiscard]] std::uint32_t outside() const
    {
        return mask(_mm_cmplt_epi8(m_bytes, _mm_set1_epi8(' ')));
    }

private:
    static std::uint32_t mask(__m128i bytes)
    {
        return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
    }

    __m128i m_bytes;
};
#else
class Block
{
public:
    static constexpr qsizetype kBytes = 16;

    explicit Block(const char *at)
        : m_at(at)
    {
    }
    [[nodiscard]] std::uint32_t equal(char c) const
    {
        return mask([c](char byte) { return byte == c; });
    }
    [[nodiscard]] std::uint32_t outside() const
    {
        return mask([](char byte) { return static_cast<signed char>(byte) < ' '; });
    }

private:
    template <typename Holds> [[nodiscard]] std::uint32_t mask(Holds holds) const
    {
        std::uint32_t bits = 0;
        for (qsizetype i = 0; i < kBytes; ++i) {
            bits |= holds(m_at[i]) ? 1U << i : 0U;
        }
        return bits;
    }

    const char *m_at;
};
#endif

/// The first byte that is not simply a character of a string: a quote, a backslash, a control
/// character or part of a multi-byte sequence; `end` if there is none. Any bytes.
inline const char *findSpecial(const char *at, const char *end)
{
    for (; end - at >= Block::kBytes; at += Block::kBytes) {
        const Block block(at);
        const std::uint32_t special = block.equal('"') | block.equal('\\') | block.outside();
        if (special != 0) {
            return at + std::countr_zero(special);
        }
    }
    for (; at != end; ++at) {
        const auto c = static_cast<unsigned char>(*at);
        if (c < 0x20U || c >= 0x80U || c == '"' || c == '\\') {
            return at;
        }
    }
    return end;
}

/// From behind the opening quote to the closing one; `end` if there is none. Sets `escaped` if
/// there is an escape before it.
inline const char *findClosingQuote(const char *at, const char *end, bool &escaped)
{
    for (;;) {
        for (; end - at >= Block::kBytes; at += Block::kBytes) {
            const Block block(at);
            const std::uint32_t found = block.equal('"') | block.equal('\\');
            if (found != 0) {
                at += std::countr_zero(found);
                break;
            }
        }
        while (at != end && *at != '"' && *at != '\\') {
            ++at;
        }
        if (at == end || *at == '"') {
            return at;
        }
        if (end - at < 2) {
            return end;
        }
        escaped = true;
        at += 2;
    }
}

inline const char *findClosingQuote(const char *at, const char *end)
{
    bool escaped = false;
    return findClosingQuote(at, end, escaped);
}

/// The end of the value that begins at `at`; null if it has none.
const char *endOfValue(const char *at, const char *end);

/// The members of the object that is all of `object` but blanks; false if it is none.
bool splitMembers(QByteArrayView object, RawMembers &members);

/// Writes what stands between the quotes of a string with its escapes resolved, at most raw.size()
/// bytes; answers the end.
char *decodeStringTo(char *out, QByteArrayView raw);

} // namespace driftless::json
