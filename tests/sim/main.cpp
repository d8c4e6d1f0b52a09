#include "seed_runner.h"
#include "sim_run.h"
#include "storage_history.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QHashSeed>
#include <QLoggingCategory>

#include <cstdio>

namespace {

using namespace driftless;
using namespace driftless::sim;

std::optional<QByteArray> runHistory(
    std::uint64_t seed, const std::function<void(const QByteArray &)> &trace)
{
    return StorageHistory(seed, trace).run();
}

void print(const QByteArray &line)
{
    std::printf("%s\n", line.constData());
}

} // namespace

int main(int argc, char **argv)
{
    QHashSeed::setDeterministicGlobalSeed(); // a seed means the same in every process
    QLoggingCategory::setFilterRules(
        QStringLiteral("driftless.*=false")); // what nodes log is noise here
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Runs simulated clusters from seeds; the first seed that fails is printed "
                       "and ends the run."));
    parser.addHelpOption();
    const QCommandLineOption histories(QStringLiteral("histories"),
        QStringLiteral("Histories of the storage alone, without nodes and network."));
    const QCommandLineOption seeds(QStringLiteral("seeds"),
        QStringLiteral("How many seeds."),
        QStringLiteral("N"),
        QStringLiteral("200"));
    const QCommandLineOption first(QStringLiteral("first"),
        QStringLiteral("The first of them."),
        QStringLiteral("N"),
        QStringLiteral("0"));
    const QCommandLineOption seed(
        QStringLiteral("seed"), QStringLiteral("This one alone."), QStringLiteral("N"));
    const QCommandLineOption trace(
        QStringLiteral("trace"), QStringLiteral("Say everything that happens."));
    parser.addOptions({histories, seeds, first, seed, trace});
    parser.process(application);

    const SeedRun run = parser.isSet(histories) ? SeedRun(runHistory) : SeedRun(runCluster);
    const QByteArray replay = parser.isSet(histories) ? "--histories " : "";
    if (parser.isSet(seed)) {
        const auto fault = run(parser.value(seed).toULongLong(),
            parser.isSet(trace) ? print : std::function<void(const QByteArray &)>());
        print(fault ? "failed: " + *fault : "fine");
        return fault ? 1 : 0;
    }
    const auto count = parser.value(seeds).toULongLong();
    const auto from = parser.value(first).toULongLong();
    for (std::uint64_t done = 0; done < count; done += 1'000) {
        const std::uint64_t part = std::min<std::uint64_t>(1'000, count - done);
        if (const auto failure = firstFailure(run, from + done, part, replay)) {
            print(*failure);
            return 1;
        }
        print(QByteArray::number(quint64(done + part)) + " seeds fine");
        std::fflush(stdout);
    }
    return 0;
}
