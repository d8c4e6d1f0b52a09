#include "choices.h"
#include "fuzz_target.h"
#include "random_header.h"
#include "storage/operation.h"

// An operation's header from a peer: one that is understood is exactly the bytes that would be
// written for it, so that whoever decodes and encodes it has the same chain hash.
namespace driftless::fuzz {

namespace {

void checkBytes(QByteArrayView bytes)
{
    const auto header = storage::decodeHeader(bytes);
    const auto version = storage::decodeVersion(bytes);
    const auto identity = storage::decodeIdentity(bytes);
    if (!header) {
        require(header.error().code == ErrorCode::Malformed, "a refusal has its code", bytes);
        return;
    }
    require(version && *version == header->version, "the version alone is the header's", bytes);
    require(identity && identity->version == header->version
            && identity->adoptedId == header->adoptedId,
        "the identity alone is the header's",
        bytes);
    if (header->isUnderstood) {
        require(storage::encodeHeader(*header) == bytes,
            "a header that is understood is written as it was read",
            bytes.toByteArray().toHex());
    }
}

} // namespace

void run(QByteArrayView input)
{
    checkBytes(input);
    Choices choices(input);
    const storage::OperationHeader header = randomHeader(choices);
    const QByteArray bytes = storage::encodeHeader(header);
    const auto read = storage::decodeHeader(bytes);
    require(read.isOk(), "a header that was written is read", bytes.toHex());
    require(*read == header, "a header that was written reads as it was", bytes.toHex());
    checkBytes(bytes);
}

} // namespace driftless::fuzz
