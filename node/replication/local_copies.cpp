#include "replication/local_copies.h"

#include "core/cbor.h"

namespace driftless::replication {

LocalCopy localCopyOf(
    const storage::DatabaseFile &file, const Generation &generation, const Hash128 &leftOutHash)
{
    LocalCopy copy;
    copy.generation = generation;
    copy.vector = &file.vector();
    copy.roster = &file.roster();
    copy.forks = &file.forks();
    copy.vectorHash = file.vectorHash();
    copy.digest = file.digest();
    copy.leftOutHash = leftOutHash;
    copy.documents = static_cast<std::uint64_t>(file.documentCount());
    copy.lastPosition = file.committedPosition();
    return copy;
}

Result<Hash128> leftOutHashOf(const storage::DatabaseFile &file)
{
    if (file.quarantinedCount() == 0) {
        return Hash128 {};
    }
    DRIFTLESS_TRY_ASSIGN(const auto documents, file.quarantinedDocuments());
    if (documents.empty()) {
        return Hash128 {};
    }
    cbor::Writer writer;
    writer.array(documents.size());
    for (const storage::DocumentKey &key : documents) {
        writer.array(2);
        writer.text(key.collection);
        writer.text(key.id);
    }
    return Hash128::of(writer.bytes());
}

} // namespace driftless::replication
