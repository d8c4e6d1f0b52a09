#pragma once

#include "host/node_host.h"
#include "http_client.h"
#include "temporary_folder.h"

#include <memory>

namespace driftless::test {

/// A real node on a free port of 127.0.0.1 and a folder of its own: node-1 with the keys of the
/// transcripts (root key `root`, replication key `I_AM_ONE_OF_YOU`; `reader`: sales, READ_DOCUMENT;
/// `adder`: all, ADD_DB; `nobody`: all, no role; `nodbs`: no database) and one key for each role,
/// named as the role, for the database `matrix`.
class HttpNode
{
public:
    using Settings = std::vector<std::pair<QByteArray, QByteArray>>; ///< keys and values

    /// `settings`: further ones, as `Node:Limits:…` and its value. Fails the test's assertion if
    /// the node does not start.
    explicit HttpNode(const Settings &settings = {});
    ~HttpNode();
    HttpNode(const HttpNode &) = delete;
    HttpNode &operator=(const HttpNode &) = delete;

    [[nodiscard]] quint16 port() const { return m_port; }
    HttpAnswer call(const HttpCall &call) { return test::call(m_port, call); }
    /// With the root key, in a database, JSON where there is a body.
    HttpAnswer ask(const QByteArray &database,
        const QByteArray &method,
        const QByteArray &target,
        const QByteArray &body = {},
        HeaderList headers = {});

private:
    support::TemporaryFolder m_folder;
    std::unique_ptr<host::NodeHost> m_host;
    quint16 m_port = 0;
};

} // namespace driftless::test
