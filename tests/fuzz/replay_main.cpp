#include "mutator.h"
#include "seeded_random.h"

#include <QByteArrayList>
#include <QDir>
#include <QFile>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unistd.h>

// The small driver of a target, for compilers without libFuzzer: the tracked corpus, then changes
// of it from a fixed seed, so that every run is the same run.
//
//     fuzz_json --iterations 2000 [--seed N] [--dictionary FILE] FOLDER|FILE…

// The names are libFuzzer's and the sanitizers'.
// NOLINTBEGIN
extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));
// NOLINTEND

namespace {

using driftless::fuzz::Mutator;

/// What is being run, for who dies of it.
const char *running = nullptr;
std::size_t runningBytes = 0;

void keepInput()
{
    constexpr char path[] = "finding.bin";
    std::FILE *file = std::fopen(path, "wb");
    if (file != nullptr && running != nullptr) {
        std::fwrite(running, 1, runningBytes, file);
        std::fclose(file);
        constexpr char said[] = "The input is kept in finding.bin of the current folder.\n";
        const auto written = write(STDERR_FILENO, said, sizeof said - 1);
        static_cast<void>(written);
    }
}

void onSignal(int signal)
{
    keepInput();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void runOnce(const QByteArray &input)
{
    // Exactly as large as the input: a step beyond it is a step out of the memory.
    const auto size = static_cast<std::size_t>(input.size());
    const std::unique_ptr<char[]> copy(new char[size]); // NOLINT(modernize-avoid-c-arrays)
    std::memcpy(copy.get(), input.constData(), size);
    running = copy.get();
    runningBytes = size;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(copy.get()), size);
    running = nullptr;
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

struct Options
{
    int iterations = 0;
    std::uint64_t seed = 1;
    QByteArrayList dictionary;
    QByteArrayList corpus;
};

bool parse(const QStringList &arguments, Options &options)
{
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString &argument = arguments[i];
        const QString next = arguments.value(i + 1);
        if (argument == QLatin1String("--iterations")) {
            options.iterations = next.toInt();
            ++i;
        } else if (argument == QLatin1String("--seed")) {
            options.seed = next.toULongLong();
            ++i;
        } else if (argument == QLatin1String("--dictionary")) {
            options.dictionary = driftless::fuzz::dictionaryOf(contents(next));
            ++i;
        } else if (QDir(argument).exists()) {
            const QDir folder(argument);
            for (const QString &name : folder.entryList(QDir::Files, QDir::Name)) {
                options.corpus += contents(folder.filePath(name));
            }
        } else if (QFile::exists(argument)) {
            options.corpus += contents(argument);
        } else {
            std::fprintf(stderr, "There is no '%s'.\n", qPrintable(argument));
            return false;
        }
    }
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    Options options;
    QStringList arguments;
    for (int i = 1; i < argc; ++i) {
        arguments += QString::fromLocal8Bit(argv[i]);
    }
    if (!parse(arguments, options) || options.corpus.isEmpty()) {
        std::fprintf(stderr, "A corpus is needed: a folder or files.\n");
        return 64;
    }
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) {
        std::signal(signal, onSignal);
    }
    if (&__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(keepInput);
    }
    LLVMFuzzerInitialize(&argc, &argv);
    runOnce({});
    for (const QByteArray &input : options.corpus) {
        runOnce(input);
    }
    driftless::support::SeededRandom random(options.seed);
    Mutator mutator(random, options.corpus, options.dictionary);
    for (int i = 0; i < options.iterations; ++i) {
        runOnce(mutator.next());
    }
    std::printf("%lld cases and %d changed ones from seed %llu: no finding\n",
        static_cast<long long>(options.corpus.size()),
        options.iterations,
        static_cast<unsigned long long>(options.seed));
    return EXIT_SUCCESS;
}
