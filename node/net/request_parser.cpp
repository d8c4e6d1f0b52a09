#include "net/request_parser.h"

#include "core/assert.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace driftless::net {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using api::Method;

constexpr qsizetype kBodyReserveBytesMax
    = qsizetype {64} * 1024; // what a client merely announces is not allocated
constexpr QByteArrayView kTooLarge
    = "The body is larger than this call may have. Send less at a time "
      "(the limit is Node:Limits:BodyBytes).";
constexpr qsizetype kLastChunkBytes = 5; // 0 CR LF CR LF
constexpr qsizetype kChunkHeadBytes = 20; // 16 digits and two line ends; more is no content
constexpr qsizetype kRequestLineExtraBytes = 64; // method, blanks and version beside the target

QByteArray toBytes(beast::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

Method methodOf(http::verb verb)
{
    switch (verb) {
    case http::verb::get:
        return Method::Get;
    case http::verb::head:
        return Method::Head;
    case http::verb::post:
        return Method::Post;
    case http::verb::put:
        return Method::Put;
    case http::verb::patch:
        return Method::Patch;
    case http::verb::delete_:
        return Method::Delete;
    case http::verb::options:
        return Method::Options;
    default:
        return Method::Other;
    }
}

bool isTokenStart(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool isHostValid(QByteArrayView host)
{
    return std::none_of(host.begin(), host.end(), [](char c) {
        return c <= ' ' || c == 127 || std::strchr(",/\\@?#<>\"", c) != nullptr;
    });
}

bool isDecimal(QByteArrayView text)
{
    return !text.isEmpty()
        && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The request line is method, target and a well-formed version, whichever it is. (A blank within
/// the target makes it a line of more words, which is malformed.)
bool endsInVersion(QByteArrayView line)
{
    if (std::count(line.begin(), line.end(), ' ') != 2) {
        return false;
    }
    const QByteArrayView version = line.last(std::min<qsizetype>(line.size(), 8));
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    return version.size() == 8 && version.startsWith("HTTP/") && isDigit(version[5])
        && version[6] == '.' && isDigit(version[7]);
}

} // namespace

/// One request as Beast hands it over piece by piece.
class RequestParser::Message final : public http::basic_parser<true>
{
public:
    Message()
    {
        eager(true);
        body_limit(boost::none); // ours counts
        header_limit(std::numeric_limits<std::uint32_t>::max());
    }

    api::Request request;
    QByteArray target;
    int version = 11;
    int hostCount = 0;
    int contentLengthCount = 0;
    int transferEncodingCount = 0;
    bool isTransferEncodingChunked = false;
    bool isContentLengthDecimal = true;
    bool asksForWebSocket = false;
    bool isHeadDone = false;
    bool isOverBodyLimit = false;
    qsizetype bodyBytesMax = std::numeric_limits<qsizetype>::max();
    qsizetype chunkCount = 0;
    const char *lastChunkAt = nullptr; ///< behind its size, in the input that is being read
    qsizetype takenBytes = 0; ///< of the body as it came
    beast::error_code error;

protected:
    void on_request_impl(http::verb verb,
        beast::string_view name,
        beast::string_view requestTarget,
        int requestVersion,
        beast::error_code & /*ec*/) override
    {
        request.method = methodOf(verb);
        request.methodName = toBytes(name);
        target = toBytes(requestTarget);
        version = requestVersion;
    }

    void on_response_impl(int /*status*/,
        beast::string_view /*reason*/,
        int /*responseVersion*/,
        beast::error_code & /*ec*/) override
    {
    }

    void on_field_impl(http::field field,
        beast::string_view name,
        beast::string_view value,
        beast::error_code & /*ec*/) override
    {
        if (isHeadDone) {
            return; // a trailer: it must not pass for a header that was checked
        }
        switch (field) {
        case http::field::host:
            ++hostCount;
            break;
        case http::field::content_length:
            ++contentLengthCount;
            isContentLengthDecimal
                = isDecimal(QByteArrayView(value.data(), static_cast<qsizetype>(value.size())));
            break;
        case http::field::transfer_encoding:
            ++transferEncodingCount;
            isTransferEncodingChunked = beast::iequals(value, "chunked");
            break;
        case http::field::upgrade:
            asksForWebSocket = asksForWebSocket || http::token_list {value}.exists("websocket");
            break;
        default:
            break;
        }
        request.headers.emplace_back(toBytes(name), toBytes(value));
    }

    void on_header_impl(beast::error_code & /*ec*/) override { isHeadDone = true; }

    void on_body_init_impl(
        const boost::optional<std::uint64_t> &length, beast::error_code & /*ec*/) override
    {
        if (length) {
            request.body.reserve(static_cast<qsizetype>(std::min<std::uint64_t>(
                *length, static_cast<std::uint64_t>(kBodyReserveBytesMax))));
        }
    }

    std::size_t on_body_impl(beast::string_view part, beast::error_code & /*ec*/) override
    {
        request.body.append(part.data(), static_cast<qsizetype>(part.size()));
        return part.size();
    }

    void on_chunk_header_impl(
        std::uint64_t size, beast::string_view extension, beast::error_code &ec) override
    {
        lastChunkAt = size == 0 ? extension.data() : nullptr;
        ++chunkCount;
        if (size > static_cast<std::uint64_t>(bodyBytesMax - request.body.size())) {
            isOverBodyLimit = true;
            ec = http::error::body_limit;
        }
    }

    std::size_t on_chunk_body_impl(
        std::uint64_t /*remain*/, beast::string_view part, beast::error_code & /*ec*/) override
    {
        request.body.append(part.data(), static_cast<qsizetype>(part.size()));
        return part.size();
    }

    void on_finish_impl(beast::error_code & /*ec*/) override { }
};

RequestParser::RequestParser(const HttpLimits &limits)
    : m_limits(limits)
    , m_message(std::make_unique<Message>())
{
}

RequestParser::~RequestParser() = default;

api::Request &RequestParser::request()
{
    return m_message->request;
}

const api::Request &RequestParser::request() const
{
    return m_message->request;
}

api::Request RequestParser::take()
{
    api::Request request = std::move(m_message->request);
    m_message = std::make_unique<Message>(); // Beast's parsers are for one message
    m_phase = Phase::Head;
    m_scannedBytes = 0;
    return request;
}

bool RequestParser::isKeptAlive() const
{
    return m_message->isHeadDone && m_message->keep_alive();
}

bool RequestParser::isHttp10() const
{
    return m_message->version == 10;
}

bool RequestParser::isWebSocketUpgrade() const
{
    return m_message->request.method == Method::Get && m_message->version == 11
        && m_message->asksForWebSocket && m_message->upgrade();
}

qsizetype RequestParser::bodyBytes() const
{
    return m_message->request.body.size();
}

qsizetype RequestParser::heldBytes() const
{
    return m_message->request.body.capacity();
}

RequestParser::Step RequestParser::advance(QByteArrayView input, qsizetype &consumed)
{
    consumed = 0;
    switch (m_phase) {
    case Phase::Head:
        return advanceHead(input, consumed);
    case Phase::Body:
        return advanceBody(input, consumed);
    case Phase::Failed:
        break;
    }
    return Step::Failed;
}

RequestParser::Step RequestParser::advanceHead(QByteArrayView input, qsizetype &consumed)
{
    const Step step = readHead(input, consumed);
    if (step == Step::Failed) {
        keepOrigin(input);
    }
    return step;
}

RequestParser::Step RequestParser::readHead(QByteArrayView input, qsizetype &consumed)
{
    qsizetype skipped = 0;
    if (m_scannedBytes == 0) {
        // RFC 9112 2.2: empty lines before a request line are ignored.
        while (
            input.size() >= skipped + 2 && input[skipped] == '\r' && input[skipped + 1] == '\n') {
            skipped += 2;
        }
        consumed = skipped;
    }
    const QByteArrayView rest = input.sliced(skipped);
    if (rest.isEmpty() || (rest.size() == 1 && rest[0] == '\r')) {
        return Step::NeedMore;
    }
    // TLS and other strangers are told at once, rather than at the time-out.
    if (m_scannedBytes == 0 && !isTokenStart(rest[0])) {
        return fail(400, "malformed-request", "This is not an HTTP/1.1 request.");
    }
    const qsizetype headBytes = findHeadEnd(rest);
    if (m_phase == Phase::Failed) {
        return Step::Failed;
    }
    if (headBytes < 0) {
        return Step::NeedMore;
    }
    m_scannedBytes = 0;
    m_lineStart = 0;
    m_lineCount = 0;

    Message &message = *m_message;
    message.put(
        boost::asio::const_buffer(rest.data(), static_cast<std::size_t>(headBytes)), message.error);
    consumed = skipped + headBytes;
    if (message.error == http::error::bad_version
        && endsInVersion(rest.first(rest.indexOf('\r')))) {
        return fail(505, "http-version-not-supported", "Use HTTP/1.1.");
    }
    if (message.error || !message.isHeadDone) {
        return failOfBeast();
    }
    return checkHead();
}

/// Length of the head with its empty line, or -1 while that has not come. Looks at each byte once;
/// Beast would accept a folded line, and would wait for ever for a line end that is a bare LF.
qsizetype RequestParser::findHeadEnd(QByteArrayView head)
{
    const qsizetype size = head.size();
    for (;;) {
        const auto *const found = static_cast<const char *>(std::memchr(
            head.data() + m_scannedBytes, '\n', static_cast<std::size_t>(size - m_scannedBytes)));
        if (found == nullptr) {
            break;
        }
        const qsizetype at = found - head.data();
        if (at == 0 || head[at - 1] != '\r') {
            fail(400, "malformed-request", "A line of the header ends without CR.");
            return -1;
        }
        const qsizetype lineBytes = at - 1 - m_lineStart;
        if (m_lineCount == 0 && lineBytes > m_limits.targetBytesMax + kRequestLineExtraBytes) {
            failOfTarget();
            return -1;
        }
        if (at + 1 > m_limits.headerBytesMax || m_lineCount > m_limits.headerCountMax + 1) {
            break;
        }
        if (lineBytes == 0) {
            return at + 1;
        }
        if (head[m_lineStart] == ' ' || head[m_lineStart] == '\t') {
            fail(400, "malformed-request", "A folded header line is not allowed.");
            return -1;
        }
        ++m_lineCount;
        m_lineStart = at + 1;
        m_scannedBytes = at + 1;
    }
    // The CR of a line end that has not come whole does not count, as it does not in one that has.
    if (m_lineCount == 0
        && size - (head.endsWith('\r') ? 1 : 0)
            > m_limits.targetBytesMax + kRequestLineExtraBytes) {
        failOfTarget();
    } else if (m_lineCount > m_limits.headerCountMax + 1) {
        failOfHeader(Limit::HeaderCount);
    } else if (size > m_limits.headerBytesMax) {
        failOfHeader(Limit::HeaderBytes);
    }
    m_scannedBytes = size;
    return -1;
}

/// What Beast lets through and must not pass (RFC 9112 3.2, 6.1, 6.3).
RequestParser::Step RequestParser::checkHead()
{
    Message &message = *m_message;
    if (message.target.size() > m_limits.targetBytesMax) {
        return failOfTarget();
    }
    if (static_cast<int>(message.request.headers.size()) > m_limits.headerCountMax) {
        return failOfHeader(Limit::HeaderCount);
    }
    if (message.transferEncodingCount > 0) {
        if (message.contentLengthCount > 0 || message.version == 10) {
            return fail(400, "malformed-request", "Transfer-Encoding is not allowed here.");
        }
        // "xchunked" is no chunked to Beast, and would leave the body to be read as the next
        // request.
        if (message.transferEncodingCount > 1 || !message.isTransferEncodingChunked) {
            return fail(501,
                "transfer-encoding-not-supported",
                "Send the body with Transfer-Encoding: chunked or with Content-Length.");
        }
    }
    if (message.contentLengthCount > 1 || !message.isContentLengthDecimal) {
        return fail(400, "malformed-request", "Content-Length must be one decimal number.");
    }
    if (message.hostCount > 1 || (message.hostCount == 0 && message.version >= 11)) {
        return fail(400, "malformed-request", "Exactly one Host header is needed.");
    }
    if (const QByteArray *host = message.request.header("Host");
        host != nullptr && !isHostValid(*host)) {
        return fail(400, "malformed-request", "The Host header is not a host.");
    }
    if (!setTarget()) {
        return fail(400, "malformed-request", "The request target must be a percent-encoded path.");
    }
    message.request.hasBody = !message.is_done();
    m_phase = Phase::Body;
    return Step::Head;
}

/// Splits the target into path and query; false if it is neither a path nor an absolute http URL.
bool RequestParser::setTarget()
{
    Message &message = *m_message;
    QByteArrayView target = message.target;
    const bool isEncoded = std::all_of(
        target.begin(), target.end(), [](char c) { return c > ' ' && c < 127 && c != '#'; });
    if (!isEncoded) {
        return false;
    }
    if (target == "*") {
        message.request.path = message.target;
        return message.request.method == Method::Options;
    }
    if (!target.startsWith('/')) {
        // RFC 9112 3.2.2: a server takes the absolute form; its authority is not looked at.
        const qsizetype scheme = message.target.left(8).toLower().startsWith("https://") ? 8
            : message.target.left(7).toLower() == "http://"                              ? 7
                                                                                         : 0;
        if (scheme == 0) {
            return false;
        }
        qsizetype end = scheme;
        while (end < target.size() && target[end] != '/' && target[end] != '?') {
            ++end;
        }
        if (end == scheme) {
            return false;
        }
        target = target.sliced(end);
    }
    const qsizetype question = target.indexOf('?');
    message.request.path = target.first(question < 0 ? target.size() : question).toByteArray();
    if (message.request.path.isEmpty()) {
        message.request.path = QByteArrayLiteral("/");
    }
    if (question >= 0) {
        message.request.query = target.sliced(question + 1).toByteArray();
    }
    return true;
}

RequestParser::Step RequestParser::setBodyBytesMax(qsizetype bodyBytesMax)
{
    DRIFTLESS_ASSERT(m_phase == Phase::Body && bodyBytesMax >= 0);
    m_message->bodyBytesMax = bodyBytesMax;
    const auto length = m_message->content_length();
    if (length && *length > static_cast<std::uint64_t>(bodyBytesMax)) {
        return fail(413, "too-large", kTooLarge, Limit::BodyBytes);
    }
    return Step::Head;
}

RequestParser::Step RequestParser::advanceBody(QByteArrayView input, qsizetype &consumed)
{
    Message &message = *m_message;
    if (message.is_done()) {
        return Step::Complete;
    }
    // Beast asserts that it is not asked about an empty body in smaller pieces than this; so many
    // bytes must come in any case.
    const bool isFirstChunk = message.chunked() && message.chunkCount == 0;
    if (input.size() < (isFirstChunk ? kLastChunkBytes : 1)) {
        return Step::NeedMore;
    }
    consumed = static_cast<qsizetype>(
        message.put(boost::asio::const_buffer(input.data(), static_cast<std::size_t>(input.size())),
            message.error));
    if (message.isOverBodyLimit) {
        return fail(413, "too-large", kTooLarge, Limit::BodyBytes);
    }
    if ((message.error && message.error != http::error::need_more)
        || areChunkLinesMalformed(input, consumed)) {
        return fail(400, "malformed-request", "The chunks of the body are malformed.");
    }
    message.takenBytes += consumed;
    // Leading zeros, extensions and trailers, which no honest client needs: each may be short, but
    // they must not go on for ever.
    const qsizetype excessBytes
        = message.takenBytes - message.request.body.size() - message.chunkCount * kChunkHeadBytes;
    const qsizetype unreadBytes = message.is_done() ? 0 : input.size() - consumed - kChunkHeadBytes;
    if (excessBytes + unreadBytes > m_limits.headerBytesMax) {
        return fail(400,
            "malformed-request",
            "The extensions or the trailer of the chunks are too long.",
            Limit::HeaderBytes);
    }
    return message.is_done() ? Step::Complete : Step::NeedMore;
}

/// Of the lines around chunks, `consumed` bytes of `input` done with. As with a head, Beast accepts
/// a folded trailer, and would wait for ever for a line end that is a bare LF.
bool RequestParser::areChunkLinesMalformed(QByteArrayView input, qsizetype consumed)
{
    const Message &message = *m_message;
    if (message.is_done()) {
        if (message.lastChunkAt == nullptr) {
            return false; // no chunks
        }
        const QByteArrayView trailer(message.lastChunkAt, input.data() + consumed);
        return trailer.contains("\r\n ") || trailer.contains("\r\n\t");
    }
    if (consumed > 0) {
        m_scannedBytes = 0;
    }
    // What is not consumed is the begin of a chunk's line or of the trailer.
    const QByteArrayView unread = input.sliced(consumed);
    for (qsizetype at = unread.indexOf('\n', m_scannedBytes); at >= 0;
         at = unread.indexOf('\n', at + 1)) {
        if (at == 0 || unread[at - 1] != '\r') {
            return true;
        }
    }
    m_scannedBytes = unread.size();
    return false;
}

RequestParser::Step RequestParser::fail(
    int status, QByteArrayView code, QByteArrayView message, Limit limit)
{
    m_phase = Phase::Failed;
    m_failure = {status, code, message, limit};
    return Step::Failed;
}

RequestParser::Step RequestParser::failOfTarget()
{
    return fail(414,
        "target-too-long",
        "The request target is longer than this node takes.",
        Limit::TargetBytes);
}

RequestParser::Step RequestParser::failOfHeader(Limit limit)
{
    return fail(431,
        "header-too-large",
        "The header has more bytes or fields than this node takes.",
        limit);
}

/// A page that may call may also read why it was refused, however early that was.
void RequestParser::keepOrigin(QByteArrayView head)
{
    constexpr QByteArrayView kName = "origin:";
    if (request().header("Origin") != nullptr) {
        return;
    }
    for (qsizetype at = head.indexOf('\n') + 1; at > 0;) {
        const qsizetype end = head.indexOf('\n', at);
        if (end < 0) {
            return; // it may not be whole
        }
        const QByteArrayView line = head.sliced(at, end - at);
        if (line.size() > kName.size()
            && line.first(kName.size()).compare(kName, Qt::CaseInsensitive) == 0) {
            request().headers.emplace_back(
                "Origin", line.sliced(kName.size()).trimmed().toByteArray());
            return;
        }
        at = end + 1;
    }
}

RequestParser::Step RequestParser::failOfBeast()
{
    const beast::error_code &error = m_message->error;
    if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
        return fail(400, "malformed-request", "Content-Length must be one decimal number.");
    }
    if (error == http::error::bad_transfer_encoding) {
        return fail(400, "malformed-request", "Transfer-Encoding is not allowed here.");
    }
    if (error == http::error::bad_target) {
        return fail(400, "malformed-request", "The request target must be a percent-encoded path.");
    }
    if (error == http::error::bad_field || error == http::error::bad_value) {
        return fail(400, "malformed-request", "A header field is malformed.");
    }
    return fail(400, "malformed-request", "The request is malformed.");
}

} // namespace driftless::net
