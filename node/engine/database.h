#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "engine/requests.h"
#include "engine/settings.h"
#include "replication/relay.h"
#include "storage/local_writer.h"

#include <memory>
#include <span>

namespace driftless::replication {
struct IngestOutcome;
}

namespace driftless::engine {

/// One open database: takes local writes and answers what they became. Synchronous; the transaction
/// belongs to the caller, who commits many writes at once and answers them afterwards. Store
/// thread.
class Database
{
public:
    struct Context
    {
        const Settings &settings;
        Random &random;
        const Clock &clock;
    };

    static Result<std::unique_ptr<Database>> open(
        const QByteArray &path, const DatabaseName &name, const Context &context);

    [[nodiscard]] const DatabaseName &name() const { return m_name; }
    storage::DatabaseFile &file() { return *m_file; }
    [[nodiscard]] const storage::DatabaseFile &file() const { return *m_file; }
    [[nodiscard]] const replication::ArrivalLog &arrivals() const { return m_arrivals; }

    /// What a peer sent was ingested and is durable: counts it, and keeps where it came from.
    void noteReceived(const replication::IngestOutcome &outcome, const NodeId &source);
    [[nodiscard]] const ReceivedOperations &received() const { return m_received; }

    /// In an open transaction. Errors: InvalidArgument, TooLarge, VersionMismatch,
    /// PreconditionFailed, Forbidden, NotANumber, NumberTooLong, InvalidJson, DocumentQuarantined:
    /// nothing was written. Those of the file: see isSpoilt.
    Result<WriteOutcome> write(const WriteRequest &request);
    /// All or nothing, as one group. `failedIndex` is set with an error that one of the requests is
    /// at fault for.
    Result<BatchOutcome> batch(std::span<const WriteRequest> requests, int &failedIndex);
    Result<void> admit(const NodeId &node);
    /// A write failed half-way: the transaction must be rolled back. Cleared by `settled`.
    [[nodiscard]] const std::optional<Error> &spoiltBy() const { return m_spoiltBy; }
    void spoil(const Error &error) { m_spoiltBy = error; }
    void settled() { m_spoiltBy.reset(); }

    /// Hash of the list of documents left out of the digest; worked out anew when quarantine
    /// changed.
    Result<Hash128> leftOutHash();

private:
    struct Target;
    struct Targets;

    Database(
        DatabaseName name, std::unique_ptr<storage::DatabaseFile> file, const Context &context);
    [[nodiscard]] Result<storage::DocumentKey> checkRequest(const WriteRequest &request) const;
    Result<void> checkPrecondition(const WriteRequest &request, const Target &target) const;
    Result<Target *> target(const WriteRequest &request, Targets &targets);
    Result<void> take(const WriteRequest &request, Target &target) const;
    Result<storage::LocalWriter::Written> writeChanged(Targets &targets);
    [[nodiscard]] Result<WriteOutcome> unchanged(
        const WriteRequest &request, const Target &target) const;
    [[nodiscard]] WriteOutcome changed(const WriteRequest &request,
        const Target &target,
        const storage::Operation &operation,
        LogPosition position) const;
    [[nodiscard]] bool claimsWhole(const QByteArray &foldedCollection) const;

    const DatabaseName m_name;
    const Settings &m_settings;
    const Clock &m_clock;
    std::unique_ptr<storage::DatabaseFile> m_file;
    storage::LocalWriter m_writer;
    replication::ArrivalLog m_arrivals;
    ReceivedOperations m_received;
    std::optional<Hash128> m_leftOutHash;
    qint64 m_leftOutCount = -1;
    std::optional<Error> m_spoiltBy;
};

} // namespace driftless::engine
