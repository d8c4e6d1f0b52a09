#include "host/configuration.h"

#include <QChar>
#include <QString>

#include <utility>

namespace driftless::host {

namespace {

constexpr int kDepthMax = 64; // as System.Text.Json

/// One pass over the text of a settings file. Not core/json: that one refuses comments, and
/// documents have no lines.
class Reader
{
public:
    Reader(const QByteArray &text, const QByteArray &fileName)
        : m_text(text)
        , m_fileName(fileName)
    {
    }

    Result<Configuration> read()
    {
        if (m_text.startsWith("\xef\xbb\xbf")) {
            m_position = 3;
        }
        DRIFTLESS_TRY(skipBlanks());
        if (peek() != '{') {
            return wrong("the outermost value must be an object");
        }
        DRIFTLESS_TRY(readValue({}, 0));
        DRIFTLESS_TRY(skipBlanks());
        if (m_position != m_text.size()) {
            return wrong("there is something behind the closing brace");
        }
        return std::move(m_configuration);
    }

private:
    [[nodiscard]] char peek() const
    {
        return m_position < m_text.size() ? m_text[m_position] : '\0';
    }

    [[nodiscard]] QByteArray here() const { return m_fileName + ':' + QByteArray::number(m_line); }

    [[nodiscard]] Error wrong(const QByteArray &what) const
    {
        return {ErrorCode::Configuration, oneLine(here() + ": " + what + '.'), {}};
    }

    Result<void> skipBlanks()
    {
        while (m_position < m_text.size()) {
            const char c = m_text[m_position];
            if (c == '\n') {
                ++m_line;
                ++m_position;
            } else if (c == ' ' || c == '\t' || c == '\r') {
                ++m_position;
            } else if (c == '/') {
                DRIFTLESS_TRY(skipComment());
            } else {
                break;
            }
        }
        return {};
    }

    Result<void> skipComment()
    {
        const QByteArrayView rest = QByteArrayView(m_text).sliced(m_position);
        if (rest.startsWith("//")) {
            const qsizetype end = m_text.indexOf('\n', m_position);
            m_position = end < 0 ? m_text.size() : end;
            return {};
        }
        const qsizetype end = rest.startsWith("/*") ? m_text.indexOf("*/", m_position + 2) : -1;
        if (end < 0) {
            return wrong("a '/' begins no comment that ends");
        }
        m_line += static_cast<int>(
            QByteArrayView(m_text).sliced(m_position, end - m_position).count('\n'));
        m_position = end + 2;
        return {};
    }

    Result<void> readValue(const QByteArray &key, int depth)
    {
        if (depth > kDepthMax) {
            return wrong("values are nested too deep");
        }
        switch (peek()) {
        case '{':
        case '[':
            return readContainer(key, depth);
        case '"': {
            DRIFTLESS_TRY_ASSIGN(QByteArray value, readString());
            return add(key, std::move(value));
        }
        default:
            return readWord(key);
        }
    }

    Result<void> readContainer(const QByteArray &key, int depth)
    {
        const bool isObject = peek() == '{';
        const char closing = isObject ? '}' : ']';
        ++m_position;
        for (int index = 0;; ++index) {
            DRIFTLESS_TRY(skipBlanks());
            if (peek() == closing) { // also behind a comma
                ++m_position;
                return index == 0 && !key.isEmpty() ? add(key, {}) : Result<void>();
            }
            QByteArray segment = QByteArray::number(index);
            if (isObject) {
                DRIFTLESS_TRY_ASSIGN(segment, readName());
            }
            DRIFTLESS_TRY(readValue(key.isEmpty() ? segment : key + ':' + segment, depth + 1));
            DRIFTLESS_TRY(skipBlanks());
            if (peek() == ',') {
                ++m_position;
            } else if (peek() != closing) {
                return wrong(QByteArray("here must be ',' or '") + closing + '\'');
            }
        }
    }

    Result<QByteArray> readName()
    {
        if (peek() != '"') {
            return wrong("here must be a name in double quotes");
        }
        DRIFTLESS_TRY_ASSIGN(QByteArray name, readString());
        DRIFTLESS_TRY(skipBlanks());
        if (peek() != ':') {
            return wrong("behind the name '" + name + "' must be ':'");
        }
        ++m_position;
        DRIFTLESS_TRY(skipBlanks());
        return name;
    }

    Result<QByteArray> readString()
    {
        QByteArray value;
        for (++m_position; m_position < m_text.size(); ++m_position) {
            const char c = m_text[m_position];
            if (c == '"') {
                ++m_position;
                return value;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                break;
            }
            if (c == '\\') {
                DRIFTLESS_TRY(readEscape(value));
            } else {
                value += c;
            }
        }
        return wrong("a string does not end on its line");
    }

    /// At the backslash; leaves m_position at the last character of the escape.
    Result<void> readEscape(QByteArray &value)
    {
        ++m_position;
        switch (peek()) {
        case '"':
        case '\\':
        case '/':
            value += peek();
            return {};
        case 'b':
            value += '\b';
            return {};
        case 'f':
            value += '\f';
            return {};
        case 'n':
            value += '\n';
            return {};
        case 'r':
            value += '\r';
            return {};
        case 't':
            value += '\t';
            return {};
        case 'u':
            break;
        default:
            return wrong("a string holds an unknown escape; a backslash is written \\\\");
        }
        DRIFTLESS_TRY_ASSIGN(const char16_t first, readCodeUnit());
        if (!QChar::isSurrogate(first)) {
            value += QString(QChar(first)).toUtf8();
            return {};
        }
        if (QChar::isHighSurrogate(first)
            && QByteArrayView(m_text).sliced(m_position + 1).startsWith("\\u")) {
            m_position += 2;
            DRIFTLESS_TRY_ASSIGN(const char16_t second, readCodeUnit());
            if (QChar::isLowSurrogate(second)) {
                value += (QString(QChar(first)) + QChar(second)).toUtf8();
                return {};
            }
        }
        return wrong("a string holds half a character (\\ud800 to \\udfff alone)");
    }

    /// At the 'u'; leaves m_position at the last digit.
    Result<char16_t> readCodeUnit()
    {
        const QByteArray digits = m_text.mid(m_position + 1, 4);
        bool ok = digits.size() == 4 && digits[0] != '+' && digits[0] != '-' && digits[0] != ' ';
        const ushort unit = ok ? digits.toUShort(&ok, 16) : ushort(0);
        if (!ok) {
            return wrong("\\u needs four hexadecimal digits");
        }
        m_position += 4;
        return static_cast<char16_t>(unit);
    }

    Result<void> readWord(const QByteArray &key)
    {
        const qsizetype begin = m_position;
        while (m_position < m_text.size()
            && !QByteArrayView(" \t\r\n,}]/:\"").contains(m_text[m_position])) {
            ++m_position;
        }
        const QByteArray word = m_text.sliced(begin, m_position - begin);
        if (word == "null") {
            return add(key, {});
        }
        bool isNumber = false;
        word.toDouble(&isNumber);
        isNumber
            = isNumber && !word.isEmpty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
        if (!isNumber && word != "true" && word != "false") {
            return wrong("here must be a value: text in double quotes, a number, true, false, "
                         "null, an object or an array");
        }
        return add(key, word);
    }

    Result<void> add(const QByteArray &key, std::optional<QByteArray> value)
    {
        if (m_configuration.find(key)) {
            return wrong("'" + key + "' is given twice");
        }
        m_configuration.set({key, std::move(value), here()});
        return {};
    }

    const QByteArray &m_text;
    const QByteArray &m_fileName;
    qsizetype m_position = 0;
    int m_line = 1;
    Configuration m_configuration;
};

} // namespace

Result<Configuration> readJsonConfiguration(const QByteArray &text, const QByteArray &fileName)
{
    return Reader(text, fileName).read();
}

} // namespace driftless::host
