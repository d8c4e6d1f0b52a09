#pragma once

#include "core/clock.h"

#include <QByteArray>

#include <vector>

namespace driftless::wire {

/// A row of GET /api/databases.
struct DatabaseRow
{
    QByteArray name;
    std::uint64_t generation = 0;
    WallTime created {};
    qint64 documents = 0;
    qint64 fileBytes = 0;
};

/// `[{"Name","Generation","CreatedUtc","Documents","FileBytes"}]`.
QByteArray toJson(const std::vector<DatabaseRow> &rows);

} // namespace driftless::wire
