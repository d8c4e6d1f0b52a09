// liteql_cases FILE…: what of the cases the language answers otherwise than they expect.
#include "case_runner.h"

#include <QFile>

#include <cstdio>
#include <optional>

using namespace driftless;
using namespace driftless::query;

namespace {

std::optional<QByteArray> contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? std::optional(file.readAll()) : std::nullopt;
}

std::set<QByteArray> listed(const char *name)
{
    const auto text = contentOf(QString::fromUtf8(DRIFTLESS_SOURCE_DIR)
        + QLatin1String("/tests/query/") + QLatin1String(name));
    return text ? listedIds(*text) : std::set<QByteArray>();
}

/// Prints what differs, and a closing count; false if that is not what the lists say.
bool judge(const CaseReport &report)
{
    const auto decided = listed("differences.md");
    const auto pending = listed("pending.md");
    int decidedCount = 0;
    int pendingCount = 0;
    int unexpectedCount = 0;
    std::set<QByteArray> differing;
    for (const CaseDifference &difference : report.differences) {
        differing.insert(difference.id);
        const bool isDecided = decided.contains(difference.id);
        const bool isPending = pending.contains(difference.id);
        decidedCount += isDecided ? 1 : 0;
        pendingCount += isPending && !isDecided ? 1 : 0;
        unexpectedCount += isDecided || isPending ? 0 : 1;
        std::printf("%s %s: %s\n  expected %s\n  actual   %s\n",
            isDecided       ? "decided   "
                : isPending ? "pending   "
                            : "UNEXPECTED",
            difference.id.constData(),
            difference.note.constData(),
            difference.expected.constData(),
            difference.actual.constData());
    }
    int needlessCount = 0;
    for (const auto *list : {&decided, &pending}) {
        for (const QByteArray &id : *list) {
            if (report.ids.contains(id) && !differing.contains(id)) {
                ++needlessCount;
                std::printf("NEEDLESS   %s is listed but agrees\n", id.constData());
            }
        }
    }
    std::printf(
        "%d cases: %d agree, %d differ by decision, %d are pending, %d differ unexpectedly, "
        "%d are listed needlessly\n",
        report.caseCount,
        report.caseCount - static_cast<int>(report.differences.size()),
        decidedCount,
        pendingCount,
        unexpectedCount,
        needlessCount);
    return unexpectedCount == 0 && needlessCount == 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: liteql_cases FILE...\n");
        return 2;
    }
    bool isGood = true;
    for (int i = 1; i < argc; ++i) {
        const auto text = contentOf(QString::fromLocal8Bit(argv[i]));
        if (!text) {
            std::fprintf(stderr, "liteql_cases: cannot read %s\n", argv[i]);
            return 2;
        }
        const auto report = runCases(*text);
        if (!report) {
            std::fprintf(
                stderr, "liteql_cases: %s: %s\n", argv[i], report.error().message.constData());
            return 2;
        }
        isGood = judge(*report) && isGood;
    }
    return isGood ? 0 : 1;
}
