#include "host/nearest_word.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace driftless::host {

namespace {

constexpr qsizetype kWordBytesMax = 200; // the cost is the product of the lengths

/// Levenshtein's distance, by the row of Wagner and Fischer (1974).
int editDistance(const QByteArray &a, const QByteArray &b)
{
    std::vector<int> row(static_cast<std::size_t>(b.size()) + 1);
    std::iota(row.begin(), row.end(), 0);
    for (const char c : a) {
        int diagonal = row[0]++;
        for (std::size_t j = 1; j < row.size(); ++j) {
            const int substituted = diagonal + (c == b[static_cast<qsizetype>(j) - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

} // namespace

QByteArray nearestWord(const QByteArray &word, const QByteArrayList &words)
{
    const QByteArray lower = word.left(kWordBytesMax).toLower();
    int best = static_cast<int>(lower.size()) / 2 + 1;
    QByteArray nearest;
    for (const QByteArray &candidate : words) {
        const int distance = editDistance(lower, candidate.toLower());
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace driftless::host
