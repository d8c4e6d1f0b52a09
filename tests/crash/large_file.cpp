#include "large_file.h"

#include "http_socket.h"
#include "node_process.h"
#include "storage/connection.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace driftless::crash {

namespace {

constexpr qint64 kBatchDocuments = 1'000;
constexpr qsizetype kTextBytes = 750;

/// The body of an answer of 200.
Result<QByteArray> ask(const NodeProcess &node, HttpSocket *socket, const QByteArray &request)
{
    const auto answer
        = socket != nullptr && socket->send(request) ? socket->receive() : std::nullopt;
    if (!answer || answer->status != 200) {
        return node.failure("It did not do what it was asked to.");
    }
    return answer->body;
}

QByteArray batchOf(qint64 first, qint64 count)
{
    const QByteArray text(kTextBytes, 'x');
    QByteArray operations;
    for (qint64 number = first; number < first + count; ++number) {
        operations += (operations.isEmpty() ? "" : ",")
            + QByteArray(R"({"Op":"put","Collection":"orders","Id":")") + QByteArray::number(number)
            + R"(","Body":{"number":)" + QByteArray::number(number) + R"(,"text":")" + text
            + R"("}})";
    }
    return R"({"Operations":[)" + operations + "]}";
}

Result<qint64> documentCount(const NodeProcess &node)
{
    const auto socket = HttpSocket::connect(node.port());
    DRIFTLESS_TRY_ASSIGN(const QByteArray body,
        ask(node, socket.get(), HttpSocket::request("GET /api/convergence")));
    return QJsonDocument::fromJson(body).object().value(QStringLiteral("Documents")).toInteger();
}

Result<void> write(const NodeProcess &node, qint64 first, qint64 end)
{
    const auto socket = HttpSocket::connect(node.port());
    for (qint64 number = first; number < end; number += kBatchDocuments) {
        const QByteArray body = batchOf(number, std::min(kBatchDocuments, end - number));
        DRIFTLESS_TRY(ask(node, socket.get(), HttpSocket::request("POST /api/batch", body)));
    }
    return {};
}

} // namespace

Result<LargeReopening> reopenLargeFile(const QByteArray &folder, qint64 documents)
{
    LargeReopening found;
    const QByteArray nodeId = "till-large";
    const QByteArray path = folder + '/' + nodeId + "/sales.db";
    DRIFTLESS_TRY_ASSIGN(auto node, NodeProcess::start(folder, nodeId));
    DRIFTLESS_TRY(node->waitUntilReady());
    DRIFTLESS_TRY(write(*node, 0, 1)); // makes the file
    {
        DRIFTLESS_TRY_ASSIGN(const auto reader,
            storage::Connection::open(path, storage::Connection::Mode::ReadOnly));
        DRIFTLESS_TRY(reader->execute("BEGIN"));
        DRIFTLESS_TRY(reader->queryInteger("SELECT count(*) FROM sqlite_schema"));
        DRIFTLESS_TRY(write(*node, 1, documents));
        DRIFTLESS_TRY(node->kill());
    } // reads only, so its closing copies nothing back either
    found.fileBytes = QFileInfo(QString::fromUtf8(path)).size();
    found.walBytes = QFileInfo(QString::fromUtf8(path + "-wal")).size();

    DRIFTLESS_TRY_ASSIGN(node, NodeProcess::start(folder, nodeId));
    DRIFTLESS_TRY(node->waitUntilReady());
    found.startTime = node->startTime();
    DRIFTLESS_TRY_ASSIGN(found.documents, documentCount(*node));
    if (found.documents != documents) {
        return node->failure("It has " + QByteArray::number(found.documents)
            + " documents after the kill, and acknowledged " + QByteArray::number(documents) + '.');
    }
    DRIFTLESS_TRY(node->stop());
    return found;
}

} // namespace driftless::crash
