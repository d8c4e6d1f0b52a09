#include "http_client.h"

#include "chunked_body.h"

#include <QHostAddress>
#include <QTcpSocket>

namespace driftless::test {

namespace {

constexpr int kWaitMs = 20'000;

QByteArray chunked(const QByteArray &body)
{
    const auto chunk = [](const QByteArray &part) {
        return part.isEmpty() ? QByteArray()
                              : QByteArray::number(part.size(), 16) + "\r\n" + part + "\r\n";
    };
    const qsizetype half = body.size() / 2;
    return chunk(body.first(half)) + chunk(body.sliced(half)) + "0\r\n\r\n";
}

QByteArray bytesOf(const HttpCall &call)
{
    QByteArray out
        = call.method + ' ' + call.target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
    for (const auto &[name, value] : call.headers) {
        out += name + ": " + value + "\r\n";
    }
    if (call.isChunked) {
        return out + "Transfer-Encoding: chunked\r\n\r\n" + chunked(call.body);
    }
    if (!call.body.isEmpty()) {
        out += "Content-Length: " + QByteArray::number(call.body.size()) + "\r\n";
    }
    return out + "\r\n" + call.body;
}

HttpAnswer answerOf(const QByteArray &bytes)
{
    HttpAnswer answer;
    const qsizetype end = bytes.indexOf("\r\n\r\n");
    if (end < 0) {
        return answer;
    }
    const QList<QByteArray> lines = bytes.first(end).split('\n');
    answer.status = lines.first().mid(9, 3).toInt();
    for (qsizetype i = 1; i < lines.size(); ++i) {
        const QByteArray line = lines[i].trimmed();
        const qsizetype colon = line.indexOf(':');
        answer.headers.emplace_back(line.first(colon), line.sliced(colon + 1).trimmed());
    }
    answer.body = bytes.sliced(end + 4);
    if (answer.header("Transfer-Encoding") == "chunked") {
        QByteArrayView chunks = answer.body;
        const auto body = support::dechunked(chunks);
        if (!body) {
            return {}; // it was broken off
        }
        answer.body = *body;
    }
    return answer;
}

} // namespace

QByteArray HttpAnswer::header(const QByteArray &name) const
{
    for (const auto &[known, value] : headers) {
        if (known.compare(name, Qt::CaseInsensitive) == 0) {
            return value;
        }
    }
    return {};
}

HttpAnswer call(quint16 port, const HttpCall &call)
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    if (!socket.waitForConnected(kWaitMs)) {
        return {};
    }
    socket.write(bytesOf(call));
    QByteArray received;
    while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead(kWaitMs)) {
        received += socket.readAll();
    }
    received += socket.readAll();
    return answerOf(received);
}

} // namespace driftless::test
