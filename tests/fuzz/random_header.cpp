#include "random_header.h"

#include <algorithm>
#include <array>

namespace driftless::fuzz {

namespace {

using storage::Claim;

const std::array<QByteArray, 3> kOrigins {"A", "B", "till-2.x_y"};
const std::array<QByteArray, 6> kNames {"a", "b", "n", "N", "", "\xc3\xa9t\xc3\xa9"};
const std::array<QByteArray, 8> kNumbers {"0",
    "1",
    "-3",
    "2.5",
    "-0.01",
    "12345678901234567890.5",
    "10",
    "0.000000000000000000000000001"};
const std::array<std::uint64_t, 8> kIntegers {
    1, 2, 23, 24, 255, 256, 0x1'0000'0000U, 0xffff'ffff'ffff'ffffU};

Incarnation randomIncarnation(Choices &choices)
{
    return {NodeId::parse(choices.pick(kOrigins)).value(), choices.pick(kIntegers)};
}

Decimal randomNumber(Choices &choices)
{
    return Decimal::parse(choices.pick(kNumbers)).value();
}

storage::CounterSum randomSum(Choices &choices)
{
    return {choices.pick(kIntegers), randomNumber(choices)};
}

storage::CounterSums randomSums(Choices &choices)
{
    storage::CounterSums sums;
    for (unsigned i = choices.below(4); i > 0; --i) {
        sums[randomIncarnation(choices)] = randomSum(choices);
    }
    return sums;
}

Hash128 randomHash(Choices &choices)
{
    const char byte = static_cast<char>(choices.byte() | 1U);
    return Hash128::of(QByteArray(1, byte));
}

Claim randomClaim(Choices &choices)
{
    Claim claim;
    claim.kind = static_cast<Claim::Kind>(choices.below(4));
    if (claim.kind == Claim::Kind::Set || claim.kind == Claim::Kind::SetAdd) {
        claim.seen = randomSums(choices);
    }
    if (claim.kind == Claim::Kind::SetAdd) {
        claim.base = choices.pick(kNumbers);
    }
    if (claim.kind == Claim::Kind::Add || claim.kind == Claim::Kind::SetAdd) {
        claim.own = randomSum(choices);
        claim.by = randomNumber(choices);
    }
    return claim;
}

} // namespace

std::vector<Claim> randomClaims(Choices &choices)
{
    std::vector<Claim> claims;
    for (unsigned i = choices.below(5); i > 0; --i) {
        Claim claim = randomClaim(choices);
        claim.name = choices.pick(kNames);
        const bool isThere = std::any_of(claims.begin(),
            claims.end(),
            [&claim](const Claim &other) { return other.name == claim.name; });
        if (!isThere) {
            claims.push_back(std::move(claim));
        }
    }
    std::sort(claims.begin(), claims.end(), [](const Claim &a, const Claim &b) {
        return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    });
    return claims;
}

storage::OperationHeader randomHeader(Choices &choices)
{
    storage::OperationHeader header;
    header.version.dot = {randomIncarnation(choices), choices.pick(kIntegers)};
    header.version.hlc = choices.pick(kIntegers);
    if (choices.oneIn(2)) {
        const std::uint64_t before
            = std::min<std::uint64_t>(choices.below(4), header.version.dot.sequence - 1);
        header.group = storage::GroupSpan {
            header.version.dot.sequence - before, before + 1 + (before == 0 ? 1 : 0)};
    }
    header.kind = static_cast<storage::OperationKind>(choices.below(4));
    if (header.kind <= storage::OperationKind::Delete || choices.oneIn(4)) {
        header.collection = "shop";
    }
    if (choices.oneIn(2)) {
        header.documentId = "x";
    }
    header.floor = choices.oneIn(2);
    for (unsigned i = choices.below(3); i > 0; --i) {
        storage::Parent &parent = header.parents.emplace_back();
        parent.version.dot = {randomIncarnation(choices), choices.pick(kIntegers)};
        parent.version.hlc = choices.pick(kIntegers);
        if (choices.oneIn(4)) {
            parent.adoptedId = randomHash(choices);
        }
    }
    header.changed = randomClaims(choices);
    if (choices.oneIn(2)) {
        header.bodyHash = randomHash(choices);
    }
    if (choices.oneIn(2)) {
        header.previous = randomHash(choices);
    }
    if (choices.oneIn(4)) {
        header.adoptedId = randomHash(choices);
    }
    if (choices.oneIn(4)) {
        const auto wall = static_cast<std::int64_t>(choices.pick(kIntegers));
        header.wallClockMs = choices.oneIn(2) ? -(wall / 2) : wall / 2;
    }
    return header;
}

} // namespace driftless::fuzz
