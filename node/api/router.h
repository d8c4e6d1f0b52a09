#pragma once

#include "api/route_table.h"
#include "core/result.h"

#include <vector>

namespace driftless::api {

/// Where a request goes.
struct RouteMatch
{
    const Route *route = nullptr; ///< null: there is none for this method, see `allow`
    QByteArray first; ///< the path's parameters, decoded: %2F is '/'
    QByteArray second;
    QByteArray
        allow; ///< the methods of this path, for the Allow header; empty: there is no such path
    bool isEncodingValid = true; ///< false: the parameters are not UTF-8
};

/// Finds the route of a path. Paths match in any case and with a trailing '/'. Immutable; any
/// thread.
class Router
{
public:
    explicit Router(std::span<const Route> table = routeTable());

    [[nodiscard]] RouteMatch match(Method method, QByteArrayView path) const;

private:
    struct Segment
    {
        QByteArrayView word;
        bool isParameter = false;
    };
    struct Compiled
    {
        const Route *route = nullptr;
        std::vector<Segment> segments;
    };
    [[nodiscard]] QByteArray allowOf(std::span<const QByteArrayView> segments) const;
    static bool fits(const Compiled &row, std::span<const QByteArrayView> segments);

    std::vector<Compiled> m_rows;
};

} // namespace driftless::api
