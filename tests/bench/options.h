#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QByteArrayList>

namespace driftless::bench {

/// What the command line asks for. A value.
struct Options
{
    bool help = false;
    QByteArrayList rows; ///< by name; empty: all
    double seconds = 5; ///< of each row that runs for a time
    double scale = 1; ///< of the numbers of documents
    QByteArray dataDirectory; ///< empty: a temporary one on a disk
    QByteArray program; ///< the node; empty: build/release/driftless beside this program

    /// `arguments` without the program's name. Errors: InvalidArgument, with what to write instead.
    static Result<Options> parse(const QByteArrayList &arguments);
    [[nodiscard]] bool wants(const QByteArray &row) const
    {
        return rows.isEmpty() || rows.contains(row);
    }
    /// `count` at scale 1, in whole thousands, at least one.
    [[nodiscard]] std::size_t scaled(std::size_t count) const;
};

} // namespace driftless::bench
