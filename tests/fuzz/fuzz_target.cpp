#include "fuzz_target.h"

#include <QString>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace driftless::fuzz {

namespace {

/// What the node logs about its input is no finding; what ends the program is.
void onMessage(QtMsgType type, const QMessageLogContext & /*context*/, const QString &message)
{
    if (type == QtFatalMsg) {
        std::fprintf(stderr, "%s\n", qPrintable(message));
        std::abort();
    }
}

} // namespace

void require(bool isTrue, const char *property, QByteArrayView detail)
{
    if (!isTrue) {
        std::fprintf(stderr,
            "FINDING: %s\n%.*s\n",
            property,
            static_cast<int>(detail.size()),
            detail.data());
        std::abort();
    }
}

} // namespace driftless::fuzz

// The names are libFuzzer's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerInitialize(int * /*argc*/, char *** /*argv*/)
{
    qInstallMessageHandler(driftless::fuzz::onMessage);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    driftless::fuzz::run(QByteArrayView(data, static_cast<qsizetype>(size)));
    return 0;
}
// NOLINTEND(readability-identifier-naming)
