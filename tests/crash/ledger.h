#pragma once

#include "core/random.h"

#include <QByteArray>
#include <QByteArrayList>
#include <QHash>
#include <QSet>

#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace driftless::crash {

/// What a GET of a document shows: its bytes, or nothing where it is not there.
using Shown = std::optional<QByteArray>;
/// What a node shows of documents, by id.
using Copy = QHash<QByteArray, Shown>;

/// One write that is atomic: a single document, or a batch.
struct Write
{
    struct Change
    {
        QByteArray id;
        Shown after;
    };
    std::vector<Change> changes; ///< of documents that nobody else writes
    std::map<QByteArray, int> additions; ///< to counters that everybody adds to, by document id
};

/// What was found wrong; nothing is what it should be.
struct Verdict
{
    qint64 missing = 0; ///< acknowledged writes that do not show
    qint64 halfWrites = 0; ///< atomic writes of which a part shows
    QByteArrayList complaints; ///< the first few, in words

    [[nodiscard]] bool isClean() const
    {
        return missing == 0 && halfWrites == 0 && complaints.isEmpty();
    }
    void complain(const QByteArray &text);
    void add(const Verdict &other);
};

/// The books of one writer: what it was told is done, and what it sent and was told nothing of. One
/// thread at a time.
class Ledger
{
public:
    // While it writes.

    void sent(Write write);
    /// The oldest open write is done.
    void acknowledged();
    /// The node refused the oldest open write: it must never show.
    void refused();
    [[nodiscard]] std::size_t openCount() const { return m_open.size(); }
    /// A document with no open write, in whatever state; null if none is found in a few attempts.
    const QByteArray *pick(Random &random) const;
    [[nodiscard]] Shown shown(const QByteArray &id) const { return m_settled.value(id); }

    // After the node is back.

    /// Documents written since the last `closeBooks()`, open writes included.
    [[nodiscard]] std::vector<QByteArray> touched() const;
    [[nodiscard]] const std::vector<QByteArray> &all() const { return m_ids; }
    /// Finds out what became of the open writes: each must show whole or not at all.
    Verdict resolve(const Copy &copy);
    /// Each of `ids` must show what it was acknowledged or resolved to show.
    [[nodiscard]] Verdict check(const std::vector<QByteArray> &ids, const Copy &copy) const;
    /// Since the last closeBooks(): what this writer certainly added, and what it may have.
    [[nodiscard]] int additionsDone(const QByteArray &counter) const;
    [[nodiscard]] int additionsOpen(const QByteArray &counter) const;
    void closeBooks();

    [[nodiscard]] qint64 visibleCount() const;
    [[nodiscard]] qint64 acknowledgedCount() const { return m_acknowledged; }
    [[nodiscard]] qint64 openMadeCount() const { return m_openMade; }
    [[nodiscard]] qint64 openUnmadeCount() const { return m_openUnmade; }

private:
    void settle(const Write &write);

    QHash<QByteArray, Shown> m_settled;
    std::vector<QByteArray> m_ids; ///< the keys of m_settled
    std::deque<Write> m_open; ///< oldest first
    QSet<QByteArray> m_openIds;
    QSet<QByteArray> m_touched;
    std::map<QByteArray, int> m_additionsDone;
    std::map<QByteArray, int> m_additionsOpen;
    qint64 m_acknowledged = 0;
    qint64 m_openMade = 0;
    qint64 m_openUnmade = 0;
};

} // namespace driftless::crash
