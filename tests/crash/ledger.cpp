#include "ledger.h"

#include <algorithm>

namespace driftless::crash {

namespace {

constexpr qsizetype kComplaintsMax = 10;
constexpr qsizetype kBytesQuoted = 80;
constexpr int kPicksMax = 8;

QByteArray quoted(const Shown &shown)
{
    return shown ? shown->left(kBytesQuoted) : QByteArray("nothing");
}

} // namespace

void Verdict::complain(const QByteArray &text)
{
    if (complaints.size() < kComplaintsMax) {
        complaints.append(text);
    }
}

void Verdict::add(const Verdict &other)
{
    missing += other.missing;
    halfWrites += other.halfWrites;
    for (const QByteArray &text : other.complaints) {
        complain(text);
    }
}

void Ledger::sent(Write write)
{
    for (const Write::Change &change : write.changes) {
        m_openIds.insert(change.id);
        m_touched.insert(change.id);
    }
    m_open.push_back(std::move(write));
}

void Ledger::settle(const Write &write)
{
    for (const Write::Change &change : write.changes) {
        if (!m_settled.contains(change.id)) {
            m_ids.push_back(change.id);
        }
        m_settled.insert(change.id, change.after);
    }
    for (const auto &[counter, sum] : write.additions) {
        m_additionsDone[counter] += sum;
    }
}

void Ledger::acknowledged()
{
    const Write write = std::move(m_open.front());
    m_open.pop_front();
    settle(write);
    for (const Write::Change &change : write.changes) {
        m_openIds.remove(change.id);
    }
    ++m_acknowledged;
}

void Ledger::refused()
{
    for (const Write::Change &change : m_open.front().changes) {
        m_openIds.remove(change.id);
    }
    m_open.pop_front();
}

const QByteArray *Ledger::pick(Random &random) const
{
    for (int attempt = 0; attempt < kPicksMax && !m_ids.empty(); ++attempt) {
        const QByteArray &id = m_ids[random.below(m_ids.size())];
        if (!m_openIds.contains(id)) {
            return &id;
        }
    }
    return nullptr;
}

std::vector<QByteArray> Ledger::touched() const
{
    return {m_touched.begin(), m_touched.end()};
}

Verdict Ledger::resolve(const Copy &copy)
{
    Verdict verdict;
    for (const Write &write : m_open) {
        if (write.changes.empty()) { // adds only; it shows in the sum alone
            for (const auto &[counter, sum] : write.additions) {
                m_additionsOpen[counter] += sum;
            }
            continue;
        }
        const auto made = std::count_if(write.changes.begin(),
            write.changes.end(),
            [&copy](const auto &change) { return copy.value(change.id) == change.after; });
        if (made == static_cast<std::ptrdiff_t>(write.changes.size())) {
            settle(write);
            ++m_openMade;
        } else if (made == 0) {
            ++m_openUnmade; // that it shows what was there before, check() finds out
        } else {
            ++verdict.halfWrites;
            verdict.complain("Of an atomic write of " + QByteArray::number(write.changes.size())
                + " documents, the first of them '" + write.changes.front().id + "', "
                + QByteArray::number(static_cast<qlonglong>(made)) + " show.");
        }
    }
    m_open.clear();
    m_openIds.clear();
    return verdict;
}

Verdict Ledger::check(const std::vector<QByteArray> &ids, const Copy &copy) const
{
    Verdict verdict;
    for (const QByteArray &id : ids) {
        const Shown expected = m_settled.value(id);
        const Shown found = copy.value(id);
        if (found != expected) {
            ++verdict.missing;
            verdict.complain("'" + id + "' shows " + quoted(found) + " and should show "
                + quoted(expected) + '.');
        }
    }
    return verdict;
}

int Ledger::additionsDone(const QByteArray &counter) const
{
    const auto found = m_additionsDone.find(counter);
    return found != m_additionsDone.end() ? found->second : 0;
}

int Ledger::additionsOpen(const QByteArray &counter) const
{
    const auto found = m_additionsOpen.find(counter);
    return found != m_additionsOpen.end() ? found->second : 0;
}

void Ledger::closeBooks()
{
    m_touched.clear();
    m_additionsDone.clear();
    m_additionsOpen.clear();
}

qint64 Ledger::visibleCount() const
{
    return std::count_if(
        m_settled.begin(), m_settled.end(), [](const Shown &shown) { return shown.has_value(); });
}

} // namespace driftless::crash
