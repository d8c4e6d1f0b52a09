#include "model_number.h"

#include <algorithm>

namespace driftless::sim {

namespace {

constexpr std::size_t kCounterDigitsMax = 34;
constexpr long kExponentMax = 1000; // beyond it only zero has 34 digits, and zero needs no exponent

std::string digitsFrom(QByteArrayView token, qsizetype &at)
{
    std::string digits;
    for (; at < token.size() && token[at] >= '0' && token[at] <= '9'; ++at) {
        digits.push_back(token[at]);
    }
    return digits;
}

/// a + b, or a - b where a >= b, of digit strings of one length.
std::string combine(const std::string &a, const std::string &b, bool subtract)
{
    std::string result(a.size() + 1, '0');
    int carry = 0;
    for (std::size_t i = a.size(); i-- > 0;) {
        int digit = (a[i] - '0') + (subtract ? -(b[i] - '0') : b[i] - '0') + carry;
        carry = 0;
        if (digit > 9) {
            digit -= 10;
            carry = 1;
        } else if (digit < 0) {
            digit += 10;
            carry = -1;
        }
        result[i + 1] = static_cast<char>('0' + digit);
    }
    result[0] = static_cast<char>('0' + carry);
    return result;
}

} // namespace

void ModelNumber::trim()
{
    m_whole.erase(0, m_whole.find_first_not_of('0'));
    m_fraction.erase(m_fraction.find_last_not_of('0') + 1);
    m_negative = m_negative && !(m_whole.empty() && m_fraction.empty());
}

std::optional<ModelNumber> ModelNumber::ofPlain(QByteArrayView token)
{
    ModelNumber number;
    qsizetype at = 0;
    if (token.startsWith('-')) {
        number.m_negative = true;
        at = 1;
    }
    number.m_whole = digitsFrom(token, at);
    if (number.m_whole.empty()) {
        return std::nullopt;
    }
    if (at < token.size() && token[at] == '.') {
        ++at;
        number.m_fraction = digitsFrom(token, at);
        if (number.m_fraction.empty()) {
            return std::nullopt;
        }
    }
    if (at != token.size()) {
        return std::nullopt;
    }
    number.trim();
    return number;
}

std::optional<ModelNumber> ModelNumber::ofCounter(QByteArrayView token)
{
    const auto isExponentMark = [](char c) { return c == 'e' || c == 'E'; };
    const auto mark = std::find_if(token.begin(), token.end(), isExponentMark);
    auto number = ofPlain(token.first(mark - token.begin()));
    if (!number) {
        return std::nullopt;
    }
    if (mark != token.end()) {
        qsizetype at = mark - token.begin() + 1;
        const bool below = at < token.size() && token[at] == '-';
        if (at < token.size() && (token[at] == '-' || token[at] == '+')) {
            ++at;
        }
        const std::string digits = digitsFrom(token, at);
        if (digits.empty() || at != token.size()) {
            return std::nullopt;
        }
        if (number->m_whole.empty() && number->m_fraction.empty()) {
            return number;
        }
        long exponent = 0;
        for (const char digit : digits) {
            exponent = std::min(exponent * 10 + (digit - '0'), kExponentMax);
        }
        for (; exponent > 0; --exponent) { // move the point by one place
            std::string &from = below ? number->m_whole : number->m_fraction;
            const char moved = from.empty() ? '0' : below ? from.back() : from.front();
            if (!from.empty()) {
                from.erase(below ? from.size() - 1 : 0, 1);
            }
            if (below) {
                number->m_fraction.insert(0, 1, moved);
            } else {
                number->m_whole.push_back(moved);
            }
        }
        number->trim();
    }
    if (number->m_whole.size() + number->m_fraction.size() > kCounterDigitsMax) {
        return std::nullopt;
    }
    return number;
}

ModelNumber ModelNumber::plus(const ModelNumber &other) const
{
    const std::size_t whole = std::max(m_whole.size(), other.m_whole.size());
    const std::size_t fraction = std::max(m_fraction.size(), other.m_fraction.size());
    const auto padded = [&](const ModelNumber &n) {
        return std::string(whole - n.m_whole.size(), '0') + n.m_whole + n.m_fraction
            + std::string(fraction - n.m_fraction.size(), '0');
    };
    const std::string a = padded(*this);
    const std::string b = padded(other);
    ModelNumber result;
    std::string digits;
    if (m_negative == other.m_negative) {
        digits = combine(a, b, false);
        result.m_negative = m_negative;
    } else if (a >= b) {
        digits = combine(a, b, true);
        result.m_negative = m_negative;
    } else {
        digits = combine(b, a, true);
        result.m_negative = other.m_negative;
    }
    result.m_whole = digits.substr(0, digits.size() - fraction);
    result.m_fraction = digits.substr(digits.size() - fraction);
    result.trim();
    return result;
}

ModelNumber ModelNumber::minus(const ModelNumber &other) const
{
    ModelNumber negated = other;
    negated.m_negative = !other.m_negative;
    negated.trim();
    return plus(negated);
}

QByteArray ModelNumber::text() const
{
    QByteArray result;
    if (m_negative) {
        result.append('-');
    }
    result.append(m_whole.empty() ? "0" : m_whole.c_str());
    if (!m_fraction.empty()) {
        result.append('.').append(m_fraction.c_str());
    }
    return result;
}

} // namespace driftless::sim
