#include "hostile_rows.h"

namespace driftless::test {

const QByteArray kHost = "Host: 127.0.0.1\r\n";
const QByteArray kKeys = "Database: hostile\r\nApiKey: root\r\nContent-Type: application/json\r\n";
const QByteArray kChunked = "Transfer-Encoding: chunked\r\n";

namespace {

const char *const kMalformed = "malformed-request";
const char *const kEncoding = "transfer-encoding-not-supported";
const QByteArray kTwo = "Content-Length: 2\r\n";

/// As `put`, with what a second reader might take for a request in its body.
QByteArray smuggling(const QByteArray &headers, const QByteArray &front = {})
{
    return put(headers, front + put("Content-Length: 2\r\n", "{}"));
}

/// A document with this depth of arrays.
QByteArray nested(int depth)
{
    return "{\"a\":" + QByteArray(depth, '[') + QByteArray(depth, ']') + '}';
}

} // namespace

/// A write that would be seen if it were executed; `headers` say how long it is.
QByteArray put(const QByteArray &headers, const QByteArray &body)
{
    return "PUT /api/documents/h/x HTTP/1.1\r\n" + kHost + kKeys + headers + "\r\n" + body;
}

/// A request line that would write, with headers and body.
QByteArray line(const QByteArray &requestLine)
{
    return requestLine + "\r\n" + kHost + kKeys + "Content-Length: 2\r\n\r\n{}";
}

/// A frame as a client sends it, masked with zeros; up to 65,535 bytes. `first`: its first byte.
QByteArray clientFrame(unsigned first, const QByteArray &payload)
{
    QByteArray bytes(1, static_cast<char>(first));
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size());
    }
    return bytes + QByteArray(4, '\0') + payload;
}

QByteArray upgrade(const QByteArray &headers)
{
    return "GET /ws/replication HTTP/1.1\r\n" + kHost
        + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nReplicationApiKey: I_AM_ONE_OF_YOU\r\n"
        + headers + "\r\n";
}

std::vector<HostileRequest> smugglingRequests()
{
    std::vector<HostileRequest> rows;
    const auto row
        = [&rows](const char *name, const QByteArray &bytes, int status, const char *code) {
              rows.push_back({name, bytes, status, code});
          };
    // Lengths that two readers understand differently.
    row("length twice", smuggling(kTwo + kTwo, "{}"), 400, kMalformed);
    row("length twice, differing", smuggling("Content-Length: 0\r\n" + kTwo), 400, kMalformed);
    row("length list", smuggling("Content-Length: 2, 2\r\n", "{}"), 400, kMalformed);
    row("length list, differing", smuggling("Content-Length: 2, 0\r\n", "{}"), 400, kMalformed);
    row("length and chunked", smuggling(kTwo + kChunked, "0\r\n\r\n"), 400, kMalformed);
    row("chunked and length", smuggling(kChunked + kTwo, "0\r\n\r\n"), 400, kMalformed);
    row("chunked in capitals and length",
        smuggling("TRANSFER-ENCODING: CHUNKED\r\n" + kTwo, "0\r\n\r\n"),
        400,
        kMalformed);
    row("xchunked", smuggling("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501, kEncoding);
    row("gzip, chunked",
        smuggling("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        501,
        kEncoding);
    row("chunked, gzip",
        smuggling("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"),
        501,
        kEncoding);
    row("chunked, identity",
        smuggling("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        501,
        kEncoding);
    row("chunked, chunked",
        smuggling("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
        501,
        kEncoding);
    row("chunked twice", smuggling(kChunked + kChunked, "0\r\n\r\n"), 400, kMalformed);
    row("identity", smuggling("Transfer-Encoding: identity\r\n"), 501, kEncoding);
    row("quoted chunked",
        smuggling("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
        501,
        kEncoding);
    row("chunked with a parameter",
        smuggling("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"),
        501,
        kEncoding);
    row("chunked behind a vertical tab",
        smuggling("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"),
        400,
        kMalformed);
    row("empty encoding", smuggling("Transfer-Encoding:\r\n"), 501, kEncoding);
    row("encoding in HTTP/1.0",
        "PUT /api/documents/h/x HTTP/1.0\r\n" + kHost + kKeys + kChunked
            + "\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
        kMalformed);
    row("blank before the colon of the encoding",
        smuggling("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        400,
        kMalformed);
    row("blank before the colon of the length",
        smuggling("Content-Length : 2\r\n", "{}"),
        400,
        kMalformed);
    row("tab before the colon", smuggling("Content-Length\t: 2\r\n", "{}"), 400, kMalformed);
    row("folded encoding",
        smuggling("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
        400,
        kMalformed);
    row("folded field", put(kTwo + "X: y\r\n\tz\r\n", "{}"), 400, kMalformed);
    row("folded first line", put(" " + kTwo, "{}"), 400, kMalformed);
    row("bare LF",
        "PUT /api/documents/h/x HTTP/1.1\n" + kHost + kKeys + kTwo + "\r\n{}",
        400,
        kMalformed);
    row("bare LF in a field", put(kTwo + "X: y\n" + kChunked, "{}"), 400, kMalformed);
    row("bare LF at the end", put(kTwo + "\n", "{}"), 400, kMalformed);
    row("bare CR in a field",
        put(kTwo + "X: y\rTransfer-Encoding: chunked\r\n", "{}"),
        400,
        kMalformed);
    row("NUL in a field", put(kTwo + QByteArray("X: a\0b\r\n", 8), "{}"), 400, kMalformed);
    row("NUL in a name", put(kTwo + QByteArray("X\0: a\r\n", 7), "{}"), 400, kMalformed);
    row("control character", put(kTwo + "X: a\x01\r\n", "{}"), 400, kMalformed);
    row("no colon", put(kTwo + "X\r\n", "{}"), 400, kMalformed);
    row("no colon but a blank", put(kTwo + "X y\r\n", "{}"), 400, kMalformed);
    row("no name", put(kTwo + ": y\r\n", "{}"), 400, kMalformed);
    row("name in brackets", put(kTwo + "X(y): z\r\n", "{}"), 400, kMalformed);
    row("name that is no ASCII", put(kTwo + "X\xc3\xa9: z\r\n", "{}"), 400, kMalformed);

    return rows;
}

std::vector<HostileRequest> malformedRequests()
{
    std::vector<HostileRequest> rows;
    const auto row
        = [&rows](const char *name, const QByteArray &bytes, int status, const char *code) {
              rows.push_back({name, bytes, status, code});
          };
    // Whom a request is for.
    const QByteArray rest = kKeys + kTwo + "\r\n{}";
    row("no host", "PUT /api/documents/h/x HTTP/1.1\r\n" + rest, 400, kMalformed);
    row("host twice",
        "PUT /api/documents/h/x HTTP/1.1\r\n" + kHost + kHost + rest,
        400,
        kMalformed);
    row("two hosts",
        "PUT /api/documents/h/x HTTP/1.1\r\n" + kHost + "Host: b\r\n" + rest,
        400,
        kMalformed);
    row("host list", "PUT /api/documents/h/x HTTP/1.1\r\nHost: a, b\r\n" + rest, 400, kMalformed);
    row("host with a path",
        "PUT /api/documents/h/x HTTP/1.1\r\nHost: a/b\r\n" + rest,
        400,
        kMalformed);
    row("host with a user",
        "PUT /api/documents/h/x HTTP/1.1\r\nHost: u@a\r\n" + rest,
        400,
        kMalformed);
    row("host with a blank",
        "PUT /api/documents/h/x HTTP/1.1\r\nHost: a b\r\n" + rest,
        400,
        kMalformed);
    row("authority form", line("CONNECT 127.0.0.1:80 HTTP/1.1"), 400, kMalformed);
    row("authority form of a PUT", line("PUT 127.0.0.1:80 HTTP/1.1"), 400, kMalformed);
    row("absolute form of another scheme",
        line("PUT ftp://a/api/documents/h/x HTTP/1.1"),
        400,
        kMalformed);
    row("absolute form without authority",
        line("PUT http:///api/documents/h/x HTTP/1.1"),
        400,
        kMalformed);
    row("no slash", line("PUT api/documents/h/x HTTP/1.1"), 400, kMalformed);
    row("asterisk", line("PUT * HTTP/1.1"), 400, kMalformed);

    // The request line.
    row("blank in the target", line("PUT /api/documents/h/x y HTTP/1.1"), 400, kMalformed);
    row("version in the target", line("PUT /api/documents/h/x HTTP/1.1 HTTP/1.1"), 400, kMalformed);
    row("two blanks before the target", line("PUT  /api/documents/h/x HTTP/1.1"), 400, kMalformed);
    row("two blanks before the version", line("PUT /api/documents/h/x  HTTP/1.1"), 400, kMalformed);
    row("blank behind the version", line("PUT /api/documents/h/x HTTP/1.1 "), 400, kMalformed);
    row("blank before the method", line(" PUT /api/documents/h/x HTTP/1.1"), 400, kMalformed);
    row("tab for a blank", line("PUT\t/api/documents/h/x HTTP/1.1"), 400, kMalformed);
    row("tab in the target", line("PUT /api/documents/h/x\t HTTP/1.1"), 400, kMalformed);
    row("NUL in the target",
        line(QByteArray("PUT /api/documents/h/x\0 HTTP/1.1", 33)),
        400,
        kMalformed);
    row("raw UTF-8 in the target", line("PUT /api/documents/h/\xc3\xa9 HTTP/1.1"), 400, kMalformed);
    row("fragment", line("PUT /api/documents/h/x#y HTTP/1.1"), 400, kMalformed);
    row("no version", line("PUT /api/documents/h/x"), 400, kMalformed);
    row("HTTP/0.9", "GET /healthz\r\n\r\n", 400, kMalformed);
    row("small version", line("PUT /api/documents/h/x http/1.1"), 400, kMalformed);
    row("long version", line("PUT /api/documents/h/x HTTP/1.10"), 400, kMalformed);
    row("version of another protocol", line("PUT /api/documents/h/x HTTPS/1.1"), 400, kMalformed);
    row("HTTP/2.0", line("PUT /api/documents/h/x HTTP/2.0"), 505, "http-version-not-supported");
    row("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http-version-not-supported");
    row("hello of TLS", QByteArray("\x16\x03\x01\x02\x00\x01", 6), 400, kMalformed);
    row("nothing but blanks", QByteArray(1'000, ' '), 400, kMalformed);

    // Lengths and chunks.
    row("length negative", put("Content-Length: -1\r\n", "{}"), 400, kMalformed);
    row("length with a plus", put("Content-Length: +2\r\n", "{}"), 400, kMalformed);
    row("length in hex", put("Content-Length: 0x2\r\n", "{}"), 400, kMalformed);
    row("length with a fraction", put("Content-Length: 2.0\r\n", "{}"), 400, kMalformed);
    row("length empty", put("Content-Length:\r\n", "{}"), 400, kMalformed);
    row("length over 64 bits",
        put("Content-Length: 18446744073709551618\r\n", "{}"),
        400,
        kMalformed);
    row("length of 64 bits",
        put("Content-Length: 18446744073709551615\r\n", "{}"),
        413,
        "too-large");
    row("length over the limit", put("Content-Length: 30000001\r\n", "{}"), 413, "too-large");
    row("chunk negative", put(kChunked, "-2\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk with 0x", put(kChunked, "0x2\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk without size", put(kChunked, "\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk of no hex", put(kChunked, "g\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("blank before the size", put(kChunked, " 2\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk over 64 bits",
        put(kChunked, "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        400,
        kMalformed);
    row("chunk of 64 bits", put(kChunked, "ffffffffffffffff\r\n{}\r\n0\r\n\r\n"), 413, "too-large");
    row("chunk over the limit", put(kChunked, "1c9c381\r\n{}"), 413, "too-large");
    row("chunks over the limit together",
        put(kChunked, "2\r\n{}\r\n1c9c37f\r\n"),
        413,
        "too-large");
    row("chunk longer than its size", put(kChunked, "1\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk shorter than its size", put(kChunked, "3\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk with a bare LF", put(kChunked, "2\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("chunk that ends in a bare LF", put(kChunked, "2\r\n{}\n0\r\n\r\n"), 400, kMalformed);
    row("chunk that ends in a bare CR", put(kChunked, "2\r\n{}\r0\r\n\r\n"), 400, kMalformed);
    row("last chunk with a bare LF", put(kChunked, "2\r\n{}\r\n0\n\n"), 400, kMalformed);
    row("bare LF in an extension", put(kChunked, "2;a\nb\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("bare CR in an extension", put(kChunked, "2;a\rb\r\n{}\r\n0\r\n\r\n"), 400, kMalformed);
    row("endless extension", put(kChunked, "2;" + QByteArray(40'000, 'x')), 400, kMalformed);
    row("endless zeros", put(kChunked, QByteArray(40'000, '0')), 400, kMalformed);
    row("extensions without end",
        put(kChunked, ("1;" + QByteArray(1'000, 'x') + "\r\n \r\n").repeated(40)),
        400,
        kMalformed);
    row("endless trailer",
        put(kChunked, "2\r\n{}\r\n0\r\nX: " + QByteArray(40'000, 'x')),
        400,
        kMalformed);
    row("endless trailers",
        put(kChunked, "2\r\n{}\r\n0\r\n" + QByteArray("X: y\r\n").repeated(7'000)),
        400,
        kMalformed);
    row("trailer without a colon", put(kChunked, "2\r\n{}\r\n0\r\nX\r\n\r\n"), 400, kMalformed);
    row("trailer with a bare LF", put(kChunked, "2\r\n{}\r\n0\r\nX: y\n\n"), 400, kMalformed);
    row("trailer that is folded",
        put(kChunked, "2\r\n{}\r\n0\r\nX: y\r\n z\r\n\r\n"),
        400,
        kMalformed);
    row("unknown expectation", put(kTwo + "Expect: 200-ok\r\n", "{}"), 417, "expectation-failed");

    return rows;
}

std::vector<HostileRequest> oversizedRequests()
{
    std::vector<HostileRequest> rows;
    const auto row
        = [&rows](const char *name, const QByteArray &bytes, int status, const char *code) {
              rows.push_back({name, bytes, status, code});
          };
    // Bombs.
    row("target", line("PUT /" + QByteArray(9'000, 'x') + " HTTP/1.1"), 414, "target-too-long");
    row("target without end", "PUT /" + QByteArray(100'000, 'x'), 414, "target-too-long");
    row("method without end", QByteArray(100'000, 'x'), 414, "target-too-long");
    row("field", put("X: " + QByteArray(40'000, 'x') + "\r\n", ""), 431, "header-too-large");
    row("field without end", put("X: " + QByteArray(1'000'000, 'x'), ""), 431, "header-too-large");
    row("name without end", put(QByteArray(1'000'000, 'x'), ""), 431, "header-too-large");
    row("fields", put(QByteArray("X: y\r\n").repeated(98), ""), 431, "header-too-large");
    row("fields without end",
        put(QByteArray("X: y\r\n").repeated(100'000), ""),
        431,
        "header-too-large");
    row("empty lines and no request", QByteArray("\r\n").repeated(100'000) + " ", 400, kMalformed);

    // Upgrades.
    row("upgrade with a body", upgrade(kTwo) + "{}", 400, kMalformed);
    row("upgrade with chunks", upgrade(kChunked) + "2\r\n{}\r\n0\r\n\r\n", 400, kMalformed);
    row("upgrade without a key",
        upgrade().replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
        400,
        kMalformed);
    row("upgrade with a short key",
        upgrade().replace("dGhlIHNhbXBsZSBub25jZQ", "eA"),
        400,
        kMalformed);
    row("frames before the handshake is answered",
        upgrade() + clientFrame(0x81, "{}"),
        400,
        kMalformed);
    return rows;
}

std::vector<HostileRequest> hostileBodies()
{
    std::vector<HostileRequest> rows;
    const auto row
        = [&rows](const char *name, const QByteArray &bytes, int status, const char *code) {
              rows.push_back({name, bytes, status, code});
          };
    const char *const json = "invalid-json";
    row("too deep", nested(64), 400, "too-deep");
    row("much too deep", nested(1'000'000), 400, "too-deep");
    row("deep without end", "{\"a\":" + QByteArray(10'000'000, '['), 400, "too-deep");
    row("objects without end", QByteArray("{\"a\":").repeated(1'000'000), 400, "too-deep");
    row("name twice", R"({"a":1,"a":2})", 400, json);
    row("name twice in another case", R"({"a":1,"A":2})", 400, json);
    row("name twice by an escape", R"({"a":1,"\u0061":2})", 400, json);
    row("name twice further down", R"({"a":{"b":1,"b":2}})", 400, json);
    row("high surrogate alone", R"({"a":"\ud800"})", 400, json);
    row("low surrogate alone", R"({"a":"\udc00"})", 400, json);
    row("surrogates the wrong way round", R"({"a":"\udc00\ud800"})", 400, json);
    row("surrogate in a name", R"({"\ud800":1})", 400, json);
    row("surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", 400, json);
    row("overlong UTF-8", "{\"a\":\"\xc0\x80\"}", 400, json);
    row("cut UTF-8", "{\"a\":\"\xc3\"}", 400, json);
    row("beyond Unicode", "{\"a\":\"\xf4\x90\x80\x80\"}", 400, json);
    row("NUL in a text", QByteArray("{\"a\":\"\0\"}", 9), 400, json);
    row("NUL behind the object", QByteArray("{}\0", 3), 400, json);
    row("NUL for a blank", QByteArray("{\0}", 3), 400, json);
    row("control character in a text", "{\"a\":\"\x01\"}", 400, json);
    row("line end in a text", "{\"a\":\"\n\"}", 400, json);
    row("UTF-16", QByteArray("\xff\xfe{\0}\0", 6), 400, json);
    row("unknown escape", R"({"a":"\x41"})", 400, json);
    row("cut escape", R"({"a":"\u12"})", 400, json);
    row("cut object", R"({"a":1)", 400, json);
    row("cut text", R"({"a":"b)", 400, json);
    row("kTwo objects", "{}{}", 400, json);
    row("something behind it", "{} x", 400, json);
    row("comma at the end", R"({"a":1,})", 400, json);
    row("comment", "{/**/}", 400, json);
    row("single quotes", "{'a':1}", 400, json);
    row("empty name", R"({"":1})", 400, json);
    row("name without quotes", "{a:1}", 400, json);
    row("NaN", R"({"a":NaN})", 400, json);
    row("infinity", R"({"a":-Infinity})", 400, json);
    row("leading zero", R"({"a":01})", 400, json);
    row("leading plus", R"({"a":+1})", 400, json);
    row("number that ends in a point", R"({"a":1.})", 400, json);
    row("number that ends in its exponent", R"({"a":1e})", 400, json);
    row("hex number", R"({"a":0x1})", 400, json);
    row("empty", "", 400, json);
    row("blanks", "  \r\n", 400, json);
    row("array", "[]", 400, "invalid-argument");
    row("text", "\"{}\"", 400, "invalid-argument");
    row("null", "null", 400, "invalid-argument");
    row("text that is too long",
        "{\"a\":\"" + QByteArray(16'000'000, 'x') + "\"}",
        413,
        "too-large");
    return rows;
}

std::vector<HostileRequest> hostilePatches()
{
    std::vector<HostileRequest> rows;
    const auto row
        = [&rows](const char *name, const QByteArray &bytes, int status, const char *code) {
              rows.push_back({name, bytes, status, code});
          };
    row("addition of 10,000 digits",
        "{\"a\":{\"$inc\":" + QByteArray(10'000, '9') + "}}",
        400,
        "number-too-long");
    row("addition of a huge exponent", R"({"a":{"$inc":1e2147483648}})", 400, "number-too-long");
    row("patch that is too deep", nested(64), 400, "too-deep");
    return rows;
}

} // namespace driftless::test
