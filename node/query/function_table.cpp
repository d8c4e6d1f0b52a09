#include "query/function_table.h"

#include <QHash>

namespace driftless::query {

namespace {

using Table = QHash<QByteArray, std::vector<const Function *>>;

const Table &table()
{
    static const Table rows = [] {
        Table made;
        for (const auto &group : {aggregateFunctions(),
                 sequenceFunctions(),
                 stringFunctions(),
                 dateFunctions(),
                 numberFunctions(),
                 typeFunctions()}) {
            for (const Function &row : group) {
                made[row.name].push_back(&row);
            }
        }
        return made;
    }();
    return rows;
}

} // namespace

const Function *findFunction(QByteArrayView name, std::size_t argumentCount)
{
    const auto found = table().constFind(name.toByteArray().toUpper());
    if (found != table().constEnd()) {
        for (const Function *row : *found) {
            if (row->count() == argumentCount) {
                return row;
            }
        }
    }
    return nullptr;
}

bool isFunction(QByteArrayView name)
{
    return table().contains(name.toByteArray().toUpper());
}

} // namespace driftless::query
