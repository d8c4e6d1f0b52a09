#include "slow_json.h"

#include "core/case_fold.h"
#include "core/limits.h"

#include <QStringDecoder>

#include <algorithm>
#include <set>

namespace driftless::fuzz {

namespace {

/// Nothing for what is not UTF-8. A byte order mark is a character like any other.
std::optional<QString> decoded(QByteArrayView utf8)
{
    QStringDecoder decoder(QStringDecoder::Utf8,
        QStringDecoder::Flag::Stateless | QStringDecoder::Flag::ConvertInitialBom);
    const QString text = decoder(utf8);
    return decoder.hasError() ? std::nullopt : std::optional(text);
}

bool isPaired(const QString &text)
{
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            ++i;
        } else if (text[i].isSurrogate()) {
            return false;
        }
    }
    return true;
}

/// Recursive descent over RFC 8259; nothing once anything is wrong.
class Parser
{
public:
    explicit Parser(QByteArrayView text)
        : m_text(text.toByteArray())
    {
    }

    std::optional<SlowValue> all()
    {
        blanks();
        SlowValue value;
        if (!parse(value, 0)) {
            return {};
        }
        blanks();
        return m_at == m_text.size() ? std::optional(std::move(value)) : std::nullopt;
    }

private:
    [[nodiscard]] bool isAt(char c) const { return m_at < m_text.size() && m_text[m_at] == c; }
    bool eat(char c)
    {
        const bool isThere = isAt(c);
        m_at += isThere ? 1 : 0;
        return isThere;
    }
    void blanks()
    {
        while (isAt(' ') || isAt('\t') || isAt('\r') || isAt('\n')) {
            ++m_at;
        }
    }

    bool parse(SlowValue &value, int depth)
    {
        if (isAt('"')) {
            value.kind = SlowValue::Kind::Text;
            return string(value.text);
        }
        if (isAt('{') || isAt('[')) {
            return depth < kDocumentDepthMax
                && (isAt('{') ? object(value, depth + 1) : array(value, depth + 1));
        }
        for (const QByteArray &word :
            {QByteArray("null"), QByteArray("true"), QByteArray("false")}) {
            if (m_text.mid(m_at, word.size()) == word) {
                m_at += word.size();
                value.token = word;
                return true;
            }
        }
        value.kind = SlowValue::Kind::Number;
        return number(value.token);
    }

    bool object(SlowValue &value, int depth)
    {
        value.kind = SlowValue::Kind::Object;
        eat('{');
        blanks();
        if (eat('}')) {
            return true;
        }
        std::set<QString> names;
        do {
            blanks();
            SlowMember member;
            if (!isAt('"') || !string(member.name) || member.name.isEmpty()
                || !names.insert(member.name).second) {
                return false;
            }
            blanks();
            if (!eat(':')) {
                return false;
            }
            blanks();
            if (!parse(member.value, depth)) {
                return false;
            }
            value.members.push_back(std::move(member));
            blanks();
        } while (eat(','));
        return eat('}');
    }

    bool array(SlowValue &value, int depth)
    {
        value.kind = SlowValue::Kind::Array;
        eat('[');
        blanks();
        if (eat(']')) {
            return true;
        }
        do {
            blanks();
            if (!parse(value.elements.emplace_back(), depth)) {
                return false;
            }
            blanks();
        } while (eat(','));
        return eat(']');
    }

    bool string(QString &text)
    {
        QByteArray utf8; // of the piece since the last escape
        const auto flush = [&] {
            text += decoded(utf8).value_or(QString());
            utf8.clear();
        };
        eat('"');
        while (m_at < m_text.size()) {
            const char c = m_text[m_at++];
            if (c == '"') {
                flush();
                return isPaired(text);
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                return false;
            }
            if (c != '\\') {
                utf8 += c;
                continue;
            }
            flush();
            if (m_at == m_text.size() || !escape(m_text[m_at++], text)) {
                return false;
            }
        }
        return false;
    }

    bool escape(char kind, QString &text)
    {
        const QByteArray kinds = "\"\\/bfnrt";
        const QByteArray meant = "\"\\/\b\f\n\r\t";
        if (const qsizetype found = kinds.indexOf(kind); found >= 0) {
            text += QLatin1Char(meant[found]);
            return true;
        }
        const QByteArray digits = m_text.mid(m_at, 4);
        const bool isHex = std::all_of(digits.begin(), digits.end(), [](char c) {
            return QByteArrayView("0123456789abcdefABCDEF").contains(c);
        });
        if (kind != 'u' || digits.size() != 4 || !isHex) {
            return false;
        }
        m_at += 4;
        text += QChar(digits.toUShort(nullptr, 16));
        return true;
    }

    bool digits()
    {
        const qsizetype begin = m_at;
        while (m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '9') {
            ++m_at;
        }
        return m_at > begin;
    }

    bool number(QByteArray &token)
    {
        const qsizetype begin = m_at;
        eat('-');
        if (!eat('0') && !digits()) {
            return false;
        }
        if (eat('.') && !digits()) {
            return false;
        }
        if (eat('e') || eat('E')) {
            eat('+') || eat('-');
            if (!digits()) {
                return false;
            }
        }
        token = m_text.sliced(begin, m_at - begin);
        return true; // "01" is a number with something behind it
    }

    const QByteArray m_text;
    qsizetype m_at = 0;
};

} // namespace

bool operator==(const SlowValue &a, const SlowValue &b)
{
    return a.kind == b.kind && a.token == b.token && a.text == b.text && a.elements == b.elements
        && std::equal(a.members.begin(),
            a.members.end(),
            b.members.begin(),
            b.members.end(),
            [](const SlowMember &x, const SlowMember &y) {
                return x.name == y.name && x.value == y.value;
            });
}

std::optional<SlowValue> slowValue(QByteArrayView text)
{
    return decoded(text) ? Parser(text).all() : std::nullopt;
}

std::optional<SlowValue> slowDocument(QByteArrayView text)
{
    std::optional<SlowValue> value = slowValue(text);
    if (!value || !value->isObject()) {
        return {};
    }
    std::set<QByteArray> folded;
    for (const auto &[name, member] : value->members) {
        if (!folded.insert(foldCase(name.toUtf8())).second) {
            return {};
        }
    }
    return value;
}

SlowValue slowMergePatch(const std::optional<SlowValue> &target, const SlowValue &patch)
{
    if (!patch.isObject()) {
        return patch;
    }
    SlowValue result;
    result.kind = SlowValue::Kind::Object;
    if (target && target->isObject()) {
        result.members = target->members;
    }
    for (const auto &[name, value] : patch.members) {
        const auto found = std::find_if(result.members.begin(),
            result.members.end(),
            [&wanted = name](const SlowMember &member) { return member.name == wanted; });
        if (value.isNull()) {
            if (found != result.members.end()) {
                result.members.erase(found);
            }
        } else if (found != result.members.end()) {
            found->value = slowMergePatch(found->value, value);
        } else {
            result.members.push_back({name, slowMergePatch({}, value)});
        }
    }
    return result;
}

} // namespace driftless::fuzz
