#include "transcript.h"

#include "core/assert.h"

#include <QFile>

namespace driftless::test {

namespace {

/// Headers from `at` on to the empty line, which is skipped.
HeaderList readHeaders(const QList<QByteArray> &lines, qsizetype &at)
{
    HeaderList headers;
    for (; at < lines.size() && !lines[at].isEmpty(); ++at) {
        const qsizetype colon = lines[at].indexOf(':');
        headers.emplace_back(lines[at].first(colon), lines[at].sliced(colon + 1));
    }
    ++at;
    return headers;
}

bool isStatusLine(const QByteArray &line)
{
    return line.startsWith("HTTP/1.1 ");
}

Exchange readExchange(const QList<QByteArray> &lines)
{
    Exchange exchange;
    const QList<QByteArray> words = lines.first().split(' ');
    exchange.call.method = words[0];
    exchange.call.target = words[1];
    qsizetype at = 1;
    for (auto &[name, value] : readHeaders(lines, at)) {
        if (name == "Transfer-Encoding") {
            exchange.call.isChunked = true;
        } else if (name == "Content-Length" && value.trimmed() == "0") {
            exchange.call.headers.emplace_back(name, value);
        } else if (name != "Host" && name != "Content-Length") {
            exchange.call.headers.emplace_back(name, value);
        }
    }
    for (; at < lines.size() && !isStatusLine(lines[at]); ++at) {
        exchange.call.body += lines[at];
    }
    DRIFTLESS_ASSERT(at < lines.size());
    exchange.answer.status = lines[at].mid(9, 3).toInt();
    ++at;
    for (auto &[name, value] : readHeaders(lines, at)) {
        exchange.answer.headers.emplace_back(name, value.trimmed());
    }
    for (; at < lines.size(); ++at) {
        exchange.answer.body += lines[at];
    }
    return exchange;
}

} // namespace

std::vector<Exchange> readTranscript(const QByteArray &fileName)
{
    QFile file(QFile::decodeName(fileName));
    const bool isOpen = file.open(QIODevice::ReadOnly);
    DRIFTLESS_ASSERT(isOpen);
    std::vector<Exchange> exchanges;
    QList<QByteArray> lines;
    int lineNumber = 0;
    int firstLine = 1;
    const auto take = [&] {
        exchanges.push_back(readExchange(lines));
        exchanges.back().line = firstLine;
        lines.clear();
        firstLine = lineNumber + 1;
    };
    for (const QByteArray &line : file.readAll().split('\n')) {
        ++lineNumber;
        if (line == "###") {
            take();
        } else {
            lines.append(line);
        }
    }
    take();
    return exchanges;
}

} // namespace driftless::test
