#include "poison.h"

#include "core/assert.h"

#include <array>

namespace driftless::sim {

namespace {

enum Flaw : int { kNone, kUnknownKind, kUnknownField, kContradiction, kNoDocument, kBroken };

} // namespace

PoisonMaker::PoisonMaker(support::SeededRandom &random)
    : m_random(random)
    , m_last {{NodeId::parse(kOrigin).value(), random.next()}, 0}
{
}

storage::Operation PoisonMaker::finish(storage::OperationHeader header, QByteArray body, int flaw)
{
    header.version.dot = m_last;
    ++header.version.dot.sequence;
    header.previous = m_lastHash;
    if (flaw == kUnknownKind) {
        header.kind = static_cast<storage::OperationKind>(9);
    } else if (flaw == kContradiction) {
        header.floor = false;
        header.changed = {{"n", storage::Claim::Kind::Removed, {}, {}, {}, {}}};
    } else if (flaw == kNoDocument) {
        body = "[1]";
    } else if (flaw == kBroken) {
        body = R"({"a":)";
    }
    storage::Operation operation = storage::Operation::make(std::move(header), std::move(body));
    QByteArray bytes = operation.headerBytes;
    if (flaw == kUnknownField) { // a short map's head counts its fields; key 40 is behind all that
                                 // are known
        bytes[0] = static_cast<char>(bytes[0] + 1);
        bytes.append("\x18\x28\x01", 3);
    }
    operation
        = storage::Operation::parse(bytes, operation.body).value(); // as a receiver understands it
    m_last = operation.header.version.dot;
    m_lastHash = operation.chainHash();
    return operation;
}

std::vector<std::vector<storage::Operation>> PoisonMaker::next(
    std::uint64_t hlc, const HeadsOf &headsOf)
{
    std::vector<std::vector<storage::Operation>> groups;
    if (m_last.sequence == 0) {
        storage::OperationHeader open;
        open.kind = storage::OperationKind::Open;
        open.version.hlc = hlc++;
        groups.push_back({finish(std::move(open), {}, kNone)});
    }
    const auto size = static_cast<std::size_t>(m_random.between(1, 3));
    const std::size_t flawed = m_random.below(size);
    const int flaw = m_random.between(kUnknownKind, kBroken);
    const std::uint64_t first = m_last.sequence + 1;
    std::vector<storage::Operation> group;
    for (std::size_t i = 0; i < size; ++i) {
        storage::OperationHeader header;
        header.version.hlc = hlc;
        header.collection = "shop";
        header.documentId = std::array {"x", "y", "z"}[i];
        header.floor = true;
        if (size > 1) {
            header.group = storage::GroupSpan {first, size};
        }
        for (const Version &head : headsOf({header.collection, header.documentId})) {
            header.parents.push_back({head, {}});
        }
        group.push_back(
            finish(std::move(header), R"({"a":"poison","n":1})", i == flawed ? flaw : kNone));
    }
    groups.push_back(std::move(group));
    return groups;
}

} // namespace driftless::sim
