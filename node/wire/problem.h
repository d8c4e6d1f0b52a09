#pragma once

#include "core/error.h"

#include <optional>
#include <utility>
#include <vector>

namespace driftless::wire {

/// An error on one of the reference's routes: `{"Error":…,"Code":…}`, and "Path" where the error
/// has one.
QByteArray errorBody(const Error &error);

/// RFC 9457 (the reference writes its predecessor, RFC 7807).
struct Problem
{
    QByteArray type; ///< a URI
    QByteArray title;
    int status = 500;
    QByteArray detail; ///< empty: left out
    QByteArray path; ///< of the input; empty: left out
    std::vector<std::pair<QByteArray, QByteArray>>
        errors; ///< of validation: what of the input, and what is wrong with it; empty: left out
    std::optional<int> index; ///< of the write of a batch that is at fault
    QByteArray traceId;
    QByteArray code;

    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
