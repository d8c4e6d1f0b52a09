#include "net/response_writer.h"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace driftless::net {

namespace {

void appendNumber(QByteArray &out, qsizetype number)
{
    std::array<char, 24> digits {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end - digits.data());
}

bool isFieldSafe(const api::Header &field)
{
    const auto isSafe = [](const QByteArray &text) {
        return std::none_of(
            text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    };
    return !field.first.isEmpty() && isSafe(field.first) && isSafe(field.second);
}

} // namespace

bool isBodySent(const api::Response &response, const ResponseFrame &frame)
{
    return !frame.isHead && response.status >= 200 && response.status != 204
        && response.status != 304;
}

void appendResponseHead(
    QByteArray &out, const api::Response &response, const ResponseFrame &frame, QByteArrayView date)
{
    if (response.status == 200) {
        out.append("HTTP/1.1 200 OK\r\nDate: ");
    } else {
        const auto reason = boost::beast::http::obsolete_reason(
            static_cast<boost::beast::http::status>(response.status));
        out.append("HTTP/1.1 ");
        appendNumber(out, response.status);
        out.append(' ')
            .append(reason.data(), static_cast<qsizetype>(reason.size()))
            .append("\r\nDate: ");
    }
    out.append(date).append("\r\n");
    if (!response.contentType.isEmpty()) {
        out.append("Content-Type: ").append(response.contentType).append("\r\n");
    }
    if (response.stream) {
        if (!frame.isHttp10) { // to HTTP/1.0 the end of the connection is the end of the body
            out.append("Transfer-Encoding: chunked\r\n");
        }
    } else if (response.status != 204 && response.status != 304 && response.status >= 200) {
        out.append("Content-Length: ");
        appendNumber(out, response.body.size());
        out.append("\r\n");
    }
    if (!frame.isKeptAlive) {
        out.append("Connection: close\r\n");
    } else if (frame.isHttp10) {
        out.append("Connection: keep-alive\r\n");
    }
    for (const api::Header &field : response.headers) {
        if (isFieldSafe(field)) {
            out.append(field.first).append(": ").append(field.second).append("\r\n");
        }
    }
    out.append("\r\n");
}

void appendChunk(QByteArray &out, QByteArrayView bytes)
{
    std::array<char, 20> digits {};
    const auto end
        = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
    out.append(digits.data(), end - digits.data()).append("\r\n").append(bytes).append("\r\n");
}

QByteArray httpDate(WallTime time)
{
    using namespace std::chrono;
    static constexpr std::array<const char *, 7> kDays {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char *, 12> kMonths {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(time);
    const year_month_day date {day};
    const hh_mm_ss clock {floor<seconds>(time - day)};
    const auto appendTwo = [](QByteArray &out, auto number) {
        const auto value = static_cast<unsigned>(number);
        out.append(static_cast<char>('0' + value / 10)).append(static_cast<char>('0' + value % 10));
    };
    QByteArray out;
    out.append(kDays[weekday {day}.c_encoding()]).append(", ");
    appendTwo(out, static_cast<unsigned>(date.day()));
    out.append(' ').append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(' ');
    out.append(QByteArray::number(static_cast<int>(date.year()))).append(' ');
    appendTwo(out, clock.hours().count());
    out.append(':');
    appendTwo(out, clock.minutes().count());
    out.append(':');
    appendTwo(out, clock.seconds().count());
    return out.append(" GMT");
}

} // namespace driftless::net
