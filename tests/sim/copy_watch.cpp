#include "copy_watch.h"

#include "storage/digest.h"

namespace driftless::sim {

QByteArray textOf(const Dot &dot)
{
    return dot.incarnation.origin.bytes() + '/'
        + QByteArray::number(quint64(dot.incarnation.number), 16).left(4) + '/'
        + QByteArray::number(quint64(dot.sequence));
}

QByteArray textOf(const ModelKey &key)
{
    return key.first + '/' + key.second;
}

CopyWatch::CopyWatch(Judge &judge, QByteArray name, QByteArray poison)
    : m_judge(judge)
    , m_name(std::move(name))
    , m_poison(std::move(poison))
{
}

void CopyWatch::forget()
{
    m_readTo = {};
    m_sequences.clear();
    m_operations.clear();
    m_groups.clear();
    m_poisoned.clear();
    m_groupMissing = 0;
    m_known.clear();
    m_waiting.clear();
}

std::size_t CopyWatch::release()
{
    const std::size_t before = m_waiting.size();
    m_forced.clear();
    findWaiting();
    return before - m_waiting.size();
}

bool CopyWatch::hasRead(const Dot &dot) const
{
    const auto found = m_sequences.find(dot.incarnation);
    return found != m_sequences.end() && found->second >= dot.sequence;
}

const ModelState &CopyWatch::wanted(const ModelKey &key) const
{
    const auto found = m_known.find(key);
    return m_judge.judge(found == m_known.end() ? ModelHistory() : found->second, m_waiting);
}

CopyWatch::Fault CopyWatch::look(const storage::DatabaseFile &file, storage::DocumentReader *reader)
{
    std::set<ModelKey> touched;
    if (auto wrong = readLog(file, touched)) {
        return wrong;
    }
    for (const ModelKey &key : touched) {
        if (auto wrong = judgeOne(file, reader, key)) {
            return wrong;
        }
    }
    return checkTotals(file);
}

CopyWatch::Fault CopyWatch::lookAtAll(
    const storage::DatabaseFile &file, storage::DocumentReader *reader)
{
    std::set<ModelKey> touched;
    if (auto wrong = readLog(file, touched)) {
        return wrong;
    }
    for (const auto &[key, history] : m_known) {
        if (auto wrong = judgeOne(file, reader, key)) {
            return wrong;
        }
    }
    if (auto wrong = checkTotals(file)) {
        return wrong;
    }
    return reader != nullptr ? checkList(*reader) : std::nullopt;
}

CopyWatch::Fault CopyWatch::readLog(const storage::DatabaseFile &file, std::set<ModelKey> &touched)
{
    const std::size_t before = m_operations.size();
    for (;;) {
        const auto page = file.readLog(m_readTo, 100, 1'000'000);
        if (!page) {
            return fault("its log cannot be read: " + page.error().message);
        }
        if (page->empty()) {
            break;
        }
        for (const storage::StoredOperation &stored : *page) {
            m_readTo = stored.position;
            const auto operation = storage::Operation::parse(stored.headerBytes, stored.body);
            if (!operation) {
                return fault("its log holds what is no operation: " + operation.error().message);
            }
            if (auto wrong = take(*operation)) {
                return wrong;
            }
            if (const auto write = m_judge.take(*operation)) {
                touched.insert(write->key);
            }
        }
    }
    if (m_groupMissing > 0) {
        return fault("its log ends inside of a group");
    }
    if (m_operations.size() != before || !m_forced.empty()) {
        findWaiting();
    }
    return std::nullopt;
}

/// In what order a log may hold operations: no gap in an incarnation, groups whole and together,
/// nothing before what it was built on.
CopyWatch::Fault CopyWatch::take(const storage::Operation &operation)
{
    const storage::OperationHeader &header = operation.header;
    const Dot &dot = header.version.dot;
    std::uint64_t &sequence = m_sequences[dot.incarnation];
    if (dot.sequence != sequence + 1) {
        return fault("its log holds " + textOf(dot) + " behind number "
            + QByteArray::number(quint64(sequence)));
    }
    const std::uint64_t first = header.group ? header.group->first : dot.sequence;
    if (m_groupMissing > 0 ? first == dot.sequence : first != dot.sequence) {
        return fault("its log holds a torn group at " + textOf(dot));
    }
    m_groupMissing = header.group ? header.group->first + header.group->size - 1 - dot.sequence : 0;
    sequence = dot.sequence;
    m_operations[dot] = operation.chainHash();
    m_groups[{dot.incarnation, first}].push_back(dot);
    const auto write = m_judge.take(operation);
    for (const storage::Parent &parent : header.parents) {
        if (!hasRead(parent.version.dot)) { // of an `open`: the end of what it continues
            return fault("it took " + textOf(dot) + " before what it was built on, "
                + textOf(parent.version.dot));
        }
        if (write && parent.version >= header.version) {
            return fault(textOf(dot) + " is not newer than what it was built on, "
                + textOf(parent.version.dot));
        }
    }
    if (!header.isUnderstood || (write && !write->fault.isEmpty())) {
        if (dot.incarnation.origin.bytes() != m_poison) {
            return fault(textOf(dot) + " cannot be applied: "
                + (write ? write->fault : QByteArray("it is not understood")));
        }
        m_poisoned.insert({dot.incarnation, first});
    }
    if (write) {
        m_known[write->key].push_back(write);
    }
    return std::nullopt;
}

void CopyWatch::findWaiting()
{
    m_waiting.clear();
    for (const auto &group : m_poisoned) {
        m_waiting.insert(m_groups[group].begin(), m_groups[group].end());
    }
    for (const Dot &dot : m_forced) {
        if (hasRead(dot)) {
            m_waiting.insert(dot);
        }
    }
}

CopyWatch::Fault CopyWatch::judgeOne(
    const storage::DatabaseFile &file, storage::DocumentReader *reader, const ModelKey &key) const
{
    const ModelState &should = wanted(key);
    const auto is = stateIn(file, key);
    if (!is) {
        return fault(textOf(key) + " cannot be loaded: " + is.error().message);
    }
    const QByteArray difference = is->difference(should);
    if (!difference.isEmpty()) {
        return fault(textOf(key) + " is not what the judge says (node | judge):\n" + difference);
    }
    if (reader == nullptr) {
        return std::nullopt;
    }
    const auto read = reader->document(key.first, key.second);
    if (!read) {
        return fault(textOf(key) + " cannot be read: " + read.error().message);
    }
    if (read->has_value() != should.shown.has_value()
        || (should.shown && (*read)->body != *should.shown)) {
        return fault("a reader sees " + (*read ? (*read)->body : QByteArray("nothing"))
            + " instead of " + should.shown.value_or("nothing"));
    }
    return std::nullopt;
}

CopyWatch::Fault CopyWatch::checkWriterSees(const ModelKey &key, const Dot &dot) const
{
    ModelHistory history;
    const auto found = m_known.find(key);
    for (const auto &write : found == m_known.end() ? ModelHistory() : found->second) {
        history.push_back(write);
        if (write->version.dot != dot) {
            continue;
        }
        const std::optional<QByteArray> &seen = m_judge.judge(history, m_waiting).shown;
        if (write->isDelete ? seen.has_value() : seen != write->body) {
            return fault("the writer of " + textOf(dot) + " sees " + seen.value_or("nothing")
                + " instead of " + write->body);
        }
        return std::nullopt;
    }
    return fault("there is no " + textOf(dot) + " of " + textOf(key));
}

CopyWatch::Fault CopyWatch::checkTotals(const storage::DatabaseFile &file) const
{
    storage::Digest digest;
    qint64 documents = 0;
    qint64 conflicts = 0;
    std::vector<storage::DocumentKey> leftOut;
    for (const auto &[key, history] : m_known) {
        const ModelState &should = wanted(key);
        documents += should.shown ? 1 : 0;
        conflicts += static_cast<qint64>(should.conflicts.size());
        if (should.isWaiting) {
            leftOut.push_back({key.first, key.second});
            continue;
        }
        const auto state = file.load({key.first, key.second});
        if (!state) {
            return fault(textOf(key) + " cannot be loaded: " + state.error().message);
        }
        digest.add(key.second, state->hash(key.first, key.second));
    }
    if (digest.total() != file.digest()) {
        return fault("its digest is not the sum of its documents");
    }
    const auto number = [](qint64 value) { return QByteArray::number(value); };
    if (documents != file.documentCount()) {
        return fault(
            "it counts " + number(file.documentCount()) + " documents, not " + number(documents));
    }
    if (conflicts != file.conflictCount()) {
        return fault(
            "it counts " + number(file.conflictCount()) + " conflicts, not " + number(conflicts));
    }
    if (file.quarantinedCount() != static_cast<qint64>(m_waiting.size())) {
        return fault("it has " + number(file.quarantinedCount()) + " operations in quarantine, not "
            + number(static_cast<qint64>(m_waiting.size())));
    }
    const auto left = file.quarantinedDocuments();
    if (!left || *left != leftOut) {
        return fault("it leaves out other documents than those that wait");
    }
    return std::nullopt;
}

CopyWatch::Fault CopyWatch::checkList(storage::DocumentReader &reader) const
{
    std::set<std::pair<ModelKey, ModelConflict>> should;
    for (const auto &[key, history] : m_known) {
        for (const ModelConflict &conflict : wanted(key).conflicts) {
            should.insert({key, conflict});
        }
    }
    const auto listed = reader.conflicts(0, 100'000);
    if (!listed) {
        return fault("its list of conflicts cannot be read: " + listed.error().message);
    }
    std::set<std::pair<ModelKey, ModelConflict>> is;
    for (const storage::DocumentReader::Conflict &conflict : *listed) {
        if (conflict.winner && conflict.loser) {
            is.insert({{conflict.collection, conflict.id},
                {conflict.member,
                    conflict.loser->header.version,
                    conflict.winner->header.version}});
        }
    }
    if (is != should || listed->size() != should.size()) {
        return fault("the list of conflicts is not the judge's");
    }
    return std::nullopt;
}

CopyWatch::Fault CopyWatch::checkCounters() const
{
    for (const auto &[key, history] : m_known) {
        const ModelState &state = wanted(key);
        const auto winner = state.members.find("n");
        if (state.isWaiting || !state.shown || winner == state.members.end()
            || winner->second.isRemoved) {
            continue;
        }
        const auto ancestors = ancestorsOf(history);
        const ModelWrite *setter = nullptr;
        for (const auto &write : history) {
            setter = write->version == winner->second.version ? write.get() : setter;
        }
        const ModelWrite::Claim &claim = setter->claims.at("n");
        const auto base = ModelNumber::ofCounter(claim.value);
        if (!base) {
            continue;
        }
        ModelNumber value = claim.adds() ? base->plus(claim.by) : *base;
        bool anyUnseen = claim.adds();
        for (const auto &write : history) {
            const auto other = write->claims.find("n");
            if (write.get() != setter && other != write->claims.end() && other->second.adds()
                && ancestors.at(setter->version.dot).count(write->version.dot) == 0) {
                value = value.plus(other->second.by);
                anyUnseen = true;
            }
        }
        if ((anyUnseen ? value.text() : claim.value) != winner->second.value) {
            return fault("the counter of " + textOf(key) + " is " + winner->second.value + ", not "
                + value.text());
        }
    }
    return std::nullopt;
}

} // namespace driftless::sim
