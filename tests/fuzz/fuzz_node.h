#pragma once

#include "api/application.h"
#include "engine/node.h"
#include "engine/reader_pool.h"
#include "manual_clock.h"
#include "manual_executor.h"
#include "seeded_random.h"
#include "temporary_folder.h"

namespace driftless::fuzz {

/// A whole node but for its sockets, on one thread: application, gateway and engine on executors
/// that run when they are told to. Its files are in memory.
class FuzzNode
{
public:
    FuzzNode();
    ~FuzzNode();

    /// Answers as the server would have it; ends the process if there is not one answer, once.
    api::Response ask(api::Request request);
    /// The answer to a WebSocket message.
    QByteArray hint(const QByteArray &message);
    api::Application &application() { return *m_application; }

private:
    class Silence;
    class Readers;
    void settle();

    support::TemporaryFolder m_folder;
    support::ManualClock m_clock;
    support::SeededRandom m_random {1};
    std::unique_ptr<replication::Transport> m_transport;
    support::ManualExecutor m_store;
    support::ManualExecutor m_front;
    std::unique_ptr<engine::Node> m_node;
    std::unique_ptr<engine::ReaderPool> m_readers;
    std::unique_ptr<engine::Access> m_access;
    std::unique_ptr<engine::Gateway> m_gateway;
    std::unique_ptr<api::Application> m_application;
};

} // namespace driftless::fuzz
