#include "core/case_fold.h"
#include "fuzz_target.h"
#include "random_operations.h"
#include "replication/ingest.h"
#include "replication/stream.h"
#include "storage/document_state.h"
#include "temporary_folder.h"

#include <algorithm>

// What strange writers send, taken by three copies: in the order in which it was made, in another
// lawful order with a rollback and a reopening here and there, and from the second copy's log. All
// must end the same.
namespace driftless::fuzz {

namespace {

using storage::DatabaseFile;

class Copy
{
public:
    explicit Copy(QByteArray path)
        : m_path(std::move(path))
    {
        reopen();
    }

    DatabaseFile &file() { return *m_file; }

    void reopen()
    {
        m_file.reset();
        auto opened
            = DatabaseFile::open(m_path, {.isSynchronousFull = false, .cacheBytes = 1'000'000});
        require(opened.isOk(), "the file opens");
        m_file = std::move(opened).value();
    }

    /// Takes a transfer; answers how many operations were applied.
    std::uint64_t take(const QByteArray &operations, bool rollsBack = false)
    {
        const QByteArray bytes = replication::joinTransfer(preamble(), operations);
        replication::TransferReader reader(bytes);
        require(reader.preamble().isOk(), "a preamble that was written is read");
        require(m_file->begin().isOk(), "a transaction begins");
        const auto outcome = replication::ingest(*m_file, reader);
        require(outcome.isOk(), "a transfer is taken");
        require(!outcome->malformed, "lawful bytes are lawful");
        require(outcome->leftOut == 0, "nothing lawful is left out");
        if (rollsBack) {
            m_file->rollback();
        } else {
            require(m_file->commit().isOk(), "a transaction ends");
        }
        return outcome->applied;
    }

private:
    static QByteArray preamble()
    {
        replication::Preamble preamble;
        preamble.sender.node = NodeId::parse("peer").value();
        return preamble.encode();
    }

    QByteArray m_path;
    std::unique_ptr<DatabaseFile> m_file;
};

QByteArray encoded(const Group &group)
{
    cbor::Writer writer;
    for (const storage::Operation &operation : group) {
        replication::appendOperation(writer, operation.headerBytes, operation.body);
    }
    return writer.take();
}

/// The next of its incarnation, and all that it was built on is there.
bool isTakeable(const DatabaseFile &file, const Group &group)
{
    const storage::OperationHeader &first = group.front().header;
    if (file.vector().sequenceOf(first.version.dot.incarnation) + 1 != first.version.dot.sequence) {
        return false;
    }
    return std::all_of(group.begin(), group.end(), [&file](const storage::Operation &operation) {
        const auto &parents = operation.header.parents;
        return std::all_of(parents.begin(), parents.end(), [&file](const storage::Parent &parent) {
            return file.vector().covers(parent.version.dot);
        });
    });
}

void takeInAnotherOrder(
    Copy &copy, std::vector<const Group *> waiting, support::SeededRandom &random)
{
    while (!waiting.empty()) {
        std::vector<std::size_t> takeable;
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (isTakeable(copy.file(), *waiting[i])) {
                takeable.push_back(i);
            }
        }
        require(!takeable.empty(), "there is always something that can be taken");
        const std::size_t next = random.pick(takeable);
        const QByteArray bytes = encoded(*waiting[next]);
        if (random.oneIn(6)) {
            copy.take(bytes, true);
        }
        require(copy.take(bytes) == waiting[next]->size(), "a group is taken whole");
        require(random.below(8) != 0 || copy.take(bytes) == 0, "the same again changes nothing");
        if (random.oneIn(12)) {
            copy.reopen();
        }
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(next));
    }
}

QByteArray shown(const DatabaseFile &file, const storage::DocumentKey &key)
{
    const auto state = file.load(key);
    require(state.isOk(), "a document is loaded");
    return state->shown().value_or("nothing");
}

void requireSame(const DatabaseFile &a, const DatabaseFile &b, const std::vector<Group> &groups)
{
    require(a.vector() == b.vector(), "both have everything");
    for (const Group &group : groups) {
        for (const storage::Operation &operation : group) {
            if (operation.header.isAboutDocument()) {
                const storage::DocumentKey key {
                    foldCase(operation.header.collection), foldCase(operation.header.documentId)};
                require(shown(a, key) == shown(b, key),
                    "both show the same",
                    shown(a, key) + " / " + shown(b, key));
            }
        }
    }
    require(a.documentCount() == b.documentCount(), "both count the same documents");
    require(a.conflictCount() == b.conflictCount(), "both list the same conflicts");
    require(a.quarantinedCount() == b.quarantinedCount(), "both quarantine the same");
    require(a.digest() == b.digest(), "equal vectors, equal digests");
    require(a.vectorHash() == b.vectorHash(), "equal vectors, equal hashes");
}

} // namespace

void run(QByteArrayView input)
{
    Choices choices(input);
    const std::vector<Group> groups = RandomOperations(choices).groups();
    if (groups.empty()) {
        return;
    }
    const support::TemporaryFolder folder;
    support::SeededRandom random = randomOf(input);
    Copy first(folder.path("1.db"));
    QByteArray all;
    std::vector<const Group *> waiting;
    std::uint64_t count = 0;
    for (const Group &group : groups) {
        all += encoded(group);
        waiting.push_back(&group);
        count += group.size();
    }
    require(first.take(all) == count, "a log in its order is taken whole");

    Copy second(folder.path("2.db"));
    takeInAnotherOrder(second, std::move(waiting), random);
    requireSame(first.file(), second.file(), groups);

    Copy third(folder.path("3.db"));
    const storage::VersionVector nothing;
    replication::StreamQuery query;
    query.known = &nothing;
    const auto transfer = replication::buildTransfer(second.file(), query);
    require(transfer.isOk() && !transfer->hasMore, "a log is streamed");
    require(third.take(transfer->operations) == count, "what is streamed is taken whole");
    third.reopen();
    requireSame(first.file(), third.file(), groups);
}

} // namespace driftless::fuzz
