#pragma once

#include "api/handler.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace driftless::test {

/// A body of `pieces` pieces of a kilobyte. `isBroken`: an error comes in place of the end.
class FakeStream final : public api::BodyStream
{
public:
    static constexpr qsizetype kPieceBytes = 1'024;

    FakeStream(int pieces, bool isBroken, int &alive, int &made)
        : m_left(pieces)
        , m_isBroken(isBroken)
        , m_alive(alive)
        , m_made(made)
    {
        ++m_alive;
    }
    ~FakeStream() override { --m_alive; }
    FakeStream(const FakeStream &) = delete;
    FakeStream &operator=(const FakeStream &) = delete;

    void whenBroken(std::function<void(Error)> /*broken*/) override { }
    void next(Piece piece) override
    {
        ++m_made;
        if (m_left-- > 0) {
            piece(QByteArray(kPieceBytes, 's'));
        } else if (m_isBroken) {
            piece(Error {ErrorCode::Internal, "It broke.", {}});
        } else {
            piece(QByteArray());
        }
    }

private:
    int m_left;
    bool m_isBroken;
    int &m_alive;
    int &m_made;
};

/// A body whose pieces come when the test says so.
class LateStream final : public api::BodyStream
{
public:
    LateStream(Piece &asked, std::function<void(Error)> &broken)
        : m_asked(asked)
        , m_broken(broken)
    {
    }
    ~LateStream() override { m_asked = {}; }
    void whenBroken(std::function<void(Error)> broken) override { m_broken = std::move(broken); }
    LateStream(const LateStream &) = delete;
    LateStream &operator=(const LateStream &) = delete;

    void next(Piece piece) override { m_asked = std::move(piece); }

private:
    Piece &m_asked;
    std::function<void(Error)> &m_broken;
};

/// Answers by path: "/echo" the body, "/facts" what the server made of the request, "/later/N" when
/// the test says so,
/// "/big/N" N bytes, "/stream/N" N pieces, "/broken/N" N pieces and an error, "/late" pieces that
/// `askedPiece` is given, "/small" takes bodies of 100 bytes only; "/ws" lets WebSockets in.
class FakeHandler final : public api::Handler
{
public:
    [[nodiscard]] qsizetype bodyBytesMax(const api::Request &head) const override
    {
        return head.path == "/small" ? 100 : 64 << 20;
    }

    void handle(api::Request request, api::Reply reply) override
    {
        ++requestCount;
        if (request.path == "/echo" || request.path == "/small") {
            reply(api::Response::text(200, request.body));
        } else if (request.path == "/facts") {
            QByteArray facts = request.methodName + " " + request.path + "?" + request.query + " "
                + QByteArray::number(request.body.size()) + (request.hasBody ? " body " : " none ")
                + request.remoteAddress + " " + request.scheme;
            for (const auto &[name, value] : request.headers) {
                facts += "|" + name + "=" + value;
            }
            reply(api::Response::text(200, facts));
        } else if (request.path.startsWith("/later/")) {
            waiting.emplace_back(request.path.mid(7), std::move(reply));
        } else if (request.path.startsWith("/big/")) {
            reply(api::Response::text(200, QByteArray(request.path.mid(5).toInt(), 'b')));
        } else if (request.path.startsWith("/stream/") || request.path.startsWith("/broken/")) {
            api::Response response = api::Response::text(200, {});
            response.stream = std::make_shared<FakeStream>(request.path.mid(8).toInt(),
                request.path.startsWith("/broken/"),
                streamsAlive,
                piecesMade);
            reply(std::move(response));
        } else if (request.path == "/late") {
            api::Response response = api::Response::text(200, {});
            response.stream = std::make_shared<LateStream>(askedPiece, breakStream);
            reply(std::move(response));
        } else if (request.path == "/empty") {
            reply(api::Response::empty(request.query.toInt()));
        } else {
            reply(api::Response::text(404, "no such thing"));
        }
    }

    std::optional<api::Response> refuseUpgrade(const api::Request &head) override
    {
        if (head.path != "/ws") {
            return api::Response::json(403, R"({"Error":"no"})");
        }
        return std::nullopt;
    }

    void handleHint(QByteArray message, std::function<void(QByteArray)> answer) override
    {
        hints.push_back(message);
        if (message.startsWith("later")) {
            waitingHints.emplace_back(std::move(message), std::move(answer));
        } else {
            answer("echo " + message);
        }
    }

    [[nodiscard]] api::Response serverError(const api::Request & /*head*/,
        int status,
        QByteArrayView code,
        QByteArrayView message) const override
    {
        return api::Response::json(status,
            "{\"Error\":\"" + message.toByteArray() + "\",\"code\":\"" + code.toByteArray()
                + "\"}");
    }

    [[nodiscard]] bool isWaiting(const QByteArray &name) const
    {
        return std::any_of(waiting.begin(), waiting.end(), [&name](const auto &request) {
            return request.first == name;
        });
    }

    /// Answers the request that waits under `name`, with that name.
    bool release(const QByteArray &name)
    {
        for (auto at = waiting.begin(); at != waiting.end(); ++at) {
            if (at->first == name) {
                const api::Reply reply = std::move(at->second);
                waiting.erase(at);
                reply(api::Response::text(200, name));
                return true;
            }
        }
        return false;
    }

    void noteLimit(Limit limit) override { limits.note(limit); }

    int requestCount = 0;
    int streamsAlive = 0;
    int piecesMade = 0;
    std::function<void(Error)> breakStream; ///< of "/late"
    api::BodyStream::Piece askedPiece; ///< of "/late"; null where none is asked for
    LimitCounters limits;
    std::vector<std::pair<QByteArray, api::Reply>> waiting;
    std::vector<QByteArray> hints;
    std::vector<std::pair<QByteArray, std::function<void(QByteArray)>>> waitingHints;
};

} // namespace driftless::test
