#pragma once

#include "real_state.h"
#include "storage/document_reader.h"

namespace driftless::sim {

/// Watches one copy of a database from outside: reads what is new in its log, and holds what the
/// copy shows against the judge. Every look answers the first thing that is wrong. One thread.
class CopyWatch
{
public:
    using Fault = std::optional<QByteArray>;

    /// `poison`: the origin whose operations may contradict themselves; of all others that is a
    /// fault.
    CopyWatch(Judge &judge, QByteArray name, QByteArray poison = {});

    /// The file is another one now, or was opened anew: its log will be read from the beginning.
    void forget();
    /// The test put these into quarantine though they are understood, until `release`.
    void quarantine(const Dot &dot) { m_forced.insert(dot); }
    /// Answers how many of them can be applied, and so were.
    std::size_t release();
    [[nodiscard]] const std::set<Dot> &forced() const { return m_forced; }
    void setForced(std::set<Dot> dots) { m_forced = std::move(dots); }

    /// Judges the documents that new operations touch, and the totals. `reader` may be null.
    Fault look(const storage::DatabaseFile &file, storage::DocumentReader *reader);
    /// Judges every document, the totals and, where nothing waits, the list of conflicts as a
    /// reader sees it.
    Fault lookAtAll(const storage::DatabaseFile &file, storage::DocumentReader *reader);
    [[nodiscard]] Fault checkTotals(const storage::DatabaseFile &file) const;
    /// Who writes sees what it wrote, byte for byte: the document as it was when the log had come
    /// to its own operation `dot`.
    [[nodiscard]] Fault checkWriterSees(const ModelKey &key, const Dot &dot) const;
    /// By the rule itself, without the sums that the judge and the node both keep: the newest set,
    /// and every addition that its writer had not seen.
    [[nodiscard]] Fault checkCounters() const;

    [[nodiscard]] const std::map<ModelKey, ModelHistory> &known() const { return m_known; }
    [[nodiscard]] const ModelState &wanted(const ModelKey &key) const;
    /// Operations whose claims wait: those that cannot be applied with their whole groups, and the
    /// forced ones.
    [[nodiscard]] const std::set<Dot> &waiting() const { return m_waiting; }
    [[nodiscard]] bool hasRead(const Dot &dot) const;
    [[nodiscard]] const std::map<Dot, Hash128> &operations() const { return m_operations; }

private:
    Fault readLog(const storage::DatabaseFile &file, std::set<ModelKey> &touched);
    Fault take(const storage::Operation &operation);
    Fault judgeOne(const storage::DatabaseFile &file,
        storage::DocumentReader *reader,
        const ModelKey &key) const;
    Fault checkList(storage::DocumentReader &reader) const;
    void findWaiting();
    [[nodiscard]] Fault fault(const QByteArray &what) const { return m_name + ": " + what; }

    Judge &m_judge;
    const QByteArray m_name;
    const QByteArray m_poison;
    LogPosition m_readTo;
    std::map<Incarnation, std::uint64_t> m_sequences;
    std::map<Dot, Hash128> m_operations; ///< chain hashes
    std::map<std::pair<Incarnation, std::uint64_t>, std::vector<Dot>>
        m_groups; ///< by first sequence
    std::set<std::pair<Incarnation, std::uint64_t>> m_poisoned; ///< groups that cannot be applied
    std::uint64_t m_groupMissing = 0; ///< operations that must follow at once
    std::map<ModelKey, ModelHistory> m_known;
    std::set<Dot> m_forced;
    std::set<Dot> m_waiting;
};

QByteArray textOf(const Dot &dot);
QByteArray textOf(const ModelKey &key);

} // namespace driftless::sim
