#include "storage_history.h"

#include "core/case_fold.h"
#include "manual_clock.h"
#include "storage/document_reader.h"
#include "storage/local_writer.h"

#include <algorithm>
#include <array>

namespace driftless::sim {

namespace {

constexpr std::array kNames {"A", "B", "C", "D"};

std::vector<storage::Claim> sortedClaims(std::vector<storage::Claim> claims)
{
    for (storage::Claim &claim : claims) {
        claim.name = foldCase(claim.name);
    }
    std::sort(claims.begin(), claims.end(), [](const storage::Claim &a, const storage::Claim &b) {
        return a.name < b.name;
    });
    return claims;
}

} // namespace

struct StorageHistory::Planned
{
    QByteArray collection;
    QByteArray id;
    storage::LoadedDocument document;
    storage::PlannedWrite plan;
};

/// A node, reduced to its file.
struct StorageHistory::Copy
{
    NodeId name;
    QByteArray folder;
    bool isLastWriterWins = false;
    std::int64_t skew = 0;
    std::unique_ptr<storage::DatabaseFile> file;
    support::ManualClock clock;
    std::unique_ptr<storage::LocalWriter> writer;
    std::unique_ptr<storage::DocumentReader> reader;
    QByteArray savedFolder; ///< empty: nothing is saved

    std::unique_ptr<CopyWatch> watch;
    std::set<Dot> savedWaiting;

    [[nodiscard]] QByteArray path() const { return folder + "/shop.db"; }
};

StorageHistory::StorageHistory(std::uint64_t seed, Trace trace, QByteArray choices)
    : m_random(seed, std::move(choices))
    , m_numbers(~seed)
    , m_requests(m_random)
    , m_poison(m_random)
    , m_hasPoison(m_random.oneIn(4))
    , m_trace(std::move(trace))
{
    const auto count = static_cast<std::size_t>(m_random.between(2, 4));
    for (std::size_t i = 0; i < count; ++i) {
        auto copy = std::make_unique<Copy>();
        copy->name = NodeId::parse(kNames[i]).value();
        copy->folder = m_folder.makeFolder(QByteArray::number(++m_files));
        copy->isLastWriterWins = m_random.oneIn(4);
        copy->skew = m_random.pick(std::array {0, 0, 0, 20, -20});
        copy->watch
            = std::make_unique<CopyWatch>(m_judge, copy->name.bytes(), PoisonMaker::kOrigin);
        reopen(*copy);
        m_copies.push_back(std::move(copy));
    }
}

StorageHistory::~StorageHistory() = default;

void StorageHistory::fail(const QByteArray &what)
{
    if (!m_fault) {
        m_fault = what;
        say("FAULT " + what);
    }
}

void StorageHistory::say(const QByteArray &line) const
{
    if (m_trace) {
        m_trace(line);
    }
}

template <typename T> bool StorageHistory::worked(const Result<T> &result, const char *what)
{
    if (!result) {
        fail(QByteArray(what) + ": " + result.error().message);
    }
    return result.isOk();
}

std::optional<QByteArray> StorageHistory::run()
{
    const int steps = m_random.between(10, 60);
    for (int i = 0; i < steps && isFine(); ++i) {
        ++m_wall;
        step();
        checkPairs();
    }
    if (isFine()) {
        heal();
    }
    return m_fault;
}

void StorageHistory::step()
{
    Copy &copy = *m_copies[m_random.below(m_copies.size())];
    Copy &other = *m_copies[m_random.below(m_copies.size())];
    const std::uint64_t dice = m_random.below(100);
    if (dice < 52) {
        write(copy);
    } else if (dice < 88) {
        if (&copy != &other) {
            stream(copy, other, m_random.pick(std::array<std::size_t, 5> {1, 2, 3, 5, 99}));
        }
    } else if (dice < 91) {
        restart(copy);
    } else if (dice < 94) {
        save(copy);
    } else if (dice < 96) {
        goBack(copy);
    } else if (dice < 97) {
        if (&copy != &other) {
            cloneOnto(copy, other);
        }
    } else if (dice < 99 || !m_hasPoison) {
        release(copy);
    } else {
        poison(copy);
    }
}

// Writing.

void StorageHistory::write(Copy &copy)
{
    // One group: mostly one document, sometimes two, sometimes two requests for one document folded
    // into one operation.
    std::map<ModelKey, std::vector<RandomRequest>> requests;
    for (int i = m_random.pick(std::array {1, 1, 1, 2, 3}); i > 0; --i) {
        RandomRequest request = m_requests.next();
        const ModelKey key {foldCase(request.model.collection), foldCase(request.model.id)};
        requests[key].push_back(std::move(request));
    }
    copy.clock.setWallTime(
        WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(m_wall) + copy.skew)));
    std::vector<Planned> group;
    for (const auto &[key, list] : requests) {
        if (!planDocument(copy, key, list, group)) {
            return;
        }
    }
    if (!group.empty()) {
        applyLocal(copy, group);
    }
}

bool StorageHistory::planDocument(Copy &copy,
    const ModelKey &key,
    const std::vector<RandomRequest> &requests,
    std::vector<Planned> &plans)
{
    const Incarnation own = copy.writer->incarnation();
    auto document = copy.file->loadForWrite({key.first, key.second});
    if (!worked(document, "loadForWrite")) {
        return false;
    }
    if (document->state.isQuarantined()) {
        return true; // it refuses local writes
    }
    const ModelState &before = copy.watch->wanted(key);
    storage::DocumentDraft draft(document->state, own, copy.isLastWriterWins);
    for (const RandomRequest &request : requests) {
        say("  " + copy.name.bytes() + (copy.isLastWriterWins ? " (whole) " : " ")
            + sim::textOf(request));
        if (request.model.kind == ModelRequest::Kind::Delete) {
            draft.remove();
            continue;
        }
        auto body = json::Object::check(request.json);
        if (!worked(body, "check")) {
            return false;
        }
        if (request.model.kind == ModelRequest::Kind::Put) {
            draft.put(std::move(body).value());
            continue;
        }
        const auto patched = draft.patch(*body, request.model.id);
        if (requests.size() == 1
            && patched.isOk() != imageAfter(before, request.model).has_value()) {
            fail("the judge and the node do not agree whether this is refused: "
                + sim::textOf(request));
        }
        if (!patched) {
            return true; // a client's mistake: the document is left as it was
        }
    }
    const auto plan = draft.finish();
    if (requests.size() == 1) {
        checkPlan(copy, before, requests.front(), plan ? &*plan : nullptr, own);
    }
    if (plan) {
        const ModelRequest &last = requests.back().model;
        plans.push_back({last.collection, last.id, std::move(document).value(), *plan});
    }
    return isFine();
}

void StorageHistory::checkPlan(Copy &copy,
    const ModelState &before,
    const RandomRequest &request,
    const storage::PlannedWrite *plan,
    const Incarnation &own)
{
    const QByteArray image = plan != nullptr ? plan->body : before.shown.value_or(QByteArray());
    const auto wanted = planOf(before,
        request.model,
        image.isEmpty() ? QByteArray("{}") : image,
        own,
        copy.isLastWriterWins);
    if ((plan != nullptr) != wanted.has_value()) {
        // A patch of nothing that leaves an empty document is a document all the same; a put of the
        // same members may change blanks only.
        fail(QByteArray("the node ") + (plan != nullptr ? "makes" : "makes no")
            + " operation where the judge does not agree: " + sim::textOf(request));
        return;
    }
    if (plan == nullptr) {
        return;
    }
    if ((plan->kind == storage::OperationKind::Delete) != wanted->isDelete
        || plan->floor != wanted->floor
        || sortedClaims(plan->changed) != sortedClaims(wanted->claims)) {
        fail("the node's claims are not the judge's: " + sim::textOf(request));
        return;
    }
    if (request.model.kind == ModelRequest::Kind::Patch) {
        const auto mine = splitObject(*imageAfter(before, request.model));
        const auto theirs = splitObject(plan->body);
        const auto same = [](const ModelMember &a, const ModelMember &b) {
            return a.name == b.name && a.value == b.value;
        };
        if (!theirs
            || !std::equal(mine->begin(), mine->end(), theirs->begin(), theirs->end(), same)) {
            fail("the patched document is not the judge's: " + plan->body + " for "
                + sim::textOf(request));
        }
    }
}

void StorageHistory::applyLocal(Copy &copy, const std::vector<Planned> &plans)
{
    std::vector<storage::LocalWrite> writes;
    for (const Planned &planned : plans) {
        writes.push_back({planned.collection, planned.id, planned.document, planned.plan});
    }
    std::vector<storage::Operation> group;
    for (int attempt = m_random.oneIn(12) ? 0 : 1; attempt < 2; ++attempt) {
        if (!worked(copy.file->begin(), "begin")) {
            return;
        }
        auto written = copy.writer->write(writes);
        if (!worked(written, "write")) {
            return;
        }
        if (attempt == 0) { // and tried again
            say("  " + copy.name.bytes() + " rolls back");
            copy.file->rollback();
            expect(copy.watch->checkTotals(*copy.file));
        } else if (!worked(copy.file->commit(), "commit")) {
            return;
        }
        group = std::move(written->operations);
    }
    for (const storage::Operation &operation : group) {
        say(copy.name.bytes() + " writes " + textOf(operation.header.version.dot) + ' '
            + operation.header.documentId + (operation.header.floor ? " floor " : " ")
            + operation.body);
    }
    look(copy);
    for (const storage::Operation &operation :
        group) { // who writes sees what it wrote, byte for byte
        const auto state = copy.file->load(
            {foldCase(operation.header.collection), foldCase(operation.header.documentId)});
        if (worked(state, "load") && state->shown().value_or(QByteArray()) != operation.body) {
            fail("the writer sees " + state->shown().value_or("nothing") + " where it wrote "
                + operation.body);
        }
    }
}

// Exchange.

StorageHistory::Groups StorageHistory::news(Copy &from, const Copy &to)
{
    Groups groups;
    LogPosition position;
    for (;;) {
        const auto page
            = from.file->readLog(position, m_random.between(1, 20), m_random.between(200, 5'000));
        if (!worked(page, "readLog") || page->empty()) {
            return groups;
        }
        for (const storage::StoredOperation &stored : *page) {
            position = stored.position;
            auto parsed = storage::Operation::parse(stored.headerBytes, stored.body);
            if (!worked(parsed, "parse")) {
                return groups;
            }
            const storage::OperationHeader &header = parsed->header;
            if (to.file->vector().covers(header.version.dot)) {
                continue;
            }
            const bool isFirst
                = !header.group || header.group->first == header.version.dot.sequence;
            if (isFirst) {
                groups.emplace_back();
            }
            if (groups.empty()) {
                fail("a log gives a group that does not begin at its first operation");
                return groups;
            }
            groups.back().push_back(std::move(parsed).value());
        }
    }
}

void StorageHistory::stream(Copy &from, Copy &to, std::size_t countMax)
{
    say(from.name.bytes() + " -> " + to.name.bytes() + " at most "
        + QByteArray::number(quint64(countMax)));
    const Groups groups = news(from, to);
    std::size_t taken = 0;
    const bool rollsBack = !m_isHealing && m_random.oneIn(15);
    for (const auto &group : groups) {
        taken += group.size();
        if (taken > countMax || !isFine()) {
            break; // torn: nothing of the group is applied
        }
        for (const storage::Operation &operation : group) {
            for (const storage::Parent &parent : operation.header.parents) {
                if (operation.header.isAboutDocument()
                    && !to.file->vector().covers(parent.version.dot)) {
                    fail("a stream in log order brings " + textOf(operation.header.version.dot)
                        + " before what it was built on");
                }
            }
        }
        const bool quarantines
            = group.front().header.isAboutDocument() && !rollsBack && m_random.oneIn(25);
        if (!worked(to.file->begin(), "begin")
            || !worked(to.file->apply(group, quarantines), "apply")) {
            return;
        }
        if (quarantines) {
            for (const storage::Operation &operation : group) {
                say("  quarantined " + textOf(operation.header.version.dot));
                to.watch->quarantine(operation.header.version.dot);
            }
        }
        if (!rollsBack && m_random.oneIn(3) && !worked(to.file->commit(), "commit")) {
            return;
        }
    }
    if (to.file->isInTransaction()) {
        if (rollsBack) {
            say("  rolled back");
            to.file->rollback();
            expect(to.watch->checkTotals(*to.file));
        } else if (!worked(to.file->commit(), "commit")) {
            return;
        }
    }
    look(to);
}

void StorageHistory::poison(Copy &copy)
{
    if (m_poison.last().sequence > 0 && !copy.file->vector().covers(m_poison.last())) {
        return;
    }
    say("poison for " + copy.name.bytes());
    const auto headsOf = [&copy](const ModelKey &key) { return copy.watch->wanted(key).heads; };
    for (const auto &group : m_poison.next(copy.file->hlc() + 1, headsOf)) {
        if (!worked(copy.file->begin(), "begin") || !worked(copy.file->apply(group), "apply")
            || !worked(copy.file->commit(), "commit")) {
            return;
        }
    }
    look(copy);
}

void StorageHistory::release(Copy &copy)
{
    say(copy.name.bytes() + " releases what waits");
    if (!worked(copy.file->begin(), "begin")) {
        return;
    }
    const auto released = copy.file->releaseQuarantined();
    if (!worked(released, "releaseQuarantined") || !worked(copy.file->commit(), "commit")) {
        return;
    }
    if (static_cast<std::size_t>(*released) != copy.watch->release()) {
        fail("not everything was released that can be applied, or something else was");
    }
    expect(copy.watch->lookAtAll(*copy.file, copy.reader.get()));
}

// Restarts.

void StorageHistory::close(Copy &copy)
{
    copy.writer.reset();
    copy.reader.reset();
    copy.file.reset();
}

void StorageHistory::reopen(Copy &copy)
{
    close(copy);
    auto file = storage::DatabaseFile::open(
        copy.path(), {.isSynchronousFull = false, .cacheBytes = 1'000'000});
    if (!worked(file, "open")) {
        return;
    }
    copy.file = std::move(file).value();
    auto reader = storage::DocumentReader::open(copy.path(), std::chrono::seconds(60));
    if (!worked(reader, "open for reading")) {
        return;
    }
    copy.reader = std::move(reader).value();
    copy.writer
        = std::make_unique<storage::LocalWriter>(*copy.file, copy.name, m_numbers, copy.clock);
    copy.watch->forget();
    expect(copy.watch->lookAtAll(*copy.file, copy.reader.get()));
}

void StorageHistory::restart(Copy &copy)
{
    say(copy.name.bytes() + " restarts");
    const auto vector = copy.file->vector();
    const auto digest = copy.file->digest();
    const auto hlc = copy.file->hlc();
    const auto hash = copy.file->vectorHash();
    const auto counts = std::array {
        copy.file->documentCount(), copy.file->conflictCount(), copy.file->quarantinedCount()};
    reopen(copy);
    if (isFine()
        && (copy.file->vector() != vector || copy.file->digest() != digest
            || copy.file->hlc() != hlc || copy.file->vectorHash() != hash
            || std::array {copy.file->documentCount(),
                   copy.file->conflictCount(),
                   copy.file->quarantinedCount()}
                != counts)) {
        fail(copy.name.bytes() + " is another after a restart");
    }
}

void StorageHistory::save(Copy &copy)
{
    say(copy.name.bytes() + " is saved");
    copy.savedFolder = m_folder.path(QByteArray::number(++m_files));
    support::copyFolder(copy.folder, copy.savedFolder);
    copy.savedWaiting = copy.watch->forced();
}

void StorageHistory::goBack(Copy &copy)
{
    if (copy.savedFolder.isEmpty()) {
        return;
    }
    say(copy.name.bytes() + " goes back to an older file");
    close(copy);
    support::copyFolder(copy.savedFolder, copy.folder);
    copy.watch->setForced(copy.savedWaiting);
    reopen(copy);
}

void StorageHistory::cloneOnto(Copy &source, Copy &target)
{
    say(target.name.bytes() + " begins again with a copy of the file of " + source.name.bytes());
    close(target);
    support::copyFolder(source.folder, target.folder);
    target.watch->setForced(source.watch->forced());
    target.savedFolder.clear();
    reopen(target);
}

void StorageHistory::heal()
{
    say("heal");
    m_isHealing = true;
    for (const auto &copy : m_copies) {
        if (isFine()) {
            release(*copy);
        }
    }
    for (std::size_t round = 0; round < m_copies.size() && isFine(); ++round) {
        for (const auto &from : m_copies) {
            for (const auto &to : m_copies) {
                if (from != to && isFine()) {
                    stream(*from, *to, SIZE_MAX);
                    release(*to);
                }
            }
        }
    }
    for (const auto &copy : m_copies) {
        if (!isFine()) {
            return;
        }
        if (copy->file->vector() != m_copies.front()->file->vector()) {
            fail(copy->name.bytes() + " does not have everything at the end");
        } else if (copy->file->digest() != m_copies.front()->file->digest()) {
            fail(copy->name.bytes() + " has another digest at the end");
        }
        expect(copy->watch->checkCounters());
        expect(copy->watch->lookAtAll(*copy->file, copy->reader.get()));
    }
}

// Judging.

void StorageHistory::expect(const CopyWatch::Fault &fault)
{
    if (fault) {
        fail(*fault);
    }
}

void StorageHistory::look(Copy &copy)
{
    expect(copy.watch->look(*copy.file, copy.reader.get()));
}

void StorageHistory::checkPairs()
{
    for (const auto &a : m_copies) {
        for (const auto &b : m_copies) {
            if (!isFine() || a >= b || a->file->vector() != b->file->vector()) {
                continue;
            }
            if (a->file->vectorHash() != b->file->vectorHash()) {
                fail("equal vectors have unequal hashes");
            }
            if (a->watch->waiting() == b->watch->waiting()
                && a->file->digest() != b->file->digest()) {
                fail("equal vectors, unequal digests: " + a->name.bytes() + ", " + b->name.bytes());
            }
        }
    }
}

} // namespace driftless::sim
