#pragma once

#include "net/request_parser.h"

#include <vector>

namespace driftless::fuzz {

/// What came out of a connection's bytes.
struct Feeding
{
    std::vector<api::Request> requests;
    bool isFailed = false;
};

/// Gives the parser `input` in pieces that end at the given places, the way a connection does it.
Feeding feed(const net::HttpLimits &limits,
    qsizetype bodyBytesMax,
    QByteArrayView input,
    const std::vector<qsizetype> &cuts);

/// The request as a person reads it; equal texts are equal requests.
QByteArray textOf(const api::Request &request);

} // namespace driftless::fuzz
