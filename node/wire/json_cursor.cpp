#include "wire/json_cursor.h"

namespace driftless::wire {

namespace {

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

} // namespace

bool JsonCursor::take(char c)
{
    skipBlanks();
    if (m_offset < m_text.size() && m_text[m_offset] == c) {
        ++m_offset;
        return true;
    }
    return false;
}

QByteArrayView JsonCursor::value()
{
    skipBlanks();
    if (m_offset >= m_text.size()) {
        return {};
    }
    const qsizetype begin = m_offset;
    const char first = m_text[begin];
    qsizetype end = begin;
    if (first == '"') {
        end = stringEnd(begin);
    } else if (first == '{' || first == '[') {
        end = containerEnd(begin);
    } else {
        while (end < m_text.size() && m_text[end] != ',' && m_text[end] != '}' && m_text[end] != ']'
            && !isBlank(m_text[end])) {
            ++end;
        }
    }
    if (end <= begin) {
        return {};
    }
    m_offset = end;
    return m_text.sliced(begin, end - begin);
}

bool JsonCursor::atEnd()
{
    skipBlanks();
    return m_offset == m_text.size();
}

void JsonCursor::skipBlanks()
{
    while (m_offset < m_text.size() && isBlank(m_text[m_offset])) {
        ++m_offset;
    }
}

qsizetype JsonCursor::stringEnd(qsizetype at) const
{
    for (qsizetype i = at + 1; i < m_text.size(); ++i) {
        if (m_text[i] == '"') {
            return i + 1;
        }
        if (m_text[i] == '\\') {
            ++i;
        }
    }
    return -1;
}

qsizetype JsonCursor::containerEnd(qsizetype at) const
{
    qsizetype depth = 0;
    for (qsizetype i = at; i < m_text.size(); ++i) {
        switch (m_text[i]) {
        case '"':
            i = stringEnd(i) - 1;
            if (i < 0) {
                return -1;
            }
            break;
        case '{':
        case '[':
            ++depth;
            break;
        case '}':
        case ']':
            if (--depth == 0) {
                return i + 1;
            }
            break;
        default:
            break;
        }
    }
    return -1;
}

} // namespace driftless::wire
