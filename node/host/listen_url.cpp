#include "host/listen_url.h"

#include <QHostAddress>
#include <QUrl>

#include <algorithm>

namespace driftless::host {

namespace {

constexpr const char *kDefaultRootKey = "root";
constexpr const char *kDefaultReplicationKey = "I_AM_ONE_OF_YOU";

std::optional<ListenUrl> parseListenUrl(QByteArray text)
{
    constexpr quint16 kHttpPort = 80;
    for (const char *all :
        {"://*", "://+"}) { // the reference's words for every address; a URL has none
        text.replace(all, "://0.0.0.0");
    }
    const QUrl url(QString::fromUtf8(text), QUrl::StrictMode);
    const bool isPlain = url.isValid() && url.scheme() == QLatin1String("http")
        && url.userInfo().isEmpty() && !url.hasQuery() && !url.hasFragment()
        && (url.path().isEmpty() || url.path() == QLatin1String("/"));
    if (!isPlain) {
        return {};
    }
    const auto port = static_cast<quint16>(url.port(kHttpPort));
    if (url.host() == QLatin1String("localhost")) {
        return ListenUrl {"localhost", port};
    }
    const QHostAddress address(url.host());
    if (address.isNull()) {
        return {};
    }
    if (address == QHostAddress::AnyIPv4 || address == QHostAddress::AnyIPv6) {
        return ListenUrl {"*", port};
    }
    return ListenUrl {address.toString().toUtf8(), port};
}

/// Why the secrets of this node are none; empty if they are all the operator's own.
QByteArray weakSecretReason(const NodeConfig &config)
{
    const auto isDefault = [](const QByteArray &key) {
        return key == kDefaultRootKey || key == kDefaultReplicationKey;
    };
    if (config.rootKey.isEmpty() || config.engine.replicationKey.isEmpty()) {
        return config.rootKey.isEmpty() ? "Auth:RootApiKey is blank"
                                        : "Node:ReplicationApiKey is blank";
    }
    if (isDefault(config.rootKey)) {
        return "Auth:RootApiKey is the default that everybody knows";
    }
    if (isDefault(config.engine.replicationKey)) {
        return "Node:ReplicationApiKey is the default that everybody knows";
    }
    for (const auth::KeySetting &key : config.apiKeys) {
        if (isDefault(key.key)) {
            return "the key '" + key.name + "' is a default that everybody knows";
        }
    }
    return {};
}

ListenUrl onLoopback(const ListenUrl &url)
{
    if (url.isLoopback()) {
        return url;
    }
    return {url.host.contains(':') ? QByteArray("::1") : QByteArray("127.0.0.1"), url.port};
}

} // namespace

bool ListenUrl::isLoopback() const
{
    return host == "localhost"
        || (host != "*" && QHostAddress(QString::fromUtf8(host)).isLoopback());
}

QByteArray ListenUrl::text() const
{
    const QByteArray shown = host == "*" ? QByteArray("0.0.0.0")
        : host.contains(':')             ? '[' + host + ']'
                                         : host;
    return "http://" + shown + ':' + QByteArray::number(port);
}

std::optional<std::vector<ListenUrl>> parseListenUrls(const QByteArray &text)
{
    std::vector<ListenUrl> urls;
    for (const QByteArray &part : text.split(';')) {
        if (part.trimmed().isEmpty()) {
            continue; // the reference's files end with ';' now and then
        }
        auto url = parseListenUrl(part.trimmed());
        if (!url) {
            return {};
        }
        if (std::find(urls.begin(), urls.end(), *url) == urls.end()) {
            urls.push_back(std::move(*url));
        }
    }
    if (urls.empty()) {
        return {};
    }
    return urls;
}

Result<void> guardListeners(NodeConfig &config)
{
    const auto outside = std::find_if(config.listen.begin(),
        config.listen.end(),
        [](const ListenUrl &url) { return !url.isLoopback(); });
    const bool isOpen = outside != config.listen.end();
    if (const QByteArray reason = weakSecretReason(config); !reason.isEmpty()) {
        QByteArray warning = reason + ", so the node listens on loopback only";
        if (isOpen) {
            warning += ", not on " + outside->text();
        }
        config.warnings.push_back(warning
            + ". Set Auth:RootApiKey and Node:ReplicationApiKey to random keys of your own to let "
              "other machines in.");
        std::vector<ListenUrl> narrowed;
        for (const ListenUrl &url : config.listen) {
            const ListenUrl local = onLoopback(url);
            if (std::find(narrowed.begin(), narrowed.end(), local) == narrowed.end()) {
                narrowed.push_back(local);
            }
        }
        config.listen = std::move(narrowed);
        return {};
    }
    if (isOpen && !config.allowPlainHttp) {
        return Error {ErrorCode::Configuration,
            outside->text()
                + " would carry keys and data readable to the network: set Node:AllowPlainHttp to "
                  "true if it is trusted or a TLS"
                  " proxy stands in front, or listen on loopback only (--listen 127.0.0.1) until a "
                  "version with TLS.",
            {}};
    }
    return {};
}

} // namespace driftless::host
