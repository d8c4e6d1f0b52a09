#include "storage/incarnation_table.h"

#include <QtEndian>

#include <algorithm>
#include <set>

namespace driftless::storage {

namespace {

QByteArray numberBytes(std::uint64_t number)
{
    QByteArray bytes(8, Qt::Uninitialized);
    qToBigEndian<quint64>(number, bytes.data());
    return bytes;
}

std::uint64_t numberFrom(QByteArrayView bytes)
{
    return bytes.size() == 8 ? qFromBigEndian<quint64>(bytes.data()) : 0;
}

} // namespace

Result<std::unique_ptr<IncarnationTable>> IncarnationTable::load(Connection &connection)
{
    std::unique_ptr<IncarnationTable> table(new IncarnationTable);
    DRIFTLESS_TRY_ASSIGN(Statement select,
        connection.prepare(
            "SELECT id, origin, number, sequence, chain_hash, continues_origin, continues_number, "
            "continues_sequence, "
            "continues_hash, fork_sequence, fork_here, fork_there FROM incarnations"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            break;
        }
        DRIFTLESS_TRY_ASSIGN(NodeId origin, NodeId::parse(select.blobView(1)));
        const Incarnation incarnation {std::move(origin), numberFrom(select.blobView(2))};
        Row row;
        row.key = select.integer(0);
        VersionVector::Entry entry {static_cast<std::uint64_t>(select.integer(3)),
            Hash128::fromBytes(select.blobView(4)).value_or(Hash128 {})};
        if (!select.isNull(5)) {
            DRIFTLESS_TRY_ASSIGN(NodeId continued, NodeId::parse(select.blobView(5)));
            row.continues = End {{std::move(continued), numberFrom(select.blobView(6))},
                {static_cast<std::uint64_t>(select.integer(7)),
                    Hash128::fromBytes(select.blobView(8)).value_or(Hash128 {})}};
        }
        if (!select.isNull(9)) {
            row.fork = Fork {{incarnation, static_cast<std::uint64_t>(select.integer(9))},
                Hash128::fromBytes(select.blobView(10)).value_or(Hash128 {}),
                Hash128::fromBytes(select.blobView(11)).value_or(Hash128 {})};
            table->m_forks.push_back(*row.fork);
        }
        table->m_vector.raise(incarnation, entry);
        table->m_lastKey = std::max(table->m_lastKey, row.key);
        table->m_byKey.emplace(row.key, incarnation);
        table->m_rows.emplace(incarnation, std::move(row));
    }
    table->m_forksAtBegin = table->m_forks.size();
    DRIFTLESS_TRY_ASSIGN(table->m_upsert,
        connection.prepare(
            "INSERT INTO incarnations(id, origin, number, sequence, chain_hash, continues_origin, "
            "continues_number, "
            "continues_sequence, continues_hash, fork_sequence, fork_here, fork_there) "
            "VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
            "sequence = excluded.sequence, chain_hash = excluded.chain_hash, continues_origin = "
            "excluded.continues_origin, "
            "continues_number = excluded.continues_number, continues_sequence = "
            "excluded.continues_sequence, "
            "continues_hash = excluded.continues_hash, fork_sequence = excluded.fork_sequence, "
            "fork_here = excluded.fork_here, fork_there = excluded.fork_there"));
    return table;
}

Hash128 IncarnationTable::canonicalHash() const
{
    if (m_canonicalHash) {
        return *m_canonicalHash;
    }
    std::set<Incarnation> continued;
    for (const auto &[incarnation, row] : m_rows) {
        if (!row.continues || m_vector.sequenceOf(incarnation) == 0) {
            continue;
        }
        // The hash as well: of a forked incarnation copies hold different ends under one number.
        const VersionVector::Entry *last = m_vector.find(row.continues->incarnation);
        if (last != nullptr && *last == row.continues->entry) {
            continued.insert(row.continues->incarnation);
        }
    }
    VersionVector canonical;
    for (const auto &[incarnation, entry] : m_vector.entries()) {
        if (!continued.contains(incarnation)) {
            canonical.raise(incarnation, entry);
        }
    }
    // Who has an `open` but nothing of what it continues must not look like who has both: it would
    // never be sent the rest.
    for (const auto &[incarnation, row] : m_rows) {
        if (row.continues && m_vector.sequenceOf(row.continues->incarnation) == 0) {
            canonical.raise(row.continues->incarnation, {});
        }
    }
    cbor::Writer writer;
    canonical.encode(writer);
    m_canonicalHash = Hash128::of(writer.bytes());
    return *m_canonicalHash;
}

bool IncarnationTable::isStopped(const Incarnation &incarnation) const
{
    const auto found = m_rows.find(incarnation);
    return found != m_rows.end() && found->second.fork.has_value();
}

std::int64_t IncarnationTable::keyOf(const Incarnation &incarnation) const
{
    const auto found = m_rows.find(incarnation);
    return found == m_rows.end() ? 0 : found->second.key;
}

const Incarnation *IncarnationTable::incarnationOf(std::int64_t key) const
{
    const auto found = m_byKey.find(key);
    return found == m_byKey.end() ? nullptr : &found->second;
}

void IncarnationTable::remember(const Incarnation &incarnation)
{
    // Only the first change in a transaction needs to be taken back.
    const auto row = m_rows.find(incarnation);
    if (row != m_rows.end() && row->second.isDirty) {
        return;
    }
    const VersionVector::Entry *entry = m_vector.find(incarnation);
    m_undo.push_back({incarnation,
        entry != nullptr ? std::optional(*entry) : std::nullopt,
        row != m_rows.end() ? std::optional(row->second) : std::nullopt});
}

std::int64_t IncarnationTable::advance(
    const Dot &dot, const Hash128 &chainHash, const std::optional<End> &continues)
{
    remember(dot.incarnation);
    Row &row = m_rows[dot.incarnation];
    if (row.key == 0) {
        row.key = ++m_lastKey;
        m_byKey.emplace(row.key, dot.incarnation);
    }
    row.isDirty = true;
    if (continues) {
        row.continues = continues;
    }
    m_vector.raise(dot.incarnation, {dot.sequence, chainHash});
    m_canonicalHash.reset();
    return row.key;
}

void IncarnationTable::recordFork(const Fork &fork)
{
    const auto found = m_rows.find(fork.dot.incarnation);
    if (found == m_rows.end() || found->second.fork) {
        return; // said once is enough; of an incarnation that is not here there is nothing to
                // compare
    }
    remember(fork.dot.incarnation);
    found->second.fork = fork;
    found->second.isDirty = true;
    m_forks.push_back(fork);
}

Result<void> IncarnationTable::writeRow(const Incarnation &incarnation, const Row &row)
{
    const VersionVector::Entry *entry = m_vector.find(incarnation);
    const QByteArray number = numberBytes(incarnation.number);
    const QByteArray chainHash = entry->chainHash.bytes();
    QByteArray continuedNumber;
    QByteArray continuedHash;
    QByteArray here;
    QByteArray there;
    m_upsert.bind(1, row.key).bindText(2, incarnation.origin.bytes()).bindBlob(3, number);
    m_upsert.bind(4, static_cast<std::int64_t>(entry->sequence)).bindBlob(5, chainHash);
    if (row.continues) {
        continuedNumber = numberBytes(row.continues->incarnation.number);
        m_upsert.bindText(6, row.continues->incarnation.origin.bytes())
            .bindBlob(7, continuedNumber);
        continuedHash = row.continues->entry.chainHash.bytes();
        m_upsert.bind(8, static_cast<std::int64_t>(row.continues->entry.sequence))
            .bindBlob(9, continuedHash);
    } else {
        m_upsert.bindNull(6).bindNull(7).bindNull(8).bindNull(9);
    }
    if (row.fork) {
        here = row.fork->hashHere.bytes();
        there = row.fork->hashThere.bytes();
        m_upsert.bind(10, static_cast<std::int64_t>(row.fork->dot.sequence))
            .bindBlob(11, here)
            .bindBlob(12, there);
    } else {
        m_upsert.bindNull(10).bindNull(11).bindNull(12);
    }
    return m_upsert.run();
}

Result<void> IncarnationTable::flush()
{
    for (const Undo &undo : m_undo) {
        const auto found = m_rows.find(undo.incarnation);
        DRIFTLESS_TRY(writeRow(found->first, found->second));
    }
    return {};
}

void IncarnationTable::committed()
{
    for (const Undo &undo : m_undo) {
        m_rows.find(undo.incarnation)->second.isDirty = false;
    }
    m_undo.clear();
    m_forksAtBegin = m_forks.size();
}

void IncarnationTable::rolledBack()
{
    for (const Undo &undo : m_undo) {
        m_vector.restore(undo.incarnation, undo.entry);
        if (undo.row) {
            m_rows[undo.incarnation] = *undo.row;
        } else {
            m_byKey.erase(m_rows[undo.incarnation].key);
            m_rows.erase(undo.incarnation);
        }
    }
    m_undo.clear();
    m_forks.resize(m_forksAtBegin);
    m_canonicalHash.reset();
}

} // namespace driftless::storage
