#include "termination_signals.h"

#include "core/log.h"

#include <QSocketNotifier>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace driftless::app {

namespace {

constexpr std::array<int, 3> kSignals {SIGTERM, SIGINT, SIGHUP};

int writeEnd = -1; // a signal handler has nothing but globals; written before the handlers are set

extern "C" void onSignal(int number)
{
    const int savedErrno = errno;
    const auto byte = static_cast<char>(number);
    // A full pipe already holds more signals than anybody needs.
    [[maybe_unused]] const auto written = ::write(writeEnd, &byte, 1);
    errno = savedErrno;
}

void setHandler(int number, void (*handler)(int))
{
    struct sigaction action
    {
    };
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
}

} // namespace

TerminationSignals::TerminationSignals(QObject *parent)
    : QObject(parent)
{
    std::array<int, 2> ends {};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        qCCritical(logNode,
            "There is no pipe for signals left: the program ends at SIGTERM without draining.");
        return;
    }
    m_readEnd = ends[0];
    writeEnd = ends[1];
    m_notifier = new QSocketNotifier(m_readEnd, QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, &TerminationSignals::onReadable);
    for (const int number : kSignals) {
        setHandler(number, onSignal);
    }
    setHandler(SIGPIPE, SIG_IGN);
}

TerminationSignals::~TerminationSignals()
{
    for (const int number : kSignals) {
        setHandler(number, SIG_DFL);
    }
    for (const int end : {m_readEnd, writeEnd}) {
        if (end >= 0) {
            ::close(end);
        }
    }
    writeEnd = -1;
}

void TerminationSignals::onReadable()
{
    std::array<char, 64> numbers {};
    const auto count = ::read(m_readEnd, numbers.data(), numbers.size());
    for (int i = 0; i < count; ++i) {
        if (numbers[static_cast<std::size_t>(i)] == SIGHUP) {
            qCInfo(logNode, "SIGHUP changes nothing: settings are read at the start only.");
        } else {
            Q_EMIT terminationRequested();
        }
    }
}

} // namespace driftless::app
