#pragma once

#include "core/cbor.h"
#include "replication/messages.h"
#include "storage/database_file.h"
#include "temporary_folder.h"

#include <QTest>

namespace driftless::replication_test {

inline NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

/// Makes the operations of one incarnation by hand, chained, `open` first.
class OperationMaker
{
public:
    OperationMaker(const char *origin,
        std::uint64_t incarnation,
        std::uint64_t hlc = std::uint64_t {1'790'000'000'000} << 16)
        : m_incarnation {node(origin), incarnation}
        , m_hlc(hlc)
    {
    }

    storage::Operation open()
    {
        storage::OperationHeader header = next();
        header.kind = storage::OperationKind::Open;
        return chained(storage::Operation::make(header, {}));
    }

    storage::Operation put(
        const QByteArray &id, const QByteArray &body, std::vector<Version> parents = {})
    {
        return chained(storage::Operation::make(putHeader(next(), id, std::move(parents)), body));
    }

    /// A group of puts over nothing.
    std::vector<storage::Operation> group(const std::vector<QByteArray> &ids)
    {
        std::vector<storage::Operation> result;
        const storage::GroupSpan span {m_sequence + 1, ids.size()};
        const std::uint64_t hlc = m_hlc + 1;
        for (const QByteArray &id : ids) {
            storage::OperationHeader header = putHeader(next(), id, {});
            header.version.hlc = hlc;
            m_hlc = hlc;
            header.group = span;
            result.push_back(chained(storage::Operation::make(header, "{\"Id\":\"" + id + "\"}")));
        }
        return result;
    }

    /// With a kind that no program knows yet.
    storage::Operation unknown()
    {
        storage::OperationHeader header = next();
        header.kind = static_cast<storage::OperationKind>(77);
        storage::Operation operation = storage::Operation::make(header, {});
        operation.header = *storage::decodeHeader(operation.headerBytes);
        return chained(operation);
    }

    /// The incarnation goes on from here twice: a machine that was set back while it ran.
    [[nodiscard]] OperationMaker branch() const { return *this; }
    [[nodiscard]] const Incarnation &incarnation() const { return m_incarnation; }
    [[nodiscard]] std::uint64_t sequence() const { return m_sequence; }
    [[nodiscard]] const Hash128 &lastHash() const { return m_previous; }
    void setHlc(std::uint64_t hlc) { m_hlc = hlc; }

private:
    storage::OperationHeader next()
    {
        storage::OperationHeader header;
        header.version = {++m_hlc, {m_incarnation, ++m_sequence}};
        header.previous = m_previous;
        return header;
    }

    static storage::OperationHeader putHeader(
        storage::OperationHeader header, const QByteArray &id, std::vector<Version> parents)
    {
        header.collection = "orders";
        header.documentId = id;
        header.floor = true;
        for (const Version &parent : parents) {
            header.parents.push_back({parent, {}});
        }
        return header;
    }

    storage::Operation chained(storage::Operation operation)
    {
        m_previous = operation.chainHash();
        return operation;
    }

    Incarnation m_incarnation;
    std::uint64_t m_hlc;
    std::uint64_t m_sequence = 0;
    Hash128 m_previous;
};

/// A transfer with the operations in the order given.
inline QByteArray transferOf(const std::vector<storage::Operation> &operations)
{
    cbor::Writer writer;
    replication::Preamble preamble;
    preamble.sender.node = node("sender");
    preamble.encode(writer);
    for (const storage::Operation &operation : operations) {
        replication::appendOperation(writer, operation.headerBytes, operation.body);
    }
    return writer.take();
}

/// An empty database in a folder of its own.
struct Copy
{
    support::TemporaryFolder folder;
    std::unique_ptr<storage::DatabaseFile> file;

    Copy()
    {
        auto opened
            = storage::DatabaseFile::open(folder.path() + "/shop.db", {.isSynchronousFull = false});
        DRIFTLESS_ASSERT(opened.isOk());
        file = std::move(opened).value();
    }

    /// Operations in one transaction, without any check.
    void apply(const std::vector<storage::Operation> &operations)
    {
        DRIFTLESS_ASSERT(file->begin().isOk());
        for (std::size_t i = 0; i < operations.size();) {
            const std::size_t size
                = operations[i].header.group ? operations[i].header.group->size : 1;
            DRIFTLESS_ASSERT(file->apply(std::span(operations).subspan(i, size)).isOk());
            i += size;
        }
        DRIFTLESS_ASSERT(file->commit().isOk());
    }
};

} // namespace driftless::replication_test
