#pragma once

#include "orders.h"

#include <QByteArray>

#include <span>

/// The bytes of the requests that are sent.
namespace driftless::bench {

inline constexpr char kDatabase[] = "shop";
inline constexpr char kRootKey[] = "bench-root-key";
inline constexpr char kReplicationKey[] = "bench-replication-key";

/// With the headers of a client, or, on /api/cluster/…, of the cluster.
QByteArray request(const char *method, const QByteArray &path, QByteArrayView body = {});
QByteArray putRequest(const Document &document);
QByteArray getRequest(const QByteArray &id);
QByteArray batchRequest(std::span<const Document> documents, const char *collection = kCollection);

} // namespace driftless::bench
