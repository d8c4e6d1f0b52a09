#include "model_json.h"

#include "core/case_fold.h"

namespace driftless::sim {

namespace {

class Splitter
{
public:
    explicit Splitter(QByteArrayView json)
        : m_json(json)
    {
    }

    std::optional<std::vector<ModelMember>> split()
    {
        std::vector<ModelMember> members;
        if (!take('{')) {
            return std::nullopt;
        }
        while (!take('}')) {
            if (!members.empty() && !take(',')) {
                return std::nullopt;
            }
            ModelMember member;
            skipBlanks();
            const QByteArray quoted = string();
            if (quoted.size() < 2 || !take(':')) {
                return std::nullopt;
            }
            member.rawName = quoted.mid(1, quoted.size() - 2);
            member.name = resolved(member.rawName);
            member.folded = foldCase(member.name);
            skipBlanks();
            member.value = value();
            if (member.value.isEmpty()) {
                return std::nullopt;
            }
            members.push_back(std::move(member));
        }
        skipBlanks();
        return m_at == m_json.size() ? std::optional(std::move(members)) : std::nullopt;
    }

private:
    [[nodiscard]] char peek() const { return m_at < m_json.size() ? m_json[m_at] : '\0'; }
    static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    void skipBlanks()
    {
        while (isBlank(peek())) {
            ++m_at;
        }
    }
    bool take(char c)
    {
        skipBlanks();
        if (peek() != c) {
            return false;
        }
        ++m_at;
        return true;
    }
    /// With its quotes; empty if none stands here.
    QByteArray string()
    {
        const qsizetype begin = m_at;
        if (peek() != '"') {
            return {};
        }
        for (++m_at; m_at < m_json.size() && m_json[m_at] != '"'; ++m_at) {
            m_at += m_json[m_at] == '\\' ? 1 : 0;
        }
        if (m_at >= m_json.size()) {
            return {};
        }
        ++m_at;
        return m_json.sliced(begin, m_at - begin).toByteArray();
    }
    QByteArray value()
    {
        if (peek() == '"') {
            return string();
        }
        const qsizetype begin = m_at;
        int depth = 0;
        while (m_at < m_json.size()) {
            const char c = peek();
            if (c == '"') {
                if (string().isEmpty()) {
                    return {};
                }
                continue;
            }
            if (c == '{' || c == '[') {
                ++depth;
            } else if (depth == 0 && (c == '}' || c == ',' || isBlank(c))) {
                break;
            } else if (c == '}' || c == ']') {
                --depth;
                if (depth == 0) {
                    ++m_at;
                    break;
                }
            }
            ++m_at;
        }
        return m_json.sliced(begin, m_at - begin).toByteArray();
    }
    static void appendCodePoint(QByteArray &out, char32_t c)
    {
        const auto byte = [&out](char32_t b) { out.append(static_cast<char>(b)); };
        if (c < 0x80) {
            byte(c);
        } else if (c < 0x800) {
            byte(0xc0 | (c >> 6)), byte(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            byte(0xe0 | (c >> 12)), byte(0x80 | ((c >> 6) & 0x3f)), byte(0x80 | (c & 0x3f));
        } else {
            byte(0xf0 | (c >> 18)), byte(0x80 | ((c >> 12) & 0x3f)), byte(0x80 | ((c >> 6) & 0x3f)),
                byte(0x80 | (c & 0x3f));
        }
    }
    static QByteArray resolved(const QByteArray &raw)
    {
        QByteArray out;
        for (qsizetype i = 0; i < raw.size(); ++i) {
            if (raw[i] != '\\') {
                out.append(raw[i]);
                continue;
            }
            switch (raw[++i]) {
            case 'n':
                out.append('\n');
                break;
            case 't':
                out.append('\t');
                break;
            case 'r':
                out.append('\r');
                break;
            case 'b':
                out.append('\b');
                break;
            case 'f':
                out.append('\f');
                break;
            case 'u': {
                char32_t c = raw.mid(i + 1, 4).toUInt(nullptr, 16);
                i += 4;
                if (c >= 0xd800 && c < 0xdc00) { // the first half of a pair
                    c = 0x10000 + ((c - 0xd800) << 10)
                        + (raw.mid(i + 3, 4).toUInt(nullptr, 16) - 0xdc00);
                    i += 6;
                }
                appendCodePoint(out, c);
                break;
            }
            default:
                out.append(raw[i]);
                break;
            }
        }
        return out;
    }

    QByteArrayView m_json;
    qsizetype m_at = 0;
};

} // namespace

std::optional<std::vector<ModelMember>> splitObject(QByteArrayView json)
{
    Splitter splitter(json);
    return splitter.split();
}

} // namespace driftless::sim
