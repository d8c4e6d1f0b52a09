#pragma once

#include "core/case_fold.h"
#include "manual_clock.h"
#include "seeded_random.h"
#include "storage/document_reader.h"
#include "storage/local_writer.h"
#include "temporary_folder.h"

#include <QTest>

namespace driftless::storage_test {

template <typename T> T must(Result<T> result)
{
    if (!result) {
        qFatal("%s", result.error().message.constData());
    }
    return std::move(result).value();
}

inline void must(const Result<void> &result)
{
    if (!result) {
        qFatal("%s", result.error().message.constData());
    }
}

/// A write of a till: a put, a patch or (without a body) a delete.
struct Edit
{
    enum class Kind { Put, Patch, Delete };
    Kind kind = Kind::Put;
    QByteArray id;
    QByteArray body;
    QByteArray collection = "products";
};

/// A node with one database: the storage as the engine uses it, a transaction for each group.
class Till
{
public:
    explicit Till(const char *name, bool isLastWriterWins = false)
        : m_node(*NodeId::parse(name))
        , m_isLastWriterWins(isLastWriterWins)
        , m_random(foldCase(name).front())
    {
        open();
    }

    support::ManualClock clock;

    storage::DatabaseFile &file() { return *m_file; }
    storage::LocalWriter &writer() { return *m_writer; }
    [[nodiscard]] const QByteArray &path() const { return m_path; }
    [[nodiscard]] const support::TemporaryFolder &folder() const { return m_folder; }
    const Incarnation &incarnation() { return m_writer->incarnation(); }

    storage::Operation put(const QByteArray &id, const QByteArray &body)
    {
        return only({Edit::Kind::Put, id, body});
    }
    storage::Operation patch(const QByteArray &id, const QByteArray &body)
    {
        return only({Edit::Kind::Patch, id, body});
    }
    storage::Operation erase(const QByteArray &id) { return only({Edit::Kind::Delete, id, {}}); }

    /// One group, committed; fewer operations than edits where some change nothing.
    std::vector<storage::Operation> write(const std::vector<Edit> &edits)
    {
        must(m_file->begin());
        auto operations = writeOpen(edits);
        must(m_file->commit());
        return operations;
    }

    /// As above in the open transaction.
    std::vector<storage::Operation> writeOpen(const std::vector<Edit> &edits)
    {
        std::vector<storage::LocalWrite> writes;
        for (const Edit &edit : edits) {
            storage::LoadedDocument document
                = must(m_file->loadForWrite(key(edit.id, edit.collection)));
            storage::DocumentDraft draft(
                document.state, m_writer->incarnation(), m_isLastWriterWins);
            if (edit.kind == Edit::Kind::Delete) {
                draft.remove();
            } else if (edit.kind == Edit::Kind::Put) {
                draft.put(must(json::Object::check(edit.body)));
            } else {
                must(draft.patch(must(json::Object::check(edit.body)), edit.id));
            }
            if (auto plan = draft.finish()) {
                writes.push_back({edit.collection, edit.id, std::move(document), std::move(*plan)});
            }
        }
        return writes.empty() ? std::vector<storage::Operation>()
                              : must(m_writer->write(std::move(writes))).operations;
    }

    /// Takes what the other has and this one has not, in the other's order; whole groups, at most
    /// so many operations.
    void read(Till &other, std::size_t countMax = SIZE_MAX)
    {
        must(m_file->begin());
        std::vector<storage::Operation> group;
        std::size_t taken = 0;
        for (storage::Operation &operation : other.log()) {
            if (taken >= countMax) {
                break;
            }
            if (m_file->vector().covers(operation.header.version.dot)) {
                continue;
            }
            ++taken;
            group.push_back(std::move(operation));
            if (!group.front().header.group || group.size() == group.front().header.group->size) {
                must(m_file->apply(group));
                group.clear();
            }
        }
        must(m_file->commit());
    }

    std::vector<storage::Operation> log()
    {
        std::vector<storage::Operation> operations;
        for (storage::StoredOperation &stored :
            must(m_file->readLog({}, 1'000'000, 1'000'000'000))) {
            operations.push_back(must(
                storage::Operation::parse(std::move(stored.headerBytes), std::move(stored.body))));
        }
        return operations;
    }

    static storage::DocumentKey key(const QByteArray &id, const QByteArray &collection = "products")
    {
        return {foldCase(collection), foldCase(id)};
    }
    storage::DocumentState state(const QByteArray &id) { return must(m_file->load(key(id))); }
    QByteArray shown(const QByteArray &id) { return state(id).shown().value_or("(gone)"); }

    std::unique_ptr<storage::DocumentReader> reader(
        std::chrono::milliseconds readMax = std::chrono::minutes(1))
    {
        return must(storage::DocumentReader::open(m_path, readMax));
    }

    void close()
    {
        m_writer.reset();
        m_file.reset();
    }
    void open()
    {
        m_file = must(storage::DatabaseFile::open(
            m_path, {.isSynchronousFull = false, .indexLanguage = m_indexLanguage}));
        m_writer = std::make_unique<storage::LocalWriter>(*m_file, m_node, m_random, clock);
    }
    void restart()
    {
        close();
        open();
    }
    /// Of the indexes, from the next opening on.
    void setIndexLanguage(const storage::IndexLanguage *language) { m_indexLanguage = language; }

private:
    storage::Operation only(const Edit &edit)
    {
        auto operations = write({edit});
        DRIFTLESS_ASSERT(operations.size() == 1);
        return std::move(operations.front());
    }

    const NodeId m_node;
    const bool m_isLastWriterWins;
    support::SeededRandom m_random;
    support::TemporaryFolder m_folder;
    const QByteArray m_path = m_folder.path("shop.db");
    const storage::IndexLanguage *m_indexLanguage = nullptr;
    std::unique_ptr<storage::DatabaseFile> m_file;
    std::unique_ptr<storage::LocalWriter> m_writer;
};

/// Until both have what both have.
inline void exchange(Till &a, Till &b)
{
    a.read(b);
    b.read(a);
}

} // namespace driftless::storage_test
