#include "query/lexer.h"

#include "core/utf8.h"

#include <QChar>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace driftless::query {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

class Lexer
{
public:
    explicit Lexer(QByteArrayView text)
        : m_text(text)
        , m_at(text.begin())
        , m_end(text.end())
    {
    }

    Result<std::vector<Token>> run(bool endsAtError)
    {
        std::vector<Token> tokens;
        for (;;) {
            const bool isBehindSpace = skipSpace();
            const char *const begin = m_at;
            Token token;
            if (m_at != m_end) {
                auto read = next();
                if (!read && !endsAtError) {
                    return read.error();
                }
                token = read ? std::move(read).value() : Token();
            }
            token.place = {begin - m_text.begin(), m_at - begin};
            token.isBehindSpace = isBehindSpace;
            tokens.push_back(std::move(token));
            if (tokens.back().kind == TokenKind::End) {
                return tokens;
            }
        }
    }

private:
    struct Character
    {
        char32_t code;
        const char *end;
    };

    [[nodiscard]] Character character(const char *at) const
    {
        const char *end
            = static_cast<unsigned char>(*at) < 0x80U ? at + 1 : endOfUtf8Sequence(at, m_end);
        return {decodeUtf8(at, end), end};
    }

    [[nodiscard]] bool startsWord(const char *at) const
    {
        const char32_t code = character(at).code;
        return code == U'_' || code == U'$' || QChar::isLetter(code);
    }
    [[nodiscard]] bool continuesWord(const char *at) const
    {
        return startsWord(at) || QChar::isDigit(character(at).code);
    }

    bool skipSpace()
    {
        const char *const begin = m_at;
        while (m_at != m_end) {
            const auto [code, end] = character(m_at);
            if (QChar::isSpace(code)) {
                m_at = end;
            } else if (m_end - m_at >= 2 && m_at[0] == '-' && m_at[1] == '-') {
                m_at = std::find(m_at, m_end, '\n');
            } else {
                break;
            }
        }
        return m_at != begin;
    }

    Result<Token> next()
    {
        if (startsWord(m_at)) {
            return word();
        }
        if (isDigit(*m_at)) {
            return number();
        }
        if (*m_at == '\'' || *m_at == '"') {
            return string();
        }
        return symbol();
    }

    Token word()
    {
        const char *const begin = m_at;
        while (m_at != m_end && continuesWord(m_at)) {
            m_at = character(m_at).end;
        }
        const QByteArray text(begin, m_at - begin);
        return {text == "$" ? TokenKind::Symbol : TokenKind::Word, text, {}};
    }

    Token number()
    {
        const char *const begin = m_at;
        Token token {TokenKind::Integer, {}, {}};
        const auto skipDigits = [this] {
            while (m_at != m_end && isDigit(*m_at)) {
                ++m_at;
            }
        };
        skipDigits();
        if (m_at != m_end && *m_at == '.') {
            token.kind = TokenKind::Real;
            ++m_at;
            skipDigits();
        }
        if (m_at != m_end && (*m_at == 'e' || *m_at == 'E')) {
            const char *digits = m_at + 1;
            digits += digits != m_end && (*digits == '+' || *digits == '-') ? 1 : 0;
            if (digits != m_end && isDigit(*digits)) {
                token.kind = TokenKind::Real;
                m_at = digits;
                skipDigits();
            }
        }
        token.text = QByteArray(begin, m_at - begin);
        return token;
    }

    Result<Token> string()
    {
        const char *const begin = m_at;
        const char quote = *m_at++;
        QByteArray content;
        while (m_at != m_end && *m_at != quote) {
            if (*m_at == '\\' && m_at + 1 != m_end) {
                ++m_at;
                escape(quote, content);
            } else {
                content += *m_at++;
            }
        }
        if (m_at == m_end) {
            return syntaxError(m_text,
                {begin - m_text.begin(), m_end - begin},
                QByteArrayLiteral("The string has no end."));
        }
        ++m_at;
        return Token {TokenKind::String, content, {}};
    }

    /// Behind a backslash. What is no escape disappears, as in the reference.
    void escape(char quote, QByteArray &content)
    {
        const char *const end = character(m_at).end;
        const char c = *m_at;
        switch (c) {
        case 'b':
            content += '\b';
            break;
        case 'f':
            content += '\f';
            break;
        case 'n':
            content += '\n';
            break;
        case 'r':
            content += '\r';
            break;
        case 't':
            content += '\t';
            break;
        case 'u':
            ++m_at;
            unicode(content);
            return;
        default:
            if (c == '\\' || c == '/' || c == quote) {
                content += c;
            }
        }
        m_at = end;
    }

    /// Four hexadecimal digits, or -1.
    [[nodiscard]] int unit(const char *at) const
    {
        const auto isHex = [](unsigned char c) { return std::isxdigit(c) != 0; };
        if (m_end - at < 4 || !std::all_of(at, at + 4, isHex)) {
            return -1;
        }
        return QByteArray(at, 4).toInt(nullptr, 16);
    }

    /// Behind `\u`. A lone surrogate becomes U+FFFD, since text is UTF-8.
    void unicode(QByteArray &content)
    {
        const int first = unit(m_at);
        if (first < 0) {
            return;
        }
        m_at += 4;
        auto code = static_cast<char32_t>(first);
        if (QChar::isHighSurrogate(code) && m_end - m_at >= 6 && m_at[0] == '\\'
            && m_at[1] == 'u') {
            const int second = unit(m_at + 2);
            if (second >= 0 && QChar::isLowSurrogate(static_cast<char32_t>(second))) {
                code = QChar::surrogateToUcs4(
                    static_cast<char16_t>(first), static_cast<char16_t>(second));
                m_at += 6;
            }
        }
        if (QChar::isSurrogate(code)) {
            code = QChar::ReplacementCharacter;
        }
        char room[4];
        content.append(room, encodeUtf8(room, code) - room);
    }

    Result<Token> symbol()
    {
        static constexpr const char *kTwo[] = {"!=", ">=", "<=", "<>"};
        for (const char *two : kTwo) {
            if (m_end - m_at >= 2 && m_at[0] == two[0] && m_at[1] == two[1]) {
                m_at += 2;
                return Token {TokenKind::Symbol, two[0] == '<' && two[1] == '>' ? "!=" : two, {}};
            }
        }
        const char *const begin = m_at;
        m_at = character(m_at).end;
        static constexpr char kOne[] = "(){}[],:.;@+-*/%=><";
        const char *const known = *begin != '\0' ? std::strchr(kOne, *begin) : nullptr;
        if (known != nullptr) { // the text is not copied: a statement may be all symbols
            return Token {TokenKind::Symbol, QByteArray::fromRawData(known, 1), {}};
        }
        return syntaxError(m_text,
            {begin - m_text.begin(), m_at - begin},
            QByteArrayLiteral("This character means nothing here."));
    }

    QByteArrayView m_text;
    const char *m_at;
    const char *m_end;
};

} // namespace

Result<std::vector<Token>> tokenize(QByteArrayView text)
{
    if (!isWellFormedUtf8(text)) {
        return evaluationError(QByteArrayLiteral("The text is not UTF-8."));
    }
    return Lexer(text).run(false);
}

std::vector<Token> tokenizeToError(QByteArrayView text)
{
    const qsizetype size = isWellFormedUtf8(text) ? text.size() : 0;
    return Lexer(text.first(size)).run(true).value();
}

} // namespace driftless::query
