#pragma once

#include <QByteArrayView>

namespace driftless::wire {

/// Walks over JSON text from one value to the next and finds where each ends, in one quick pass
/// that judges only brackets and quotes. What it answers is to be checked (core/json.h) before it
/// is believed. Views point into the text, which outlives it.
class JsonCursor
{
public:
    explicit JsonCursor(QByteArrayView text)
        : m_text(text)
    {
    }

    /// Skips blanks, then `c` if it stands there.
    bool take(char c);
    /// The extent of the next value, without blanks around it; empty where there is none or it does
    /// not end.
    QByteArrayView value();
    /// Nothing but blanks are left.
    bool atEnd();
    [[nodiscard]] qsizetype offset() const { return m_offset; }

private:
    void skipBlanks();
    /// Index behind the closing quote of the string that opens at `at`; -1 if it does not end.
    [[nodiscard]] qsizetype stringEnd(qsizetype at) const;
    [[nodiscard]] qsizetype containerEnd(qsizetype at) const;

    QByteArrayView m_text;
    qsizetype m_offset = 0;
};

} // namespace driftless::wire
