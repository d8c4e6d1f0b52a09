#pragma once

#include "core/result.h"
#include "query/token.h"

#include <vector>

namespace driftless::query {

/// The tokens of a text, read from the left by the parsers, and the depth they are at.
class TokenStream
{
public:
    /// `tokens` ends with an End.
    TokenStream(QByteArrayView text, std::vector<Token> tokens)
        : m_text(text)
        , m_tokens(std::move(tokens))
    {
    }

    /// The token `ahead` of the next one; the End for ever behind it.
    [[nodiscard]] const Token &peek(std::size_t ahead = 0) const
    {
        return m_tokens[std::min(m_next + ahead, m_tokens.size() - 1)];
    }
    [[nodiscard]] bool isSymbolAt(std::size_t ahead, const char *symbol) const
    {
        return peek(ahead).isSymbol(symbol);
    }
    const Token &take()
    {
        const Token &token = peek();
        m_next = std::min(m_next + 1, m_tokens.size() - 1);
        return token;
    }
    bool takeSymbol(const char *symbol) { return takeIf(peek().isSymbol(symbol)); }
    bool takeWord(const char *word) { return takeIf(peek().isWord(word)); }

    Result<void> expectSymbol(const char *symbol)
    {
        if (takeSymbol(symbol)) {
            return {};
        }
        return fail(QByteArrayLiteral("A '") + symbol + QByteArrayLiteral("' is missing."));
    }
    /// `word` in lower case.
    Result<void> expectWord(const char *word)
    {
        if (takeWord(word)) {
            return {};
        }
        return fail(QByteArray(word).toUpper() + QByteArrayLiteral(" is missing."));
    }
    /// Any word; `what` names it in the error ("the name of a collection").
    Result<QByteArray> expectName(const char *what)
    {
        if (peek().kind == TokenKind::Word) {
            return take().text;
        }
        return fail(QByteArrayLiteral("Expected ") + what + '.');
    }

    /// A syntax error at the next token.
    [[nodiscard]] Error fail(const QByteArray &what) const { return fail(peek().place, what); }
    [[nodiscard]] Error fail(Place place, const QByteArray &what) const
    {
        return syntaxError(m_text, place, what);
    }

    /// One level deeper for as long as it lives.
    class Level
    {
    public:
        explicit Level(TokenStream &stream)
            : m_stream(stream)
        {
            ++m_stream.m_depth;
        }
        ~Level() { --m_stream.m_depth; }
        Level(const Level &) = delete;
        Level &operator=(const Level &) = delete;

    private:
        TokenStream &m_stream;
    };
    [[nodiscard]] int depth() const { return m_depth; }

    /// Counts a node of the trees that are made of the tokens; how many there are now.
    int countNode() { return ++m_nodeCount; }

private:
    bool takeIf(bool isIt)
    {
        if (isIt) {
            take();
        }
        return isIt;
    }

    QByteArrayView m_text;
    std::vector<Token> m_tokens;
    std::size_t m_next = 0;
    int m_depth = 0;
    int m_nodeCount = 0;
};

} // namespace driftless::query
