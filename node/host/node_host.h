#pragma once

#include "host/node_config.h"
#include "net/qt_executor.h"

#include <QObject>

#include <memory>

namespace driftless::host {

/// A whole node, from its settings to its listeners. start() and stop() come back at once and are
/// answered by signals. Lives on the thread of its creator, which runs a Qt event loop; it owns
/// every other thread of the node.
class NodeHost final : public QObject
{
    Q_OBJECT

public:
    explicit NodeHost(NodeConfig config, QObject *parent = nullptr);
    /// Stops the node if it runs; waits for what is being written.
    ~NodeHost() override;

    /// Once. Answered by started() or failed().
    void start();
    /// Takes no more requests, answers those in work, writes and closes everything. Answered by
    /// stopped(), at once if the node does not run. A second call changes nothing.
    void stop();

    [[nodiscard]] const NodeConfig &config() const { return m_config; }

Q_SIGNALS:
    /// The node serves; `url` is the first of its addresses, with the real port.
    void started(const QByteArray &url);
    /// It does not, and never will; nothing is left running. Configuration, FileInUse (another node
    /// on the data directory), Unreachable (an address), and whatever opening files may answer.
    void failed(const driftless::Error &error);
    void stopped();

private:
    struct Parts;
    enum class State { New, Starting, Serving, Stopping, Ended };

    Result<void> build();
    void onStoreStarted(const Result<void> &result);
    Result<QByteArray> openDoors();
    void onDoorsClosed();
    void takeApart();
    void fail(const Error &error);

    const NodeConfig m_config;
    net::QtExecutor m_own; ///< posts to this object's thread
    State m_state = State::New;
    std::unique_ptr<Parts> m_parts; ///< null while nothing runs
};

} // namespace driftless::host
