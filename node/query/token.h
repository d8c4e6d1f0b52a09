#pragma once

#include "query/syntax_error.h"

#include <QByteArray>

namespace driftless::query {

enum class TokenKind : std::uint8_t {
    End,
    Word,
    Integer,
    Real, ///< digits with a point or an exponent
    String,
    Symbol, ///< one of ( ) { } [ ] , : . ; @ $ + - * / % = != > >= < <= and ? (for nothing)
};

/// A piece of a statement.
struct Token
{
    TokenKind kind = TokenKind::End;
    QByteArray text; ///< the word, digits or symbol as it stands ("<>" as "!="); a string's content
    Place place;
    bool isBehindSpace = false; ///< white space or a comment stands before it

    [[nodiscard]] bool isSymbol(const char *symbol) const
    {
        return kind == TokenKind::Symbol && text == symbol;
    }
    /// True for that word in any case; `word` in lower case.
    [[nodiscard]] bool isWord(const char *word) const
    {
        return kind == TokenKind::Word && qstricmp(text.constData(), word) == 0;
    }
};

} // namespace driftless::query
