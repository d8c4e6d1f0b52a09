#include "http_node.h"

#include "core/assert.h"

#include <QLoggingCategory>
#include <QSignalSpy>

namespace driftless::test {

namespace {

constexpr int kStartMs = 20'000;

struct KeyRow
{
    const char *key;
    const char *database; ///< empty: none
    const char *role; ///< empty: none
};

constexpr KeyRow kKeys[] = {
    {"reader", "sales", "READ_DOCUMENT"},
    {"adder", "*", "ADD_DB"},
    {"nobody", " * ", ""},
    {"nodbs", "", ""},
    {"ADD_DB", "matrix", "ADD_DB"},
    {"DELETE_DB", "matrix", "DELETE_DB"},
    {"READ_DOCUMENT", "matrix", "READ_DOCUMENT"},
    {"WRITE_DOCUMENT", "matrix", "WRITE_DOCUMENT"},
    {"UPDATE_DOCUMENT", "matrix", "UPDATE_DOCUMENT"},
    {"DELETE_DOCUMENT", "matrix", "DELETE_DOCUMENT"},
};

host::Configuration configurationFor(const QByteArray &folder, const HttpNode::Settings &settings)
{
    host::Configuration configuration;
    const auto set = [&](const QByteArray &key, const QByteArray &value) {
        configuration.set({key, value, "test"});
    };
    set("urls", "http://127.0.0.1:0");
    set("Node:NodeId", "node-1");
    set("Node:DataDirectory", folder);
    set("Node:ReplicationApiKey", "I_AM_ONE_OF_YOU");
    set("Auth:RootApiKey", "root");
    int index = 0;
    for (const KeyRow &row : kKeys) {
        const QByteArray prefix = "Auth:ApiKeys:" + QByteArray::number(index++) + ':';
        set(prefix + "Name", row.key);
        set(prefix + "Key", row.key);
        if (*row.database != '\0') {
            set(prefix + "Databases:0", row.database);
        }
        if (*row.role != '\0') {
            set(prefix + "Roles:" + row.role, "true");
        }
    }
    for (const auto &[key, value] : settings) {
        set(key, value);
    }
    return configuration;
}

} // namespace

HttpNode::HttpNode(const Settings &settings)
{
    auto config = host::NodeConfig::make(configurationFor(m_folder.path(), settings), {});
    if (!config) {
        qFatal("%s", config.error().message.constData());
    }
    // A deleted database warns of writes that no peer has, which is so here, and a warning ends a
    // test; what the node tells otherwise is noise beside thousands of calls.
    QLoggingCategory::setFilterRules(
        QStringLiteral("driftless.*.info=false\ndriftless.storage.warning=false"));
    m_host = std::make_unique<host::NodeHost>(std::move(*config));
    QSignalSpy failed(m_host.get(), &host::NodeHost::failed);
    QByteArray url;
    QObject::connect(
        m_host.get(), &host::NodeHost::started, m_host.get(), [&](const QByteArray &address) {
            url = address;
        });
    QSignalSpy started(m_host.get(), &host::NodeHost::started);
    m_host->start();
    DRIFTLESS_ASSERT(started.count() > 0 || started.wait(kStartMs));
    m_port = static_cast<quint16>(url.sliced(url.lastIndexOf(':') + 1).toUInt());
    DRIFTLESS_ASSERT(m_port != 0 && failed.isEmpty());
}

HttpNode::~HttpNode() = default;

HttpAnswer HttpNode::ask(const QByteArray &database,
    const QByteArray &method,
    const QByteArray &target,
    const QByteArray &body,
    HeaderList headers)
{
    headers.emplace_back("Database", database);
    headers.emplace_back("ApiKey", "root");
    if (!body.isEmpty()) {
        headers.emplace_back("Content-Type", "application/json");
    }
    return call({.method = method, .target = target, .headers = std::move(headers), .body = body});
}

} // namespace driftless::test
