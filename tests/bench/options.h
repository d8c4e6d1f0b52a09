#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QByteArrayList>

#include <algorithm>

namespace driftless::bench {

/// What the command line asks for. A value.
struct Options
{
    bool help = false;
    QByteArrayList rows; ///< by name, or by what stands before a hyphen in it; empty: all
    double seconds = 5; ///< of each row that runs for a time
    double scale = 1; ///< of the numbers of documents
    QByteArray dataDirectory; ///< empty: a temporary one on a disk
    QByteArray program; ///< the node; empty: build/release/driftless beside this program

    /// `arguments` without the program's name. Errors: InvalidArgument, with what to write instead.
    static Result<Options> parse(const QByteArrayList &arguments);
    [[nodiscard]] bool wants(const QByteArray &row) const
    {
        return rows.isEmpty()
            || std::any_of(rows.begin(), rows.end(), [&row](const QByteArray &wanted) {
                   return names(wanted, row);
               });
    }
    /// `wanted` stands for `row`.
    static bool names(const QByteArray &wanted, const QByteArray &row)
    {
        return row == wanted || row.startsWith(wanted + '-');
    }
    /// `count` at scale 1, in whole thousands, at least one.
    [[nodiscard]] std::size_t scaled(std::size_t count) const;
};

} // namespace driftless::bench
