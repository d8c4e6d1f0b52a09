#include "wire/database_list.h"

#include "wire/object_writer.h"

namespace driftless::wire {

QByteArray toJson(const std::vector<DatabaseRow> &rows)
{
    QByteArray out;
    appendArray(out, rows, [](QByteArray &to, const DatabaseRow &row) {
        ObjectWriter writer(to);
        writer.text("Name", row.name)
            .integer("Generation", row.generation)
            .time("CreatedUtc", row.created)
            .integer("Documents", row.documents)
            .integer("FileBytes", row.fileBytes);
        writer.end();
    });
    return out;
}

} // namespace driftless::wire
