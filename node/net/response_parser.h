#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <memory>

namespace driftless::net {

/// Reads one HTTP/1.1 answer (RFC 9112) from bytes with Boost.Beast; no I/O. Interim answers (1xx)
/// are skipped.
class ResponseParser
{
public:
    enum class Step { NeedMore, Complete, Failed };

    ResponseParser(qsizetype headerBytesMax, qsizetype bodyBytesMax);
    ~ResponseParser();

    /// The next bytes, all of them; what is unfinished is kept inside. Bytes behind the answer make
    /// it Failed: nobody asked for them.
    Step advance(QByteArrayView input);
    /// The peer has closed: completes an answer whose body ends so.
    Step finish();

    [[nodiscard]] bool hasBegun() const { return m_hasBegun; }
    [[nodiscard]] int status() const;
    QByteArray takeBody();
    /// After Complete: the connection may carry another request.
    [[nodiscard]] bool isKeptAlive() const;

private:
    class Message;
    [[nodiscard]] std::unique_ptr<Message> makeMessage() const;

    const qsizetype m_headerBytesMax;
    const qsizetype m_bodyBytesMax;
    std::unique_ptr<Message> m_message;
    QByteArray m_unfinished;
    bool m_hasBegun = false;
};

} // namespace driftless::net
