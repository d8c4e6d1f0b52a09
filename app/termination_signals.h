#pragma once

#include <QObject>

class QSocketNotifier;

namespace driftless::app {

/// Turns SIGTERM and SIGINT into a signal of Qt. SIGHUP is taken with a log line and changes
/// nothing (settings are read at the start only); SIGPIPE is ignored: a peer that is gone is an
/// error of its socket. One a process; GUI or main thread.
class TerminationSignals final : public QObject
{
    Q_OBJECT

public:
    explicit TerminationSignals(QObject *parent = nullptr);
    ~TerminationSignals() override;

Q_SIGNALS:
    /// SIGTERM or SIGINT came; at every one.
    void terminationRequested();

private:
    void onReadable();

    int m_readEnd = -1;
    QSocketNotifier *m_notifier = nullptr; ///< child
};

} // namespace driftless::app
