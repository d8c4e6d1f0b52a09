#include "random_operations.h"

#include "core/case_fold.h"

#include <QByteArrayList>

#include <array>

namespace driftless::fuzz {

namespace {

using storage::Claim;
using storage::OperationHeader;
using storage::OperationKind;

constexpr std::size_t kGroupsMax = 24;
const std::array<QByteArray, 4> kIds {"x", "X", "y", "z"};
const std::array<QByteArray, 4> kNames {"a", "b", "N", "n"};
const std::array<QByteArray, 6> kValues {R"("v")", R"("w")", "1", "2.50", "[ 1 ]", "null"};
const std::array<QByteArray, 4> kAdditions {"1", "-2", "0.5", "0"};

/// What is wrong with a group, of one kind in some of them.
enum Flaw : unsigned { kNone, kUnknownKind, kUnknownField, kContradiction, kNoDocument, kFlaws };

void forget(storage::OperationHeader &header, const QByteArray &name)
{
    std::erase_if(header.changed, [&name](const Claim &claim) { return claim.name == name; });
}

} // namespace

RandomOperations::RandomOperations(Choices &choices)
    : m_choices(choices)
{
    for (const char *origin : {"A", "B", "C"}) {
        Writer &writer = m_writers.emplace_back();
        writer.incarnation = {NodeId::parse(origin).value(), 7};
    }
}

std::vector<Group> RandomOperations::groups()
{
    while (!m_choices.isEmpty() && m_groups.size() < kGroupsMax) {
        Writer &writer = m_writers[m_choices.below(m_writers.size())];
        if (m_choices.oneIn(3)) { // it hears all that another one has seen
            const Writer &other = m_writers[m_choices.below(m_writers.size())];
            for (const auto &[incarnation, sequence] : other.seen) {
                writer.seen[incarnation] = std::max(writer.seen[incarnation], sequence);
            }
            writer.hlc = std::max(writer.hlc, other.hlc);
        }
        if (writer.sequence == 0) {
            open(writer);
        }
        write(writer);
    }
    return std::move(m_groups);
}

void RandomOperations::open(Writer &writer)
{
    OperationHeader header;
    header.kind = OperationKind::Open;
    ++writer.hlc;
    Group group;
    finish(writer, std::move(header), {}, group);
    m_groups.push_back(std::move(group));
}

/// The operations on the document that the writer has seen and that no other one of them has seen.
std::vector<storage::Parent> RandomOperations::heads(const Writer &writer, const Key &key) const
{
    std::map<Dot, Version> found;
    for (const Group &group : m_groups) {
        for (const storage::Operation &operation : group) {
            const Version &version = operation.header.version;
            const auto seen = writer.seen.find(version.dot.incarnation);
            if (!operation.header.isAboutDocument() || seen == writer.seen.end()
                || version.dot.sequence > seen->second
                || foldCase(operation.header.documentId) != key) {
                continue;
            }
            for (const storage::Parent &parent : operation.header.parents) {
                found.erase(parent.version.dot);
            }
            found[version.dot] = version;
        }
    }
    std::vector<storage::Parent> heads;
    heads.reserve(found.size());
    for (const auto &[dot, version] : found) {
        heads.push_back({version, {}});
    }
    std::sort(heads.begin(), heads.end(), [](const storage::Parent &a, const storage::Parent &b) {
        return a.version < b.version;
    });
    return heads;
}

OperationHeader RandomOperations::about(const Writer &writer, const QByteArray &id)
{
    OperationHeader header;
    header.collection = m_choices.oneIn(4) ? "Shop" : "shop";
    header.documentId = id;
    header.kind = m_choices.oneIn(6) ? OperationKind::Delete : OperationKind::Put;
    header.parents = heads(writer, foldCase(id));
    header.floor
        = header.kind == OperationKind::Put && (header.parents.empty() || m_choices.oneIn(5));
    if (!header.parents.empty() && m_choices.oneIn(16)) { // a writer that says less than it saw
        header.parents.erase(header.parents.begin());
    }
    return header;
}

/// Claims and the body that goes with them.
QByteArray RandomOperations::claimAndBody(Writer &writer, OperationHeader &header)
{
    QByteArray body = "{\"Id\":\"" + header.documentId + '"';
    QByteArrayList folded;
    for (unsigned i = m_choices.below(4); i > 0; --i) {
        Claim claim;
        claim.name = m_choices.pick(kNames);
        if (folded.contains(claim.name.toLower())) {
            continue;
        }
        folded += claim.name.toLower();
        claim.kind = static_cast<Claim::Kind>(m_choices.below(4));
        QByteArray value = m_choices.pick(kValues);
        storage::CounterSum &sum
            = writer.sums[foldCase(header.documentId) + '/' + claim.name.toLower()];
        if (claim.kind == Claim::Kind::Set && m_choices.oneIn(3)) {
            for (const Writer &other : m_writers) {
                const auto known
                    = other.sums.find(foldCase(header.documentId) + '/' + claim.name.toLower());
                if (known != other.sums.end() && known->second.count > 0) {
                    claim.seen[other.incarnation] = known->second;
                }
            }
        }
        if (claim.kind == Claim::Kind::Add || claim.kind == Claim::Kind::SetAdd) {
            value = "12.5";
            claim.base = claim.kind == Claim::Kind::SetAdd ? "12" : "";
            claim.by = Decimal::parse(m_choices.pick(kAdditions)).value();
            ++sum.count;
            sum.sum += claim.by;
            claim.own = sum;
        }
        if (claim.kind != Claim::Kind::Removed) {
            body += ",\"" + claim.name + "\":" + value;
        } else if (header.floor) {
            continue;
        }
        // A floor claims every member of its body by itself.
        if (!header.floor || claim.kind != Claim::Kind::Set || !claim.seen.empty()) {
            header.changed.push_back(std::move(claim));
        }
    }
    return body + '}';
}

void RandomOperations::write(Writer &writer)
{
    const std::size_t size = m_choices.oneIn(4) ? 2 + m_choices.below(2) : 1;
    const unsigned flaw = m_choices.oneIn(6) ? m_choices.below(kFlaws) : unsigned {kNone};
    writer.hlc += 1 + m_choices.below(3);
    const std::uint64_t first = writer.sequence + 1;
    Group group;
    std::set<QByteArray> written;
    for (std::size_t i = 0; i < size; ++i) {
        QByteArray id = m_choices.pick(kIds);
        if (!written.insert(foldCase(id)).second) {
            id = QByteArray(1, static_cast<char>('p' + i)); // one operation a document
        }
        OperationHeader header = about(writer, id);
        QByteArray body;
        if (header.kind == OperationKind::Put) {
            body = claimAndBody(writer, header);
        }
        if (size > 1) {
            header.group = storage::GroupSpan {first, size};
        }
        if (i == 0 && flaw == kUnknownKind) {
            header.kind = static_cast<OperationKind>(9);
        } else if (i == 0 && flaw == kContradiction) {
            header.floor = false;
            forget(header, "zz");
            Claim claim;
            claim.name = "zz";
            header.changed.push_back(std::move(claim));
        } else if (i == 0 && flaw == kNoDocument && !body.isEmpty()) {
            body = m_choices.oneIn(2) ? "[1]" : "{\"a\":";
        }
        finish(writer, std::move(header), body, group);
        if (i == 0 && flaw == kUnknownField) {
            storage::Operation &operation = group.back();
            if ((operation.headerBytes[0] & 0x1f) < 23) {
                operation.headerBytes[0] = static_cast<char>(operation.headerBytes[0] + 1);
                operation.headerBytes.append("\x18\x28\x01", 3);
                writer.previous = operation.chainHash();
            }
        }
    }
    m_groups.push_back(std::move(group));
}

void RandomOperations::finish(
    Writer &writer, OperationHeader header, const QByteArray &body, Group &group)
{
    header.version = {writer.hlc, {writer.incarnation, ++writer.sequence}};
    header.previous = writer.previous;
    group.push_back(storage::Operation::make(std::move(header), body));
    writer.previous = group.back().chainHash();
    writer.seen[writer.incarnation] = writer.sequence;
}

} // namespace driftless::fuzz
