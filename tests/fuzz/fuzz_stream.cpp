#include "choices.h"
#include "fuzz_target.h"
#include "replication/messages.h"

// What nodes say to each other: whatever is understood means the same after it was written again,
// and a transfer that breaks off anywhere gives the operations before that place, and no others.
namespace driftless::fuzz {

namespace {

using replication::TransferReader;

/// Unknown keys are skipped, so the bytes may differ; what they say may not.
template <typename Message> void checkMessage(QByteArrayView bytes)
{
    const Result<Message> message = Message::decode(bytes);
    if (!message) {
        require(message.error().code == ErrorCode::Malformed, "a refusal has its code", bytes);
        return;
    }
    const QByteArray written = message->encode();
    const Result<Message> again = Message::decode(written);
    require(again.isOk(), "a message that was written is read", written.toHex());
    require(*again == *message, "a message that was written reads as it was", written.toHex());
    require(again->encode() == written, "writing twice is writing once", written.toHex());
}

struct Reading
{
    bool hasPreamble = false;
    std::vector<std::pair<QByteArray, QByteArray>> items;
    bool isFine = false;
};

Reading readAll(QByteArrayView bytes)
{
    Reading reading;
    TransferReader reader(bytes);
    const auto preamble = reader.preamble();
    reading.hasPreamble = preamble.isOk();
    if (!preamble) {
        return reading;
    }
    while (const auto item = reader.next()) {
        reading.items.emplace_back(item->headerBytes.toByteArray(), item->body.toByteArray());
    }
    reading.isFine = reader.ok();
    return reading;
}

void checkTransfer(QByteArrayView input)
{
    const Reading whole = readAll(input);
    if (!whole.hasPreamble) {
        return;
    }
    support::SeededRandom random = randomOf(input);
    for (int i = 0; i < 4; ++i) {
        const auto cut
            = static_cast<qsizetype>(random.below(static_cast<std::uint64_t>(input.size()) + 1));
        const QByteArray front = input.first(cut).toByteArray(); // memory of its own size
        const Reading part = readAll(front);
        require(part.items.size() <= whole.items.size()
                && std::equal(part.items.begin(), part.items.end(), whole.items.begin()),
            "a transfer that breaks off gives what stood before that place",
            input.toByteArray().toHex());
    }
    cbor::Writer writer;
    for (const auto &[header, body] : whole.items) {
        replication::appendOperation(writer, header, body);
    }
    const QByteArray preamble = TransferReader(input).preamble()->encode();
    const Reading again = readAll(preamble + writer.take());
    require(again.isFine && again.items == whole.items,
        "operations that were written are read",
        input.toByteArray().toHex());
}

} // namespace

void run(QByteArrayView input)
{
    checkMessage<replication::Heartbeat>(input);
    checkMessage<replication::Preamble>(input);
    checkMessage<replication::OperationsAnswer>(input);
    checkTransfer(input);
}

} // namespace driftless::fuzz
