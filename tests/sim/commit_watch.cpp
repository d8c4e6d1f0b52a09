#include "commit_watch.h"

#include "core/assert.h"

#include <sqlite3.h>

namespace driftless::sim {

namespace {

const CommitWatch::BeforeCommit *hearer = nullptr;

int beforeCommit(void *connection)
{
    if (hearer != nullptr) {
        (*hearer)(sqlite3_db_filename(static_cast<sqlite3 *>(connection), "main"));
    }
    return 0; // let it be made
}

int onOpen(sqlite3 *connection, char **, const sqlite3_api_routines *)
{
    sqlite3_commit_hook(connection, beforeCommit, connection);
    return SQLITE_OK;
}

} // namespace

CommitWatch::CommitWatch(BeforeCommit beforeCommit)
    : m_beforeCommit(std::move(beforeCommit))
{
    DRIFTLESS_ASSERT(hearer == nullptr);
    hearer = &m_beforeCommit;
    sqlite3_auto_extension(
        reinterpret_cast<void (*)()>(onOpen)); // once, however often it is called
}

CommitWatch::~CommitWatch()
{
    hearer = nullptr;
}

} // namespace driftless::sim
