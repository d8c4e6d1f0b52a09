#pragma once

#include "query/statement.h"

namespace driftless::query {

/// The select list, made ready: from what a row looks at to the row that is answered. A single `$`,
/// document literal or EXTEND is the row itself; else a document with a member for each item, named
/// by its alias or after the fields that it touches.
class Projection
{
public:
    explicit Projection(std::span<const SelectItem> items);

    [[nodiscard]] Result<Value> evaluate(const Row &row) const;

private:
    std::vector<QByteArray> m_names;
    std::vector<Program> m_programs;
    bool m_isWhole = false;
};

} // namespace driftless::query
