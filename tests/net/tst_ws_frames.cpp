#include "net/ws_frames.h"

#include <QTest>

#include <vector>

using namespace driftless;
using net::WsFrameReader;
using Kind = WsFrameReader::Kind;

namespace {

constexpr qsizetype kMessageBytesMax = 300;

/// A frame of a client, masked; `first` is its first byte.
QByteArray frame(unsigned first, const QByteArray &payload)
{
    const QByteArray mask("\x12\x34\xf6\x78", 4);
    QByteArray bytes = net::wsFrame(0, payload);
    bytes[0] = static_cast<char>(first);
    bytes[1] = static_cast<char>(static_cast<unsigned char>(bytes[1]) | 0x80U);
    bytes.chop(payload.size());
    bytes += mask;
    for (qsizetype i = 0; i < payload.size(); ++i) {
        bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
    }
    return bytes;
}

/// What `bytes` bring, in pieces of `pieceBytes`, as text.
QByteArray read(const QByteArray &bytes, qsizetype pieceBytes)
{
    WsFrameReader reader(kMessageBytesMax);
    QByteArrayList seen;
    for (qsizetype at = 0; at < bytes.size(); at += pieceBytes) {
        reader.append(QByteArrayView(bytes).sliced(at, std::min(pieceBytes, bytes.size() - at)));
        for (Kind kind = reader.next(); kind != Kind::NeedMore; kind = reader.next()) {
            if (kind == Kind::Failed) {
                seen.append(QByteArray::number(reader.closeCode()) + ' '
                    + reader.closeReason().toByteArray());
                return seen.join('|');
            }
            const QByteArray payload = reader.takePayload();
            const char *const name = kind == Kind::Text ? "text "
                : kind == Kind::Binary                  ? "binary "
                : kind == Kind::Ping                    ? "ping "
                : kind == Kind::Pong                    ? "pong "
                                                        : "close ";
            seen.append(
                name + (payload.size() > 20 ? QByteArray::number(payload.size()) : payload));
        }
    }
    return seen.join('|');
}

} // namespace

class WsFramesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // What is read does not depend on how the bytes are cut; what breaks the protocol fails with
    // the code that RFC 6455 names, as soon as the head of its frame is there.
    void readsFrames_data()
    {
        QTest::addColumn<QByteArray>("sent");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *name, const QByteArray &sent, const char *expected) {
            QTest::newRow(name) << sent << QByteArray(expected);
        };
        row("text", frame(0x81, "hi") + frame(0x81, "you"), "text hi|text you");
        row("empty", frame(0x81, ""), "text ");
        row("binary", frame(0x82, "b"), "binary b");
        row("fragments", frame(0x01, "a") + frame(0x00, "b") + frame(0x80, "c"), "text abc");
        row("ping within",
            frame(0x01, "a") + frame(0x89, "p") + frame(0x80, "c"),
            "ping p|text ac");
        row("pong", frame(0x8a, "p"), "pong p");
        row("character cut by fragments",
            frame(0x01, "\xc3") + frame(0x80, "\xa9"),
            "text \xc3\xa9");
        row("length of two bytes", frame(0x81, QByteArray(200, 'x')), "text 200");
        row("as long as may be", frame(0x81, QByteArray(300, 'x')), "text 300");
        row("empty fragments for long",
            frame(0x01, "a") + frame(0x00, "").repeated(5'000) + frame(0x80, "b"),
            "text ab");
        row("close", frame(0x88, ""), "close ");
        row("close with a reason", frame(0x88, "\x0f\xa0why"), "close \x0f\xa0why");

        row("too long", frame(0x81, QByteArray(301, 'x')), "1009 message-too-big");
        row("too long, only its head",
            frame(0x81, QByteArray(301, 'x')).first(4 + 4),
            "1009 message-too-big");
        row("length of eight bytes",
            QByteArray("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10),
            "1009 message-too-big");
        row("length with its highest bit",
            QByteArray("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10),
            "1009 message-too-big");
        row("fragments for ever",
            frame(0x01, "a") + frame(0x00, QByteArray(10, 'x')).repeated(30),
            "1009 message-too-big");
        row("unmasked", net::wsFrame(1, "hi"), "1002 unmasked-frame");
        row("reserved bit", frame(0xc1, "hi"), "1002 no-extensions-here");
        row("unknown opcode", frame(0x83, "hi"), "1002 unknown-opcode");
        row("unknown control", frame(0x8b, "hi"), "1002 unknown-opcode");
        row("ping in fragments", frame(0x09, "hi"), "1002 control-frame-malformed");
        row("long ping", frame(0x89, QByteArray(126, 'x')), "1002 control-frame-malformed");
        row("nothing to continue", frame(0x80, "hi"), "1002 nothing-to-continue");
        row("message within a message",
            frame(0x01, "a") + frame(0x81, "b"),
            "1002 message-unfinished");
        row("no utf-8", frame(0x81, "\xff"), "1007 text-is-not-utf-8");
        row("surrogate", frame(0x81, "\xed\xa0\x80"), "1007 text-is-not-utf-8");
        row("close of one byte", frame(0x88, "\x03"), "1002 close-frame-malformed");
        row("close 1005", frame(0x88, "\x03\xed"), "1002 close-frame-malformed");
        row("close with no utf-8", frame(0x88, "\x03\xe8\xff"), "1002 close-frame-malformed");
        row("nothing behind a failure",
            net::wsFrame(1, "hi") + frame(0x81, "hi"),
            "1002 unmasked-frame");
    }

    void readsFrames()
    {
        QFETCH(const QByteArray, sent);
        QFETCH(const QByteArray, expected);
        for (const qsizetype pieceBytes : {sent.size(), qsizetype {1}, qsizetype {7}}) {
            QCOMPARE(read(sent, pieceBytes), expected);
        }
    }

    void writesFrames()
    {
        QCOMPARE(net::wsFrame(1, "hi"), QByteArray("\x81\x02hi"));
        QCOMPARE(net::wsFrame(1, QByteArray(126, 'x')).first(4), QByteArray("\x81\x7e\x00\x7e", 4));
        QCOMPARE(net::wsFrame(2, QByteArray(65'536, 'x')).first(10),
            QByteArray("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
        QCOMPARE(net::wsCloseFrame(1009, "x"), QByteArray("\x88\x03\x03\xf1x"));
        // The example of RFC 6455 1.3.
        QCOMPARE(net::wsAcceptOf("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
};

QTEST_GUILESS_MAIN(WsFramesTest)
#include "tst_ws_frames.moc"
