#include "api/router.h"

#include "api/request_text.h"

#include <array>
#include <set>

namespace driftless::api {

namespace {

constexpr std::size_t kSegmentsMax = 8;

/// Cuts "/a/b/" into "a" and "b". Answers how many, or nothing if that is more than there is room
/// for.
std::size_t split(QByteArrayView path, std::array<QByteArrayView, kSegmentsMax> &segments)
{
    if (path.endsWith('/')) {
        path.chop(1);
    }
    std::size_t count = 0;
    while (path.startsWith('/')) {
        path = path.sliced(1);
        const qsizetype slash = path.indexOf('/');
        const qsizetype length = slash < 0 ? path.size() : slash;
        if (count == kSegmentsMax) {
            return 0;
        }
        segments[count++] = path.first(length);
        path = path.sliced(length);
    }
    return path.isEmpty() ? count : 0;
}

QByteArrayView methodWord(Method method)
{
    switch (method) {
    case Method::Get:
        return "GET";
    case Method::Head:
        return "HEAD";
    case Method::Post:
        return "POST";
    case Method::Put:
        return "PUT";
    case Method::Patch:
        return "PATCH";
    case Method::Delete:
        return "DELETE";
    case Method::Options:
        return "OPTIONS";
    case Method::Other:
        break;
    }
    return {};
}

} // namespace

Router::Router(std::span<const Route> table)
{
    for (const Route &route : table) {
        std::array<QByteArrayView, kSegmentsMax> words;
        const std::size_t count = split(route.pattern, words);
        Compiled row;
        row.route = &route;
        for (std::size_t i = 0; i < count; ++i) {
            row.segments.push_back({words[i], words[i].startsWith('{')});
        }
        m_rows.push_back(std::move(row));
    }
}

RouteMatch Router::match(Method method, QByteArrayView path) const
{
    if (method == Method::Head) {
        method = Method::Get;
    }
    std::array<QByteArrayView, kSegmentsMax> buffer;
    const std::span<const QByteArrayView> segments(buffer.data(), split(path, buffer));
    RouteMatch match;
    bool isPath = false;
    for (const Compiled &row : m_rows) {
        if (!fits(row, segments)) {
            continue;
        }
        isPath = true;
        if (row.route->method != method) {
            continue;
        }
        match.route = row.route;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (row.segments[i].isParameter) {
                QByteArray &target = match.first.isNull() ? match.first : match.second;
                target = percentDecoded(segments[i]);
                match.isEncodingValid
                    = match.isEncodingValid && target.isValidUtf8() && !target.contains('\0');
            }
        }
        return match;
    }
    if (isPath) {
        match.allow = allowOf(segments);
    }
    return match;
}

QByteArray Router::allowOf(std::span<const QByteArrayView> segments) const
{
    std::set<QByteArrayView> words;
    for (const Compiled &row : m_rows) {
        if (fits(row, segments)) {
            words.insert(methodWord(row.route->method));
            if (row.route->method == Method::Get) {
                words.insert(methodWord(Method::Head));
            }
        }
    }
    QByteArray allow;
    for (const QByteArrayView word : words) {
        allow += (allow.isEmpty() ? "" : ", ") + word.toByteArray();
    }
    return allow;
}

bool Router::fits(const Compiled &row, std::span<const QByteArrayView> segments)
{
    if (row.segments.size() != segments.size() || segments.empty()) {
        return false;
    }
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const Segment &expected = row.segments[i];
        if (expected.isParameter ? segments[i].isEmpty()
                                 : expected.word.size() != segments[i].size()
                    || expected.word.compare(segments[i], Qt::CaseInsensitive) != 0) {
            return false;
        }
    }
    return true;
}

} // namespace driftless::api
