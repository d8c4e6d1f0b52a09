#pragma once

#include "api/request.h"
#include "core/limit_counters.h"
#include "net/http_limits.h"

#include <QByteArrayView>

#include <memory>

namespace driftless::net {

/// Reads HTTP/1.1 requests (RFC 9112) from bytes; no I/O. Boost.Beast parses; what Beast lets
/// through and should not (framing that two readers may understand differently) is refused here.
/// Thread: its owner's.
///
/// The caller gives what it has and keeps what was not consumed, to give it again in front of what
/// comes next. One request goes NeedMore* Head NeedMore* Complete; Failed is final.
class RequestParser
{
public:
    enum class Step {
        NeedMore, ///< the rest of the input is an unfinished piece
        Head, ///< request() has all but the body; the body's bound may be set now
        Complete, ///< take() the request
        Failed, ///< answer failure() and close
    };
    struct Failure
    {
        int status = 0;
        QByteArrayView code; ///< both with static life
        QByteArrayView message;
        Limit limit = Limit::None; ///< the setting that it was too much for
    };

    explicit RequestParser(const HttpLimits &limits);
    ~RequestParser();

    /// Reads on; `consumed` is how much of the front of `input` is done with.
    Step advance(QByteArrayView input, qsizetype &consumed);

    /// Between Head and the next call: Failed with 413 if the announced length is over the bound,
    /// else Head.
    Step setBodyBytesMax(qsizetype bodyBytesMax);

    /// Of a head that failed, what was read of it; its Origin in any case where that came.
    api::Request &request();
    [[nodiscard]] const api::Request &request() const;
    /// After Complete; the parser is ready for the next request.
    api::Request take();
    [[nodiscard]] const Failure &failure() const { return m_failure; }

    // Of the request whose head is complete:
    [[nodiscard]] bool isKeptAlive() const;
    [[nodiscard]] bool isHttp10() const;
    [[nodiscard]] bool isWebSocketUpgrade() const; ///< a GET that asks for it
    [[nodiscard]] qsizetype bodyBytes() const; ///< that have arrived
    [[nodiscard]] qsizetype heldBytes() const; ///< the memory of them

    /// The first byte of a request has been seen and the request is not complete.
    [[nodiscard]] bool isInRequest() const { return m_phase != Phase::Head || m_scannedBytes > 0; }
    [[nodiscard]] bool isInBody() const { return m_phase == Phase::Body; }

private:
    enum class Phase { Head, Body, Failed };
    class Message;

    Step advanceHead(QByteArrayView input, qsizetype &consumed);
    Step readHead(QByteArrayView input, qsizetype &consumed);
    Step advanceBody(QByteArrayView input, qsizetype &consumed);
    bool areChunkLinesMalformed(QByteArrayView input, qsizetype consumed);
    qsizetype findHeadEnd(QByteArrayView head);
    Step checkHead();
    bool setTarget();
    void keepOrigin(QByteArrayView head);
    Step fail(int status, QByteArrayView code, QByteArrayView message, Limit limit = Limit::None);
    Step failOfBeast();
    Step failOfTarget();
    Step failOfHeader(Limit limit);

    const HttpLimits &m_limits;
    std::unique_ptr<Message> m_message;
    Phase m_phase = Phase::Head;
    Failure m_failure;
    qsizetype m_scannedBytes
        = 0; ///< of an unfinished head, or line of chunks, that hold no further end of line
    qsizetype m_lineStart = 0;
    int m_lineCount = 0;
};

} // namespace driftless::net
