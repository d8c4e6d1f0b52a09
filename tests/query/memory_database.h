#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "memory_catalog.h"

namespace driftless::query {

/// A database in memory and what statements run with in it. One thread.
class MemoryDatabase
{
public:
    MemoryDatabase() = default;
    MemoryDatabase(const MemoryDatabase &) = delete;
    MemoryDatabase &operator=(const MemoryDatabase &) = delete;

    void create(const QByteArray &collection) { m_catalog.create(collection); }
    void put(const QByteArray &collection, const Value &document)
    {
        m_catalog.put(collection, document);
    }
    void setParameter(const QByteArray &name, const Value &value) { m_parameters.set(name, value); }

    /// The rows of a SELECT; of what writes, once that is done, the count of documents; of CREATE
    /// and DROP INDEX whether something changed.
    Result<Array> run(const QByteArray &statement);
    /// The value of an expression over one document, or its values if it is a sequence; with a
    /// `source` over all documents of that array, and none in particular.
    Result<Array> evaluate(
        const QByteArray &expression, const Value &document, const Value *source = nullptr);

private:
    Result<Array> apply(const QByteArray &collection, const Result<std::vector<Change>> &changes);

    SystemClock m_clock;
    SystemRandom m_random;
    Services m_services {m_clock, m_random};
    Parameters m_parameters;
    MemoryCatalog m_catalog {m_services};
};

} // namespace driftless::query
