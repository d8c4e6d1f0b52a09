#include "api/entity_tags.h"

#include <algorithm>

namespace driftless::api {

namespace {

enum class Comparison { Strong, Weak };

Error notTags(QByteArrayView header)
{
    return Error {ErrorCode::InvalidArgument,
        header.toByteArray()
            + R"( must be "*" or a list of tags in double quotes, as ETag gave them.)",
        {}};
}

/// One header line. Weak tags are dropped where comparison is strong.
Result<void> readTags(QByteArrayView header,
    QByteArrayView line,
    Comparison comparison,
    std::vector<QByteArray> &tags)
{
    line = line.trimmed();
    if (line == "*") {
        tags.push_back("*");
        return {};
    }
    while (true) {
        const bool isWeak = line.startsWith("W/");
        if (isWeak) {
            line = line.sliced(2);
        }
        const qsizetype end = line.startsWith('"') ? line.indexOf('"', 1) : -1;
        if (end < 0) {
            return notTags(header);
        }
        if (!isWeak || comparison == Comparison::Weak) {
            tags.push_back(line.sliced(1, end - 1).toByteArray());
        }
        line = line.sliced(end + 1).trimmed();
        if (line.isEmpty()) {
            return {};
        }
        if (!line.startsWith(',')) {
            return notTags(header);
        }
        line = line.sliced(1).trimmed();
        if (line.isEmpty()) {
            return {};
        }
    }
}

bool names(const std::vector<QByteArray> &tags, const QByteArray &token)
{
    return std::any_of(tags.begin(), tags.end(), [&](const QByteArray &tag) {
        return tag == "*" || tag == token;
    });
}

} // namespace

QByteArray entityTag(const Hash128 &token)
{
    return '"' + token.hex() + '"';
}

Result<void> readEntityTagConditions(const Request &request, engine::Precondition &precondition)
{
    constexpr QByteArrayView kIfMatch = "If-Match";
    constexpr QByteArrayView kIfNoneMatch = "If-None-Match";
    for (const auto &[name, value] : request.headers) {
        // The length first: this runs over every header of every request.
        if (name.size() == kIfMatch.size() && kIfMatch.compare(name, Qt::CaseInsensitive) == 0) {
            if (!precondition.ifMatch) {
                precondition.ifMatch.emplace();
            }
            DRIFTLESS_TRY(readTags(kIfMatch, value, Comparison::Strong, *precondition.ifMatch));
        } else if (name.size() == kIfNoneMatch.size()
            && kIfNoneMatch.compare(name, Qt::CaseInsensitive) == 0) {
            if (!precondition.ifNoneMatch) {
                precondition.ifNoneMatch.emplace();
            }
            DRIFTLESS_TRY(
                readTags(kIfNoneMatch, value, Comparison::Weak, *precondition.ifNoneMatch));
        }
    }
    return {};
}

bool satisfiesIfMatch(const engine::Precondition &precondition, const QByteArray &token)
{
    return !precondition.ifMatch || names(*precondition.ifMatch, token);
}

bool satisfiesIfNoneMatch(const engine::Precondition &precondition, const QByteArray &token)
{
    return !precondition.ifNoneMatch || !names(*precondition.ifNoneMatch, token);
}

} // namespace driftless::api
