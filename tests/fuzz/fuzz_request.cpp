#include "choices.h"
#include "fuzz_target.h"
#include "request_feed.h"

// A connection's bytes: how they are cut does not matter, and a request that was let through means
// one thing only: written in the plainest way, it is read as the same.
namespace driftless::fuzz {

namespace {

constexpr qsizetype kBodyBytesMax = 1'000;

net::HttpLimits smallLimits()
{
    net::HttpLimits limits;
    limits.headerBytesMax = 400;
    limits.headerCountMax = 8;
    limits.targetBytesMax = 100;
    return limits;
}

std::vector<qsizetype> randomCuts(QByteArrayView input, support::SeededRandom &random)
{
    const int most = random.pick(std::array {1, 3, 40});
    std::vector<qsizetype> cuts;
    for (qsizetype at = random.between(0, most); at < input.size(); at += random.between(1, most)) {
        cuts.push_back(at);
    }
    cuts.push_back(input.size());
    return cuts;
}

bool frames(const QByteArray &name)
{
    return name.compare("Content-Length", Qt::CaseInsensitive) == 0
        || name.compare("Transfer-Encoding", Qt::CaseInsensitive) == 0;
}

/// The request with a Content-Length, whatever it came with.
QByteArray plainest(const api::Request &request)
{
    QByteArray text = request.methodName + ' ' + request.path;
    if (!request.query.isEmpty()) {
        text += '?' + request.query;
    }
    text += " HTTP/1.1\r\n";
    if (request.header("Host") == nullptr) {
        text += "Host: a\r\n";
    }
    for (const auto &[name, value] : request.headers) {
        if (!frames(name)) {
            text += name + ": " + value + "\r\n";
        }
    }
    return text + "Content-Length: " + QByteArray::number(request.body.size()) + "\r\n\r\n"
        + request.body;
}

/// Without what says how it was framed.
QByteArray meaning(const api::Request &request)
{
    api::Request copy = request;
    std::erase_if(copy.headers, [](const api::Header &header) {
        return frames(header.first) || header.first.compare("Host", Qt::CaseInsensitive) == 0;
    });
    copy.hasBody = false;
    return textOf(copy);
}

} // namespace

void run(QByteArrayView input)
{
    const net::HttpLimits limits = smallLimits();
    const Feeding whole = feed(limits, kBodyBytesMax, input, {input.size()});
    support::SeededRandom random = randomOf(input);
    const Feeding pieces = feed(limits, kBodyBytesMax, input, randomCuts(input, random));
    require(whole.isFailed == pieces.isFailed && whole.requests.size() == pieces.requests.size(),
        "how the bytes are cut does not matter",
        input);
    const net::HttpLimits wide;
    for (std::size_t i = 0; i < whole.requests.size(); ++i) {
        const api::Request &request = whole.requests[i];
        require(textOf(request) == textOf(pieces.requests[i]),
            "how the bytes are cut does not matter",
            input);
        require(request.path.startsWith('/') || request.path == "*", "a path is one", input);
        require(request.body.size() <= kBodyBytesMax, "no body is over its bound", input);
        const QByteArray plain = plainest(request);
        const Feeding again = feed(wide, kBodyBytesMax, plain, {plain.size()});
        require(!again.isFailed && again.requests.size() == 1, "a request reads as one", plain);
        require(meaning(again.requests[0]) == meaning(request),
            "a request that was let through means one thing",
            plain);
    }
}

} // namespace driftless::fuzz
