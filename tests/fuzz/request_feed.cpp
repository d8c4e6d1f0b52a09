#include "request_feed.h"

namespace driftless::fuzz {

Feeding feed(const net::HttpLimits &limits,
    qsizetype bodyBytesMax,
    QByteArrayView input,
    const std::vector<qsizetype> &cuts)
{
    using Step = net::RequestParser::Step;
    net::RequestParser parser(limits);
    Feeding result;
    QByteArray unread;
    qsizetype from = 0;
    for (const qsizetype cut : cuts) {
        unread += input.sliced(from, cut - from);
        from = cut;
        for (bool isMoving = true; isMoving;) {
            qsizetype consumed = 0;
            Step step = parser.advance(unread, consumed);
            unread.remove(0, consumed);
            if (step == Step::Head) {
                step = parser.setBodyBytesMax(bodyBytesMax);
            } else if (step == Step::Complete) {
                result.requests.push_back(parser.take());
            }
            if (step == Step::Failed) {
                result.isFailed = true;
                return result;
            }
            isMoving = step != Step::NeedMore;
        }
    }
    return result;
}

QByteArray textOf(const api::Request &request)
{
    QByteArray text = request.methodName + ' ' + request.path + '?' + request.query;
    for (const auto &[name, value] : request.headers) {
        text += "\r\n" + name + ':' + value;
    }
    return text + "\r\n\r\n" + (request.hasBody ? "+" : "-") + request.body;
}

} // namespace driftless::fuzz
