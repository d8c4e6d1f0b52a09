#include "storage/migrations.h"

#include <array>

namespace driftless::storage {

namespace {

// What each table is for stands in the README of this folder.
constexpr const char *kDatabaseVersion1 = R"sql(
CREATE TABLE state(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    hlc INTEGER NOT NULL,
    digest BLOB NOT NULL,
    documents INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    own_incarnation INTEGER NOT NULL
) STRICT;
CREATE TABLE incarnations(
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    number BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    chain_hash BLOB NOT NULL,
    continues_origin TEXT,
    continues_number BLOB,
    continues_sequence INTEGER,
    continues_hash BLOB,
    fork_sequence INTEGER,
    fork_here BLOB,
    fork_there BLOB,
    UNIQUE(origin, number)
) STRICT;
CREATE TABLE operations(
    position INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    header BLOB NOT NULL,
    body BLOB
) STRICT;
CREATE UNIQUE INDEX operations_by_dot ON operations(incarnation, sequence);
CREATE TABLE collections(
    id INTEGER PRIMARY KEY,
    folded BLOB NOT NULL UNIQUE,
    name BLOB NOT NULL
) STRICT;
CREATE TABLE documents(
    collection INTEGER NOT NULL,
    id BLOB NOT NULL,
    operation INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    hash BLOB NOT NULL,
    state BLOB,
    body BLOB,
    PRIMARY KEY(collection, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE conflicts(
    collection INTEGER NOT NULL,
    id BLOB NOT NULL,
    member BLOB NOT NULL,
    winner_incarnation INTEGER NOT NULL,
    winner_sequence INTEGER NOT NULL,
    loser_incarnation INTEGER NOT NULL,
    loser_sequence INTEGER NOT NULL,
    PRIMARY KEY(collection, id, member, winner_incarnation, winner_sequence, loser_incarnation, loser_sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine(
    position INTEGER PRIMARY KEY,
    collection INTEGER,
    id BLOB
) STRICT;
CREATE TABLE roster(
    node TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
)sql";

// An index over every operation cost a fifth of an insert; the runs in which operations stand are
// few.
constexpr const char *kDatabaseVersion2 = R"sql(
CREATE TABLE runs(
    incarnation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY(incarnation, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO runs
    SELECT incarnation, sequence, position
    FROM (
        SELECT incarnation, sequence, position,
            lag(position - sequence) OVER (PARTITION BY incarnation ORDER BY sequence) AS before
        FROM operations
    )
    WHERE before IS NULL OR before <> position - sequence;
DROP INDEX operations_by_dot;
)sql";

// One table for the entries of all indexes: one that goes is taken out bit by bit, where DROP TABLE
// would hold everybody up, and no reader's statement has to be prepared anew. AUTOINCREMENT:
// entries and readers' plans of an index that is gone are never taken for those of a later one.
constexpr const char *kDatabaseVersion3 = R"sql(
CREATE TABLE indexes(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL,
    name TEXT NOT NULL,
    expression TEXT NOT NULL,
    is_unique INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    state INTEGER NOT NULL,
    built_to BLOB NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL
) STRICT;
CREATE TABLE index_entries(
    index_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY(index_id, key, document)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array<const char *, 3> kDatabaseSteps {
    kDatabaseVersion1, kDatabaseVersion2, kDatabaseVersion3};

constexpr const char *kRegistryVersion1 = R"sql(
CREATE TABLE databases(
    name TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE peers(
    database TEXT NOT NULL,
    node TEXT NOT NULL,
    base_url TEXT NOT NULL,
    active INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY(database, node)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char *kRegistryVersion2 = R"sql(
CREATE TABLE seeds(
    node TEXT PRIMARY KEY,
    base_url TEXT NOT NULL,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array<const char *, 2> kRegistrySteps {kRegistryVersion1, kRegistryVersion2};

} // namespace

const Schema &databaseSchema()
{
    static const Schema schema {0x44524c44, kDatabaseSteps, "database"};
    return schema;
}

const Schema &registrySchema()
{
    static const Schema schema {0x44524c4e, kRegistrySteps, "node registry"};
    return schema;
}

Result<void> migrate(Connection &connection, const Schema &schema)
{
    DRIFTLESS_TRY_ASSIGN(
        const auto tables, connection.queryInteger("SELECT count(*) FROM sqlite_schema"));
    DRIFTLESS_TRY_ASSIGN(
        const auto applicationId, connection.queryInteger("PRAGMA application_id"));
    DRIFTLESS_TRY_ASSIGN(const auto version, connection.queryInteger("PRAGMA user_version"));
    const QByteArray file = "The file '" + connection.path() + "' ";
    const bool isEmpty = tables == 0 && applicationId == 0 && version == 0;
    if (!isEmpty && applicationId != schema.applicationId) {
        return Error {ErrorCode::FileDamaged,
            file + "is a SQLite file, but not a Driftless " + schema.what
                + ". It was left as it is; move it away or choose another data directory.",
            {}};
    }
    const auto newest = static_cast<std::int64_t>(schema.steps.size());
    if (version > newest) {
        return Error {ErrorCode::FileNewer,
            file + "has format " + QByteArray::number(version)
                + ", written by a newer Driftless; this one knows formats up to "
                + QByteArray::number(newest)
                + ". Start the newer program. The file was left as it is.",
            {}};
    }
    if (version == newest) {
        return {};
    }
    DRIFTLESS_TRY(connection.execute("BEGIN IMMEDIATE"));
    auto steps = [&]() -> Result<void> {
        for (std::int64_t step = version; step < newest; ++step) {
            DRIFTLESS_TRY(connection.execute(schema.steps[static_cast<std::size_t>(step)]));
        }
        const QByteArray marks = "PRAGMA application_id=" + QByteArray::number(schema.applicationId)
            + "; PRAGMA user_version=" + QByteArray::number(newest) + "; COMMIT";
        return connection.execute(marks.constData());
    }();
    if (!steps) {
        // The file stays as it was; what matters is the first error.
        if (const auto undone = connection.execute("ROLLBACK"); !undone) {
            return steps.error();
        }
    }
    return steps;
}

} // namespace driftless::storage
