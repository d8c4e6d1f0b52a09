#pragma once

#include "choices.h"
#include "storage/operation.h"

namespace driftless::fuzz {

/// A header that a node could write, every field of which may be there or not. Of the version only
/// the shape is lawful: dot, group and hlc are whatever was chosen.
storage::OperationHeader randomHeader(Choices &choices);

/// Claims about members of few names, each name once, in the order in which a header lists them.
std::vector<storage::Claim> randomClaims(Choices &choices);

} // namespace driftless::fuzz
