#include "core/json_path.h"

#include "core/json_text.h"
#include "core/utf8.h"

#include <algorithm>
#include <vector>

namespace driftless::json {

namespace {

constexpr qsizetype kNameBytesShownMax = 64;

struct Level
{
    bool isObject = false;
    qsizetype index = 0;
    QByteArrayView name; ///< of the member that is being read; null before it
};

bool isWordByte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
        || c == '$' || static_cast<unsigned char>(c) >= 0x80U;
}

} // namespace

void appendToPath(QByteArray &path, QByteArrayView name)
{
    QByteArrayView shown = name;
    if (shown.size() > kNameBytesShownMax) {
        shown = shown.first(kNameBytesShownMax);
        while (!shown.isEmpty() && isUtf8Continuation(name[shown.size()])) {
            shown.chop(1);
        }
    }
    if (shown.size() == name.size() && !name.isEmpty()
        && std::all_of(name.begin(), name.end(), isWordByte)) {
        path.append('.').append(name);
        return;
    }
    path.append("[\"").append(shown).append(shown.size() < name.size() ? "…\"]" : "\"]");
}

QByteArray pathAt(QByteArrayView text, const char *at)
{
    std::vector<Level> levels;
    const char *const end = text.data() + text.size();
    for (const char *p = text.data(); p < at; ++p) {
        switch (*p) {
        case '{':
        case '[':
            levels.push_back({*p == '{', 0, {}});
            break;
        case '}':
        case ']':
            if (!levels.empty()) {
                levels.pop_back();
            }
            break;
        case ',':
            if (!levels.empty()) {
                ++levels.back().index;
                levels.back().name = {};
            }
            break;
        case '"': {
            const char *const quote = findClosingQuote(p + 1, end);
            if (quote < at && !levels.empty() && levels.back().isObject
                && levels.back().name.isNull()) {
                levels.back().name = QByteArrayView(p + 1, quote);
            }
            p = quote;
            break;
        }
        default:
            break;
        }
    }
    QByteArray path = QByteArrayLiteral("$");
    for (const Level &level : levels) {
        if (!level.isObject) {
            path.append('[').append(QByteArray::number(level.index)).append(']');
        } else if (!level.name.isNull()) {
            appendToPath(path, level.name);
        }
    }
    return path;
}

} // namespace driftless::json
