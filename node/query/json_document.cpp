#include "query/json_document.h"

#include "core/json.h"
#include "core/json_text.h"
#include "query/extended_json.h"

#include <charconv>
#include <limits>

namespace driftless::query {

namespace {

/// What passed the check is nested less deeply; the rest must not exhaust the stack.
constexpr int kDepthMax = 4 * kDocumentDepthMax;

Value numberOf(QByteArrayView token)
{
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(token.begin(), token.end(), whole);
    if (end != token.end()) {
        return Value::real(doubleOf(token));
    }
    if (error == std::errc()) {
        return whole >= std::numeric_limits<std::int32_t>::min()
                && whole <= std::numeric_limits<std::int32_t>::max()
            ? Value::int32(static_cast<std::int32_t>(whole))
            : Value::int64(whole);
    }
    const auto exact = Decimal96::parse(token);
    return exact ? Value::decimal(*exact) : Value::real(doubleOf(token));
}

/// Reads checked JSON from the left. Every function moves `m_at` behind what it read, and answers
/// false where the text cannot have passed a check.
class Reader
{
public:
    explicit Reader(QByteArrayView text)
        : m_at(text.begin())
        , m_end(text.end())
    {
    }

    /// An object with blanks around it: its wanted members.
    bool document(Value &out, const FieldSet &wanted)
    {
        std::vector<DocumentMember> members;
        if (!objectBegins() || !readMembers(members, &wanted, 1)) {
            return false;
        }
        out = Value::document(Document::ofMembers(std::move(members)));
        return isAtEnd();
    }

    bool whole(Value &out)
    {
        skipBlanks();
        return value(out, 1) && isAtEnd();
    }

private:
    void skipBlanks() { m_at = json::skipBlanks(m_at, m_end); }
    [[nodiscard]] char peek() const { return m_at != m_end ? *m_at : '\0'; }
    bool take(char c)
    {
        if (peek() != c) {
            return false;
        }
        ++m_at;
        return true;
    }
    bool objectBegins()
    {
        skipBlanks();
        return take('{');
    }
    bool isAtEnd()
    {
        skipBlanks();
        return m_at == m_end;
    }

    /// At a quote. The bytes are the text's own where it has no escapes, and live as long as it.
    bool string(QByteArrayView &raw, bool &isEscaped)
    {
        if (!take('"')) {
            return false;
        }
        const char *const quote = json::findClosingQuote(m_at, m_end, isEscaped);
        raw = QByteArrayView(m_at, quote);
        m_at = quote;
        return take('"');
    }
    bool string(QByteArray &out)
    {
        QByteArrayView raw;
        bool isEscaped = false;
        if (!string(raw, isEscaped)) {
            return false;
        }
        out = isEscaped ? json::decodeString(raw) : raw.toByteArray();
        return true;
    }

    /// Behind `{`, to behind `}`. Without `wanted` all members are.
    bool readMembers(std::vector<DocumentMember> &members, const FieldSet *wanted, int depth)
    {
        skipBlanks();
        if (take('}')) {
            return true;
        }
        for (;;) {
            QByteArrayView raw;
            bool isEscaped = false;
            if (!string(raw, isEscaped)) {
                return false;
            }
            skipBlanks();
            if (!take(':')) {
                return false;
            }
            skipBlanks();
            const QByteArray decoded = isEscaped ? json::decodeString(raw) : QByteArray();
            const QByteArrayView name = isEscaped ? QByteArrayView(decoded) : raw;
            const QByteArray *known = wanted != nullptr ? wanted->find(name) : nullptr;
            if (wanted == nullptr || wanted->isAll() || known != nullptr) {
                DocumentMember &member = members.emplace_back();
                // Most names are spelled as asked for: no copy.
                member.name = known != nullptr && *known == name ? *known : name.toByteArray();
                if (!value(member.value, depth + 1)) {
                    return false;
                }
            } else {
                m_at = json::endOfValue(m_at, m_end);
                if (m_at == nullptr) {
                    m_at = m_end;
                    return false;
                }
            }
            skipBlanks();
            if (!take(',')) {
                return take('}');
            }
            skipBlanks();
        }
    }

    /// Behind `{`.
    bool object(Value &out, int depth)
    {
        std::vector<DocumentMember> members;
        if (!readMembers(members, nullptr, depth)) {
            return false;
        }
        if (members.size() == 1 && members.front().value.isString()
            && isExtendedName(members.front().name)) {
            if (auto meant = fromExtended(members.front().name, members.front().value.bytes())) {
                out = std::move(*meant);
                return true;
            }
        }
        out = Value::document(Document::ofMembers(std::move(members)));
        return true;
    }

    /// Behind `[`.
    bool array(Value &out, int depth)
    {
        Array elements;
        skipBlanks();
        if (!take(']')) {
            do {
                skipBlanks();
                if (!value(elements.emplace_back(), depth + 1)) {
                    return false;
                }
                skipBlanks();
            } while (take(','));
            if (!take(']')) {
                return false;
            }
        }
        out = Value::array(std::move(elements));
        return true;
    }

    bool value(Value &out, int depth)
    {
        if (depth > kDepthMax) {
            return false;
        }
        switch (peek()) {
        case '"': {
            QByteArray text;
            if (!string(text)) {
                return false;
            }
            out = Value::string(std::move(text));
            return true;
        }
        case '{':
            ++m_at;
            return object(out, depth);
        case '[':
            ++m_at;
            return array(out, depth);
        default:
            return scalar(out);
        }
    }

    /// A number or a word.
    bool scalar(Value &out)
    {
        const char *const end = json::endOfValue(m_at, m_end);
        if (end == nullptr) {
            return false;
        }
        const QByteArrayView token(m_at, end);
        m_at = end;
        switch (token.front()) {
        case 'n':
            out = Value();
            return token == "null";
        case 't':
        case 'f':
            out = Value::boolean(token.front() == 't');
            return token == "true" || token == "false";
        default:
            out = numberOf(token);
            return token.front() == '-' || (token.front() >= '0' && token.front() <= '9');
        }
    }

    const char *m_at;
    const char *const m_end;
};

Error neverChecked()
{
    return {ErrorCode::InvalidJson,
        "These bytes are no JSON document: they were never checked, or are damaged.",
        "$"};
}

} // namespace

Result<Value> documentFromJson(QByteArrayView json, const FieldSet &wanted)
{
    Value document;
    if (!Reader(json).document(document, wanted)) {
        return neverChecked();
    }
    return document;
}

Result<Value> valueFromJson(QByteArrayView json)
{
    Value value;
    if (!Reader(json).whole(value)) {
        return neverChecked();
    }
    return value;
}

} // namespace driftless::query
