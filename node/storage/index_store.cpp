#include "storage/index_store.h"

#include "core/case_fold.h"
#include "core/log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace driftless::storage {

namespace {

// Between two looks at the clock; some milliseconds at most.
constexpr int kCountStep = 2'000;
constexpr int kRemoveStep = 500;
/// Counting a document takes so much less than building its part of an index.
constexpr int kCountPerBuilt = 40;

constexpr int kIndexNameCharsMax = 32;
constexpr std::size_t kCollectionIndexesMax = 32;

bool isIndexName(const QByteArray &name)
{
    const auto isLetter
        = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.isEmpty() && name.size() <= kIndexNameCharsMax && isLetter(name.front())
        && std::all_of(name.begin(), name.end(), [&isLetter](char c) {
               return isLetter(c) || (c >= '0' && c <= '9');
           });
}

Error invalid(const QByteArray &message)
{
    return {ErrorCode::InvalidArgument, message, {}};
}

} // namespace

bool IndexStore::Index::covers(QByteArrayView documentId) const
{
    return program != nullptr
        && (state == IndexState::Ready
            || (state == IndexState::Building && documentId.compare(builtTo) <= 0));
}

/// What is left of a slice.
struct IndexStore::Budget
{
    Budget(const Clock &ownClock, const IndexSlice &slice)
        : clock(ownClock)
        , end(ownClock.instant() + slice.timeMax)
        , documents(slice.documentsMax)
    {
    }
    [[nodiscard]] bool isSpent() const { return documents <= 0 || clock.instant() >= end; }

    const Clock &clock;
    const Instant end;
    int documents;
};

IndexStore::IndexStore(Connection &connection, const IndexLanguage *language)
    : m_connection(connection)
    , m_language(language)
{
}

Result<std::unique_ptr<IndexStore>> IndexStore::load(
    Connection &connection, const IndexLanguage *language)
{
    std::unique_ptr<IndexStore> store(new IndexStore(connection, language));
    DRIFTLESS_TRY(store->prepare());
    DRIFTLESS_TRY(store->loadCatalog());
    return store;
}

Result<void> IndexStore::prepare()
{
    // An entry that is there already is what the writer wants; no write ever fails for an index.
    DRIFTLESS_TRY_ASSIGN(m_put,
        m_connection.prepare(
            "INSERT OR IGNORE INTO index_entries(index_id, key, document) VALUES(?,?,?)"));
    DRIFTLESS_TRY_ASSIGN(m_take,
        m_connection.prepare(
            "DELETE FROM index_entries WHERE index_id = ? AND key = ? AND document = ?"));
    DRIFTLESS_TRY_ASSIGN(m_walk,
        m_connection.prepare("SELECT d.id, d.flags & 1, "
                             "CASE WHEN d.flags & 1 THEN coalesce(d.body, o.body) END "
                             "FROM documents d LEFT JOIN operations o ON o.position = d.operation "
                             "WHERE d.collection = ? AND d.id > ? ORDER BY d.id LIMIT ?"));
    return {};
}

Result<void> IndexStore::loadCatalog()
{
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection.prepare("SELECT id, collection, name, expression, key_version, state, "
                             "built_to, done, total FROM indexes ORDER BY id"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return {};
        }
        Index index;
        index.id = select.integer(0);
        index.collection = select.integer(1);
        index.name = select.blob(2);
        index.expression = select.blob(3);
        index.keyVersion = select.integer(4);
        index.state = static_cast<IndexState>(select.integer(5));
        index.builtTo = select.blob(6);
        index.done = select.integer(7);
        index.total = select.integer(8);
        if (m_language != nullptr && index.state != IndexState::Dropped) {
            auto program = m_language->compile(index.expression);
            if (program) {
                index.program = std::move(program).value();
            } else {
                qCCritical(logStorage,
                    "Index %s of '%s' is not kept: %s",
                    index.name.constData(),
                    m_connection.path().constData(),
                    program.error().message.constData());
            }
        }
        m_indexes.push_back(std::move(index));
    }
}

bool IndexStore::isStale(const Index &index) const
{
    if (index.state == IndexState::Dropped) {
        return false;
    }
    if (!index.program) {
        return index.state == IndexState::Ready || !index.builtTo.isEmpty();
    }
    return index.keyVersion != m_language->keyVersion()
        || index.expression != index.program->text();
}

bool IndexStore::hasStale() const
{
    return std::any_of(
        m_indexes.begin(), m_indexes.end(), [this](const Index &index) { return isStale(index); });
}

Result<void> IndexStore::renew()
{
    // Under a new number, so that no entry of before is taken for one of afterwards.
    for (std::size_t i = 0, count = m_indexes.size(); i < count; ++i) {
        if (!isStale(m_indexes[i])) {
            continue;
        }
        Index renewed;
        renewed.collection = m_indexes[i].collection;
        renewed.name = m_indexes[i].name;
        renewed.program = m_indexes[i].program;
        renewed.expression = renewed.program ? renewed.program->text() : m_indexes[i].expression;
        DRIFTLESS_TRY(insert(std::move(renewed)));
        m_indexes[i].state = IndexState::Dropped;
        DRIFTLESS_TRY(save(m_indexes[i]));
    }
    return {};
}

bool IndexStore::covers(std::int64_t collection, QByteArrayView id) const
{
    return std::any_of(m_indexes.begin(), m_indexes.end(), [&](const Index &index) {
        return index.collection == collection && index.covers(id);
    });
}

std::vector<QByteArray> IndexStore::keysOf(
    const Index &index, const std::optional<QByteArray> &body) const
{
    std::vector<QByteArray> keys;
    if (body) {
        index.program->appendKeys(*body, keys);
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    }
    return keys;
}

Result<void> IndexStore::update(std::int64_t collection,
    QByteArrayView id,
    const std::optional<QByteArray> &before,
    const std::optional<QByteArray> &after)
{
    for (const Index &index : m_indexes) {
        if (index.collection != collection || !index.covers(id)) {
            continue;
        }
        const std::vector<QByteArray> old = keysOf(index, before);
        const std::vector<QByteArray> now = keysOf(index, after);
        for (const QByteArray &key : old) {
            if (!std::binary_search(now.begin(), now.end(), key)) {
                m_take.bind(1, index.id).bindBlob(2, key).bindBlob(3, id);
                DRIFTLESS_TRY(m_take.run());
            }
        }
        for (const QByteArray &key : now) {
            if (!std::binary_search(old.begin(), old.end(), key)) {
                DRIFTLESS_TRY(put(index, key, id));
            }
        }
    }
    return {};
}

Result<void> IndexStore::put(const Index &index, const QByteArray &key, QByteArrayView document)
{
    m_put.bind(1, index.id).bindBlob(2, key).bindBlob(3, document);
    return m_put.run();
}

IndexStore::Index *IndexStore::find(std::int64_t collection, const QByteArray &name)
{
    const QByteArray folded = foldCase(name);
    const auto found = std::find_if(m_indexes.begin(), m_indexes.end(), [&](const Index &index) {
        return index.collection == collection && index.state != IndexState::Dropped
            && foldCase(index.name) == folded;
    });
    return found == m_indexes.end() ? nullptr : &*found;
}

Result<void> IndexStore::check(const QByteArray &name, const QByteArray &expression) const
{
    if (!isIndexName(name)) {
        return invalid("An index is named by a word of at most 32 letters, digits and '_' that "
                       "begins with no digit.");
    }
    if (m_language == nullptr) {
        return invalid("This database was opened without a language for indexes.");
    }
    DRIFTLESS_TRY(m_language->compile(expression));
    return {};
}

Result<bool> IndexStore::create(
    std::int64_t collection, const QByteArray &name, const QByteArray &expression)
{
    DRIFTLESS_TRY(check(name, expression));
    Index index;
    index.collection = collection;
    index.name = name;
    DRIFTLESS_TRY_ASSIGN(index.program, m_language->compile(expression));
    index.expression = index.program->text();
    if (const Index *known = find(collection, name)) {
        if (known->expression == index.expression) {
            return false;
        }
        return Error {ErrorCode::VersionMismatch,
            "There is an index '" + known->name + "' already, of " + known->expression
                + ". Delete it first, or choose another name.",
            {}};
    }
    const auto living = std::count_if(m_indexes.begin(), m_indexes.end(), [&](const Index &other) {
        return other.collection == collection && other.state != IndexState::Dropped;
    });
    if (static_cast<std::size_t>(living) >= kCollectionIndexesMax) {
        return invalid("A collection has at most "
            + QByteArray::number(qint64 {kCollectionIndexesMax}) + " indexes. Delete one first.");
    }
    DRIFTLESS_TRY(insert(std::move(index)));
    return true;
}

Result<bool> IndexStore::drop(std::int64_t collection, const QByteArray &name)
{
    Index *index = find(collection, name);
    if (index == nullptr) {
        return false;
    }
    if (!m_committed) {
        m_committed = m_indexes;
    }
    index->state = IndexState::Dropped;
    DRIFTLESS_TRY(save(*index));
    return true;
}

Result<void> IndexStore::insert(Index index)
{
    if (!m_committed) {
        m_committed = m_indexes;
    }
    index.keyVersion = m_language != nullptr ? m_language->keyVersion() : 0;
    DRIFTLESS_TRY_ASSIGN(Statement statement,
        m_connection.prepare("INSERT INTO indexes(collection, name, expression, is_unique, "
                             "key_version, state, built_to, done, total) "
                             "VALUES(?,?,?,0,?,0,x'',0,0)"));
    statement.bind(1, index.collection).bindText(2, index.name).bindText(3, index.expression);
    statement.bind(4, index.keyVersion);
    DRIFTLESS_TRY(statement.run());
    index.id = m_connection.lastInsertRowId();
    m_indexes.push_back(std::move(index));
    return {};
}

Result<void> IndexStore::save(const Index &index)
{
    DRIFTLESS_TRY_ASSIGN(Statement statement,
        m_connection.prepare(
            "UPDATE indexes SET state = ?2, built_to = ?3, done = ?4, total = ?5 WHERE id = ?1"));
    statement.bind(1, index.id).bind(2, static_cast<std::int64_t>(index.state));
    statement.bindBlob(3, index.builtTo).bind(4, index.done).bind(5, index.total);
    return statement.run();
}

// Building and removing.

bool IndexStore::hasWork() const
{
    return std::any_of(m_indexes.begin(), m_indexes.end(), [](const Index &index) {
        return index.state == IndexState::Dropped
            || (index.state == IndexState::Building && index.program);
    });
}

Result<void> IndexStore::work(const Clock &clock, const IndexSlice &slice)
{
    Budget budget(clock, slice);
    if (!m_committed) {
        m_committed = m_indexes;
    }
    // What somebody waits for comes first.
    for (Index &index : m_indexes) {
        if (index.state == IndexState::Building && index.program) {
            return build(index, budget);
        }
    }
    for (auto index = m_indexes.begin(); index != m_indexes.end(); ++index) {
        if (index->state == IndexState::Dropped) {
            DRIFTLESS_TRY_ASSIGN(const bool isGone, removeSome(*index, budget));
            if (isGone) {
                m_indexes.erase(index);
            }
            return {};
        }
    }
    return {};
}

Result<void> IndexStore::build(Index &index, Budget &budget)
{
    if (index.total == 0) {
        return count(index, budget);
    }
    auto built = buildSome(index, budget);
    m_walk.reset(); // an error may have left it in the middle
    DRIFTLESS_TRY(std::move(built));
    return save(index);
}

/// So that the progress has an end to be compared with. In steps, like all that grows with the
/// collection.
Result<void> IndexStore::count(Index &index, Budget &budget)
{
    DRIFTLESS_TRY_ASSIGN(Statement step,
        m_connection.prepare("SELECT id FROM documents WHERE collection = ? AND id > ? ORDER BY id "
                             "LIMIT 1 OFFSET ?"));
    for (; !budget.isSpent(); budget.documents -= kCountStep / kCountPerBuilt) {
        step.bind(1, index.collection).bindBlob(2, index.countedTo).bind(3, kCountStep - 1);
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, step.step());
        if (hasRow) {
            const QByteArray last = step.blob(0);
            step.reset();
            index.countedTo = last;
            index.counted += kCountStep;
            continue;
        }
        DRIFTLESS_TRY_ASSIGN(Statement rest,
            m_connection.prepare("SELECT count(*) FROM documents WHERE collection = ? AND id > ?"));
        rest.bind(1, index.collection).bindBlob(2, index.countedTo);
        DRIFTLESS_TRY(rest.step());
        index.total = std::max<std::int64_t>(index.counted + rest.integer(0), 1);
        rest.reset();
        return save(index);
    }
    return {};
}

Result<void> IndexStore::buildSome(Index &index, Budget &budget)
{
    const QByteArray after = index.builtTo;
    std::vector<QByteArray> keys;
    m_walk.bind(1, index.collection).bindBlob(2, after).bind(3, budget.documents + 1);
    for (; !budget.isSpent(); --budget.documents) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_walk.step());
        if (!hasRow) {
            index.state = IndexState::Ready;
            index.total = index.done;
            index.builtTo.clear();
            return {};
        }
        const QByteArray id = m_walk.blob(0);
        if (m_walk.integer(1) != 0) {
            keys.clear();
            index.program->appendKeys(m_walk.blob(2), keys);
            for (const QByteArray &key : keys) {
                DRIFTLESS_TRY(put(index, key, id));
            }
        }
        index.builtTo = id;
        ++index.done;
        index.total = std::max(index.total, index.done);
    }
    return {};
}

Result<bool> IndexStore::removeSome(const Index &index, Budget &budget)
{
    DRIFTLESS_TRY_ASSIGN(Statement bound,
        m_connection.prepare("SELECT key, document FROM index_entries WHERE index_id = ? "
                             "ORDER BY key, document LIMIT 1 OFFSET ?"));
    DRIFTLESS_TRY_ASSIGN(Statement upTo,
        m_connection.prepare("DELETE FROM index_entries WHERE index_id = ?1 AND key <= ?2 AND "
                             "(key < ?2 OR document <= ?3)"));
    while (!budget.isSpent()) {
        const int step = std::min(kRemoveStep, budget.documents);
        budget.documents -= step;
        bound.bind(1, index.id).bind(2, step - 1);
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, bound.step());
        if (!hasRow) {
            DRIFTLESS_TRY_ASSIGN(Statement rest,
                m_connection.prepare("DELETE FROM index_entries WHERE index_id = ?"));
            rest.bind(1, index.id);
            DRIFTLESS_TRY(rest.run());
            DRIFTLESS_TRY_ASSIGN(
                Statement forget, m_connection.prepare("DELETE FROM indexes WHERE id = ?"));
            forget.bind(1, index.id);
            DRIFTLESS_TRY(forget.run());
            return true;
        }
        const QByteArray key = bound.blob(0);
        const QByteArray document = bound.blob(1);
        bound.reset();
        upTo.bind(1, index.id).bindBlob(2, key).bindBlob(3, document);
        DRIFTLESS_TRY(upTo.run());
    }
    return false;
}

void IndexStore::committed()
{
    m_committed.reset();
}

void IndexStore::rolledBack()
{
    if (m_committed) {
        m_indexes = std::move(*m_committed);
        m_committed.reset();
    }
}

} // namespace driftless::storage
