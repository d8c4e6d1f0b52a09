#include "core/json_checker.h"

#include "core/assert.h"
#include "core/json_path.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <vector>

namespace driftless::json {

namespace {

constexpr qsizetype kFewNamesMax
    = 64; // beyond it sorting is faster, and safe against names that look alike
constexpr int kRecursionMax = 1'000; // levels of this parser, about 100 bytes of stack each

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isEqual(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size()
        && std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size())) == 0;
}

/// For a few names: each is compared with the earlier ones only if one of them looked alike.
qsizetype findRepeatedOfFew(const Names &names, qsizetype first)
{
    std::array<std::uint64_t, 4> seen {}; // a set of 256 looks
    for (qsizetype i = first; i < names.size(); ++i) {
        const QByteArrayView name = names[i];
        unsigned look = static_cast<unsigned>(name.size()) * 29U;
        if (!name.isEmpty()) {
            look += static_cast<unsigned char>(name.front()) * 7U
                + static_cast<unsigned char>(name.back()) * 13U
                + static_cast<unsigned char>(name[name.size() / 2]);
        }
        std::uint64_t &word = seen[look / 64U % seen.size()];
        const std::uint64_t bit = std::uint64_t {1} << look % 64U;
        for (qsizetype j = first; (word & bit) != 0 && j < i; ++j) {
            if (isEqual(names[j], name)) {
                return i;
            }
        }
        word |= bit;
    }
    return -1;
}

} // namespace

qsizetype findRepeated(const Names &names, qsizetype first)
{
    if (names.size() - first <= kFewNamesMax) {
        return findRepeatedOfFew(names, first);
    }
    std::vector<qsizetype> order(static_cast<std::size_t>(names.size() - first));
    std::iota(order.begin(), order.end(), first);
    std::sort(order.begin(), order.end(), [&names](qsizetype a, qsizetype b) {
        const QByteArrayView &x = names[a];
        const QByteArrayView &y = names[b];
        if (x.size() != y.size()) {
            return x.size() < y.size();
        }
        const int difference = std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()));
        return difference != 0 ? difference < 0 : a < b;
    });
    const auto found = std::adjacent_find(order.begin(),
        order.end(),
        [&names](qsizetype a, qsizetype b) { return isEqual(names[a], names[b]); });
    return found == order.end() ? -1 : found[1];
}

Checker::Checker(QByteArrayView text, const Limits &limits)
    : m_begin(text.data())
    , m_end(text.data() + text.size())
    , m_at(text.data())
    , m_limits(limits)
{
    DRIFTLESS_ASSERT(limits.depthMax <= kRecursionMax);
}

bool Checker::object(RawMembers &members)
{
    if (!sizeFits()) {
        return false;
    }
    m_at = skipBlanks(m_at, m_end);
    if (peek() != '{') {
        return fail(
            "The text must be a JSON object: begin it with '{' (and without a byte order mark).",
            m_at);
    }
    if (m_limits.depthMax < 1) {
        return fail(
            "Objects and arrays are nested too deeply: flatten them.", m_at, ErrorCode::TooDeep);
    }
    m_at = skipBlanks(m_at + 1, m_end);
    bool more = peek() != '}';
    m_at += more ? 0 : 1;
    while (more) {
        RawMember member;
        if (!name(member.name, member.escaped) || !colon()) {
            return false;
        }
        const char *const begin = m_at;
        if (!nested(1)) {
            return false;
        }
        member.value = QByteArrayView(begin, m_at);
        members.append(member);
        if (!separator('}', more)) {
            return false;
        }
    }
    return onlyBlanksLeft("Nothing may follow the closing brace: remove what stands there.");
}

bool Checker::value(QByteArrayView &trimmed)
{
    if (!sizeFits()) {
        return false;
    }
    m_at = skipBlanks(m_at, m_end);
    const char *const begin = m_at;
    if (!nested(0)) {
        return false;
    }
    trimmed = QByteArrayView(begin, m_at);
    return onlyBlanksLeft("Nothing may follow the value: remove what stands there.");
}

bool Checker::sizeFits()
{
    return m_end - m_begin <= m_limits.bytesMax
        || fail("The JSON text is larger than allowed: send less, or several documents.",
            m_begin,
            ErrorCode::TooLarge);
}

bool Checker::onlyBlanksLeft(const char *message)
{
    m_at = skipBlanks(m_at, m_end);
    return m_at == m_end || fail(message, m_at);
}

bool Checker::nested(int depth)
{
    switch (peek()) {
    case '"': {
        bool escaped = false;
        ++m_at;
        return string(escaped);
    }
    case '{':
    case '[':
        if (depth >= m_limits.depthMax) {
            return fail("Objects and arrays are nested too deeply: flatten them.",
                m_at,
                ErrorCode::TooDeep);
        }
        return *m_at == '{' ? nestedObject(depth + 1) : nestedArray(depth + 1);
    default:
        return scalar();
    }
}

bool Checker::nestedObject(int depth)
{
    const char *const brace = m_at;
    const qsizetype firstName = m_names.size();
    const std::size_t firstDecoded = m_decoded.size();
    m_at = skipBlanks(m_at + 1, m_end);
    if (peek() == '}') {
        ++m_at;
        return true;
    }
    for (bool more = true; more;) {
        QByteArrayView raw;
        bool escaped = false;
        if (!name(raw, escaped) || !colon()) {
            return false;
        }
        if (escaped) {
            raw = m_decoded.emplace_back(decodeString(raw));
        }
        m_names.append(raw);
        if (!nested(depth) || !separator('}', more)) {
            return false;
        }
    }
    if (const qsizetype repeated = findRepeated(m_names, firstName); repeated >= 0) {
        return failRepeated(m_names[repeated], brace);
    }
    m_names.resize(firstName);
    m_decoded.resize(firstDecoded);
    return true;
}

bool Checker::nestedArray(int depth)
{
    m_at = skipBlanks(m_at + 1, m_end);
    if (peek() == ']') {
        ++m_at;
        return true;
    }
    for (bool more = true; more;) {
        if (!nested(depth) || !separator(']', more)) {
            return false;
        }
    }
    return true;
}

bool Checker::scalar()
{
    switch (peek()) {
    case 't':
        return word("true", 4);
    case 'f':
        return word("false", 5);
    case 'n':
        return word("null", 4);
    default:
        break;
    }
    if (peek() == '-' || isDigit(peek())) {
        return number();
    }
    return m_at == m_end
        ? fail("The text ends too early: a value is missing.", m_at)
        : fail(
            "A JSON value is expected here: an object, array, string, number, true, false or null.",
            m_at);
}

bool Checker::name(QByteArrayView &raw, bool &escaped)
{
    if (peek() != '"') {
        return fail(
            "A name in double quotes is expected here (no comma behind the last member).", m_at);
    }
    const char *const begin = ++m_at;
    if (!string(escaped)) {
        return false;
    }
    raw = QByteArrayView(begin, m_at - 1);
    return !raw.isEmpty() || fail("A name must not be empty: give the member one.", begin);
}

bool Checker::colon()
{
    if (peek() != ':') {
        m_at = skipBlanks(m_at, m_end);
        if (peek() != ':') {
            return fail("A ':' is expected between a name and its value.", m_at);
        }
    }
    m_at = skipBlanks(m_at + 1, m_end);
    return true;
}

/// Behind a value: a comma and the begin of what follows, or the end of the object or array.
bool Checker::separator(char close, bool &more)
{
    m_at = skipBlanks(m_at, m_end);
    more = peek() == ',';
    if (more) {
        m_at = skipBlanks(m_at + 1, m_end);
        return true;
    }
    if (peek() == close) {
        ++m_at;
        return true;
    }
    return close == '}' ? fail("A ',' or '}' is expected behind a member.", m_at)
                        : fail("A ',' or ']' is expected behind an element.", m_at);
}

/// From behind the opening quote to behind the closing one.
bool Checker::string(bool &escaped)
{
    for (;;) {
        m_at = findSpecial(m_at, m_end);
        if (m_at == m_end) {
            return fail("A string has no closing quote.", m_at);
        }
        if (*m_at == '"') {
            ++m_at;
            return true;
        }
        if (*m_at == '\\') {
            escaped = true;
            if (!escape()) {
                return false;
            }
        } else if (static_cast<unsigned char>(*m_at) < 0x20U) {
            return fail("A control character in a string must be written as an escape, such as \\n "
                        "or \\u0000.",
                m_at);
        } else {
            do {
                const char *const next = endOfUtf8Sequence(m_at, m_end);
                if (next == nullptr) {
                    return fail("A string is not valid UTF-8: send the text in UTF-8.", m_at);
                }
                m_at = next;
            } while (m_at != m_end && static_cast<unsigned char>(*m_at) >= 0x80U);
        }
    }
}

bool Checker::escape()
{
    const char *const begin = m_at++;
    const char kind = peek();
    if (kind != '\0' && std::strchr("\"\\/bfnrt", kind) != nullptr) {
        ++m_at;
        return true;
    }
    if (kind != 'u') {
        return fail("An unknown escape in a string: JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
                    "\\uXXXX.",
            begin);
    }
    ++m_at;
    char32_t unit = 0;
    if (!hexUnit(unit)) {
        return fail("An escape \\u needs four hex digits.", begin);
    }
    if (unit < 0xd800U || unit > 0xdfffU) {
        return true;
    }
    char32_t low = 0;
    if (unit <= 0xdbffU && m_end - m_at >= 6 && m_at[0] == '\\' && m_at[1] == 'u') {
        m_at += 2;
        if (hexUnit(low) && low >= 0xdc00U && low <= 0xdfffU) {
            return true;
        }
    }
    return fail(
        "An escape is half of a surrogate pair: write both halves, the high one first.", begin);
}

bool Checker::hexUnit(char32_t &unit)
{
    if (m_end - m_at < 4) {
        return false;
    }
    for (int i = 0; i < 4; ++i, ++m_at) {
        const char c = *m_at;
        const char lower = static_cast<char>(c | 0x20);
        if (isDigit(c)) {
            unit = unit << 4 | static_cast<char32_t>(c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            unit = unit << 4 | static_cast<char32_t>(lower - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

bool Checker::number()
{
    const char *const begin = m_at;
    m_at += *m_at == '-' ? 1 : 0;
    if (peek() == '0') {
        ++m_at;
    } else if (!digits()) {
        return fail("A number needs a digit behind the '-'.", begin);
    }
    if (isDigit(peek())) {
        return fail(
            "A number must not begin with a zero that is not its only digit before the point.",
            begin);
    }
    if (peek() == '.') {
        ++m_at;
        if (!digits()) {
            return fail("A number needs a digit behind the point.", begin);
        }
    }
    if (peek() == 'e' || peek() == 'E') {
        ++m_at;
        m_at += peek() == '+' || peek() == '-' ? 1 : 0;
        if (!digits()) {
            return fail("A number needs a digit in its exponent.", begin);
        }
    }
    return true;
}

/// At least one.
bool Checker::digits()
{
    const char *const begin = m_at;
    while (isDigit(peek())) {
        ++m_at;
    }
    return m_at != begin;
}

bool Checker::word(const char *text, int size)
{
    if (m_end - m_at < size || std::memcmp(m_at, text, static_cast<std::size_t>(size)) != 0) {
        return fail("An unknown word: JSON has true, false and null, in lower case; text stands in "
                    "double quotes.",
            m_at);
    }
    m_at += size;
    return true;
}

bool Checker::fail(const char *message, const char *at, ErrorCode code)
{
    m_message = message;
    m_faultAt = at;
    m_code = code;
    return false;
}

bool Checker::failRepeated(QByteArrayView repeated, const char *brace)
{
    m_repeated = repeated.toByteArray();
    return fail(kRepeatedName, brace);
}

Error Checker::error() const
{
    DRIFTLESS_ASSERT(m_message != nullptr);
    QByteArray message = m_message;
    QByteArray path = pathAt(QByteArrayView(m_begin, m_end), m_faultAt);
    if (!m_repeated.isNull()) {
        appendToPath(path, m_repeated);
        return {m_code, message, path};
    }
    if (m_code == ErrorCode::InvalidJson) {
        message.append(" (At byte ").append(QByteArray::number(m_faultAt - m_begin)).append(".)");
    } else {
        message.append(" (The limit is ")
            .append(m_code == ErrorCode::TooDeep ? QByteArray::number(m_limits.depthMax) + " levels"
                                                 : QByteArray::number(m_limits.bytesMax) + " bytes")
            .append(".)");
    }
    return {
        m_code, message, path, m_code == ErrorCode::TooLarge ? Limit::DocumentBytes : Limit::None};
}

} // namespace driftless::json
