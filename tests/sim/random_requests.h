#pragma once

#include "model_node.h"
#include "seeded_random.h"

namespace driftless::sim {

/// A request as the judge understands it, and the bytes that a client would send for it.
struct RandomRequest
{
    ModelRequest model;
    QByteArray json; ///< the body of a put, or the merge patch; empty for a delete
};

/// Writes that shops would make, and some that nobody should: few documents and members, so that
/// they meet; one member is mostly a counter; names differ in case and in escapes, bodies in
/// blanks.
class RandomRequests
{
public:
    explicit RandomRequests(support::SeededRandom &random)
        : m_random(random)
    {
    }

    RandomRequest next();

private:
    QByteArray value(bool isCounter);
    RandomRequest put();
    RandomRequest patch();
    ModelRequest target();

    support::SeededRandom &m_random;
    int m_fresh = 0;
};

/// What the request says, for a trace.
QByteArray textOf(const RandomRequest &request);

} // namespace driftless::sim
