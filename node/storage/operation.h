#pragma once

#include "core/decimal.h"
#include "core/ids.h"
#include "core/result.h"

#include <map>
#include <optional>
#include <vector>

namespace driftless::storage {

enum class OperationKind : std::uint64_t {
    Put = 0,
    Delete = 1,
    Open = 2,
    Admit = 3,
    Forget = 4,
    Collect = 5
};

/// How many additions an incarnation has made to a member, and their sum.
struct CounterSum
{
    std::uint64_t count = 0;
    Decimal sum;
    friend bool operator==(const CounterSum &, const CounterSum &) = default;
};

/// What a set of a member had seen of each incarnation's additions to it.
using CounterSums = std::map<Incarnation, CounterSum>;

/// What an operation says about one member (design.md 3 and 5).
struct Claim
{
    enum class Kind : std::uint64_t {
        Set = 0, ///< the value in the body; `seen` of the additions before it
        Removed = 1, ///< the body lacks it
        Add = 2, ///< `own`, of which `by` is this operation's; the member's version stays
        SetAdd = 3, ///< a set of `base` with what it has seen, and an addition at once
    };

    QByteArray name; ///< UTF-8, the writer's spelling; members are equal by folded name
    Kind kind = Kind::Set;
    CounterSums seen; ///< Set, SetAdd
    QByteArray base; ///< SetAdd: JSON bytes of the value before the addition
    CounterSum
        own; ///< Add, SetAdd: all additions of this incarnation to this member, this one counted
    Decimal by; ///< Add, SetAdd

    friend bool operator==(const Claim &, const Claim &) = default;
};

/// A head that the writer saw.
struct Parent
{
    Version version;
    std::optional<Hash128> adoptedId;
    friend bool operator==(const Parent &, const Parent &) = default;
};

/// A run of consecutive sequences with one hlc that become visible together.
struct GroupSpan
{
    std::uint64_t first = 0; ///< sequence of the group's first operation
    std::uint64_t size = 0; ///< 2 or more
    friend bool operator==(const GroupSpan &, const GroupSpan &) = default;
};

/// The fields of a header, which is a CBOR map with integer keys (design.md 3); defaults are absent
/// in it.
struct OperationHeader
{
    Version version; ///< keys 1 to 4
    std::optional<GroupSpan> group;
    OperationKind kind = OperationKind::Put;
    QByteArray collection; ///< UTF-8, the writer's spelling; empty for operations that are about no
                           ///< document
    QByteArray documentId; ///< UTF-8, the writer's spelling; of `admit` and `forget` the node's id
    bool floor = false;
    std::vector<Parent> parents; ///< ascending by version. Of `open`: the end of the incarnation
                                 ///< that it continues, if any
    /// Of a write with floor, which claims every member of its body, only the claims that are not a
    /// plain set with nothing seen; else all of them.
    std::vector<Claim> changed;
    std::optional<Hash128> bodyHash; ///< none for a delete and for operations without a document
    Hash128 previous; ///< chain hash of the predecessor in its incarnation; of `open` that of what
                      ///< it continues
    std::optional<Hash128> adoptedId;
    std::optional<std::int64_t> wallClockMs; ///< where it is not the hlc's

    bool isUnderstood = true; ///< false: a kind or a key that this program does not know; such an
                              ///< operation is quarantined

    [[nodiscard]] bool isAboutDocument() const { return !collection.isEmpty(); }
    /// The version token that it gives its document, and its name in the API.
    [[nodiscard]] Hash128 id() const { return adoptedId ? *adoptedId : operationId(version); }
    friend bool operator==(const OperationHeader &, const OperationHeader &) = default;
};

/// Deterministic CBOR (RFC 8949 4.2).
QByteArray encodeHeader(const OperationHeader &header);

/// Malformed where the bytes are not a header: not CBOR as Driftless writes it, keys, names or
/// incarnations not ascending, a default written out, a type that is wrong, a dot that is none. So
/// a header that is understood encodes to the bytes that it was read from. Unknown keys and kinds
/// are no fault: `isUnderstood` is false then, and the known fields are read.
Result<OperationHeader> decodeHeader(QByteArrayView bytes);

/// The version alone, read from the first keys: what a reader of a row needs of the operation that
/// it points at. Malformed as above.
Result<Version> decodeVersion(QByteArrayView headerBytes);

/// The version and the adopted id, several times faster than all of it; every other field has its
/// default. For bytes that were decoded before. Malformed.
Result<OperationHeader> decodeIdentity(QByteArrayView headerBytes);

/// An immutable operation: the header, its bytes as its origin made them, and the post-image.
struct Operation
{
    OperationHeader header;
    QByteArray headerBytes;
    QByteArray body;

    /// The chain hash: of the header's bytes.
    [[nodiscard]] Hash128 chainHash() const { return Hash128::of(headerBytes); }

    /// Encodes `header` after setting its bodyHash from `body`.
    static Operation make(OperationHeader header, QByteArray body);
    /// From the wire or the log. Malformed: header, or a body that does not have the hash.
    static Result<Operation> parse(QByteArray headerBytes, QByteArray body);
};

/// Whether a body from elsewhere can be joined at all: a JSON object, at most 512 deep. Receivers
/// judge no more than that: size, names and schema were judged where it was written.
bool isReadableBody(const QByteArray &body);

} // namespace driftless::storage
