#include "rows.h"

#include <QByteArrayList>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace driftless::bench {
namespace {

std::vector<Row> allRows()
{
    std::vector<Row> rows;
    for (const auto &group :
        {engineRows(), serverRows(), hostileRows(), queryRows(), clusterRows(), simulatorRows()}) {
        rows.insert(rows.end(), group.begin(), group.end());
    }
    return rows;
}

void printHelp()
{
    std::printf("driftless_bench [--rows NAME,NAME…] [--seconds N] [--scale N] [--data DIR] "
                "[--program FILE]\n\n"
                "--rows     measure these only; http stands for all that begin with http-\n"
                "--seconds  of each row that runs for a time (5)\n"
                "--scale    multiplies the numbers of documents (1)\n"
                "--data     a folder on a disk; default: a temporary one\n"
                "--program  the node to measure; default: the one that was built with this "
                "program\n\nRows:\n");
    for (const Row &row : allRows()) {
        std::printf("  %-22s %s\n", row.name, row.what);
    }
}

QByteArray machine(const BenchFolder &folder)
{
    std::string load;
    std::ifstream("/proc/loadavg") >> load;
    return QByteArray::number(int(std::thread::hardware_concurrency())) + " processors, load "
        + QByteArray::fromStdString(load) + " at the start; data in " + folder.path();
}

int fail(const Error &error)
{
    std::fprintf(stderr, "driftless_bench: %s\n", error.message.constData());
    return 1;
}

int run(const QByteArrayList &arguments)
{
    auto options = Options::parse(arguments);
    if (!options) {
        return fail(options.error());
    }
    if (options->help) {
        printHelp();
        return 0;
    }
    const std::vector<Row> rows = allRows();
    for (const QByteArray &wanted : options->rows) {
        if (std::none_of(rows.begin(), rows.end(), [&wanted](const Row &row) {
                return Options::names(wanted, row.name);
            })) {
            return fail({ErrorCode::InvalidArgument,
                "There is no row '" + wanted + "'; --help lists them.",
                {}});
        }
    }
    auto folder = BenchFolder::make(options->dataDirectory);
    if (!folder) {
        return fail(folder.error());
    }
    if (options->program.isEmpty()) {
        options->program = QByteArray(DRIFTLESS_PROGRAM);
    }
    Report report;
    report.begin(machine(*folder));
    Bench bench {*options, *folder, report};
    if (const auto measured = measureYardstick(bench); !measured) {
        return fail(measured.error());
    }
    for (const Row &row : rows) {
        if (!options->wants(row.name)) {
            continue;
        }
        if (const auto measured = row.measure(bench); !measured) {
            report.fail(row.name, measured.error().message);
        }
    }
    report.end();
    return report.hasFailed() ? 1 : 0;
}

} // namespace
} // namespace driftless::bench

int main(int argc, char **argv)
{
    QByteArrayList arguments;
    for (int i = 1; i < argc; ++i) {
        arguments.push_back(argv[i]);
    }
    return driftless::bench::run(arguments);
}
