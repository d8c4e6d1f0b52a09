#include "net/response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>

namespace driftless::net {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint64_t kBodyReserveBytesMax = 1
    << 20; // what a peer merely announces is not allocated
constexpr int kInformationalMax = 199;

} // namespace

class ResponseParser::Message final : public http::basic_parser<false>
{
public:
    Message(qsizetype headerBytesMax, qsizetype bodyBytesMaximum)
        : bodyBytesMax(bodyBytesMaximum)
    {
        eager(true);
        body_limit(boost::none); // ours counts
        header_limit(static_cast<std::uint32_t>(headerBytesMax));
    }

    int status = 0;
    QByteArray body;
    const qsizetype bodyBytesMax;
    beast::error_code error;

protected:
    void on_request_impl(http::verb /*verb*/,
        beast::string_view /*name*/,
        beast::string_view /*target*/,
        int /*version*/,
        beast::error_code & /*ec*/) override
    {
    }

    void on_response_impl(int responseStatus,
        beast::string_view /*reason*/,
        int /*version*/,
        beast::error_code & /*ec*/) override
    {
        status = responseStatus;
    }

    void on_field_impl(http::field /*field*/,
        beast::string_view /*name*/,
        beast::string_view /*value*/,
        beast::error_code & /*ec*/) override
    {
    }

    void on_header_impl(beast::error_code &ec) override
    {
        const auto length = content_length();
        if (length && *length > static_cast<std::uint64_t>(bodyBytesMax)) {
            ec = http::error::body_limit;
        }
    }

    void on_body_init_impl(
        const boost::optional<std::uint64_t> &length, beast::error_code & /*ec*/) override
    {
        if (length) {
            body.reserve(static_cast<qsizetype>(std::min(*length, kBodyReserveBytesMax)));
        }
    }

    std::size_t on_body_impl(beast::string_view part, beast::error_code &ec) override
    {
        return append(part, ec);
    }

    void on_chunk_header_impl(std::uint64_t /*size*/,
        beast::string_view /*extension*/,
        beast::error_code & /*ec*/) override
    {
    }

    std::size_t on_chunk_body_impl(
        std::uint64_t /*remain*/, beast::string_view part, beast::error_code &ec) override
    {
        return append(part, ec);
    }

    void on_finish_impl(beast::error_code & /*ec*/) override { }

private:
    std::size_t append(beast::string_view part, beast::error_code &ec)
    {
        const auto partBytes = static_cast<qsizetype>(part.size());
        if (partBytes > bodyBytesMax - body.size()) {
            ec = http::error::body_limit;
            return 0;
        }
        body.append(part.data(), partBytes);
        return part.size();
    }
};

ResponseParser::ResponseParser(qsizetype headerBytesMax, qsizetype bodyBytesMax)
    : m_headerBytesMax(headerBytesMax)
    , m_bodyBytesMax(bodyBytesMax)
    , m_message(makeMessage())
{
}

ResponseParser::~ResponseParser() = default;

std::unique_ptr<ResponseParser::Message> ResponseParser::makeMessage() const
{
    return std::make_unique<Message>(m_headerBytesMax, m_bodyBytesMax);
}

ResponseParser::Step ResponseParser::advance(QByteArrayView input)
{
    m_hasBegun = m_hasBegun || !input.isEmpty();
    QByteArray joined;
    if (!m_unfinished.isEmpty()) {
        joined = std::exchange(m_unfinished, {}).append(input);
        input = joined;
    }
    while (!input.isEmpty()) {
        if (m_message->is_done()) {
            return Step::Failed;
        }
        const std::size_t consumed = m_message->put(
            boost::asio::const_buffer(input.data(), static_cast<std::size_t>(input.size())),
            m_message->error);
        input = input.sliced(static_cast<qsizetype>(consumed));
        if (m_message->error == http::error::need_more) {
            m_unfinished = input.toByteArray();
            return m_unfinished.size() > m_headerBytesMax ? Step::Failed : Step::NeedMore;
        }
        if (m_message->error) {
            return Step::Failed;
        }
        if (m_message->is_done() && m_message->status <= kInformationalMax) {
            m_message = makeMessage();
        }
    }
    return m_message->is_done() ? Step::Complete : Step::NeedMore;
}

ResponseParser::Step ResponseParser::finish()
{
    if (!m_message->got_some()) {
        return Step::Failed;
    }
    m_message->put_eof(m_message->error);
    return m_message->error || !m_message->is_done() ? Step::Failed : Step::Complete;
}

int ResponseParser::status() const
{
    return m_message->status;
}

QByteArray ResponseParser::takeBody()
{
    return std::move(m_message->body);
}

bool ResponseParser::isKeptAlive() const
{
    return m_message->is_done() && m_message->keep_alive();
}

} // namespace driftless::net
