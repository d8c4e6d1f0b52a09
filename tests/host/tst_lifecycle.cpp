#include <QElapsedTimer>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

namespace {

constexpr int kWaitMs = 20'000; // far above anything expected: a loaded machine is no failure

/// The real program in a process of its own, with its data in `folder` and no settings of this
/// machine.
class Program
{
public:
    explicit Program(const QTemporaryDir &folder)
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove(
            QStringLiteral("QT_FATAL_WARNINGS")); // the node's warnings are meant for its operator
        environment.insert(
            QStringLiteral("XDG_CONFIG_HOME"), folder.filePath(QStringLiteral("config")));
        environment.insert(
            QStringLiteral("XDG_DATA_HOME"), folder.filePath(QStringLiteral("data")));
        m_process.setProcessEnvironment(environment);
        m_process.setProgram(QStringLiteral(DRIFTLESS_BINARY_DIR "/driftless"));
    }
    ~Program()
    {
        if (m_process.state() != QProcess::NotRunning) {
            m_process.kill();
            m_process.waitForFinished(kWaitMs);
        }
    }

    /// True once the ready line is there.
    bool startNode(QStringList arguments = {})
    {
        if (arguments.filter(QStringLiteral("--listen")).isEmpty()) {
            arguments += QStringLiteral("--listen=127.0.0.1:0");
        }
        m_process.setArguments(QStringList {QStringLiteral("--server")} + arguments);
        m_process.start();
        while (!m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(kWaitMs)) {
                return false;
            }
        }
        m_readyLine = m_process.readLine();
        return true;
    }
    /// Of a call that is to end by itself.
    int run(const QStringList &arguments)
    {
        m_process.setArguments(arguments);
        m_process.start();
        return waitForEnd();
    }
    /// The exit code; -1 if it does not end, -2 if it was killed or crashed.
    int waitForEnd()
    {
        if (!m_process.waitForFinished(kWaitMs)) {
            return -1;
        }
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -2;
    }
    void signal(int number) { ::kill(static_cast<pid_t>(m_process.processId()), number); }

    [[nodiscard]] const QByteArray &readyLine() const { return m_readyLine; }
    [[nodiscard]] quint16 port() const
    {
        return m_readyLine.trimmed().split(':').last().toUShort();
    }
    /// All that was written there so far.
    const QByteArray &standardError()
    {
        m_error += m_process.readAllStandardError();
        return m_error;
    }
    QByteArray standardOutput() { return m_process.readAllStandardOutput(); }
    /// Waits until standard error has `text`.
    bool waitForError(const QByteArray &text)
    {
        m_process.setReadChannel(QProcess::StandardError);
        while (!standardError().contains(text) && m_process.waitForReadyRead(kWaitMs)) { }
        m_process.setReadChannel(QProcess::StandardOutput);
        return m_error.contains(text);
    }

private:
    QProcess m_process;
    QByteArray m_readyLine;
    QByteArray m_error;
};

/// One request on a connection of its own; the whole answer, or nothing.
QByteArray request(quint16 port, const QByteArray &line, const QByteArray &body = {})
{
    QTcpSocket socket;
    socket.connectToHost(QStringLiteral("127.0.0.1"), port);
    if (!socket.waitForConnected(kWaitMs)) {
        return {};
    }
    QByteArray text = line
        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nDatabase: sales\r\nApiKey: "
          "root\r\n";
    if (!body.isEmpty()) {
        text += "Content-Type: application/json\r\nContent-Length: "
            + QByteArray::number(body.size()) + "\r\n";
    }
    socket.write(text + "\r\n" + body);
    QByteArray answer;
    while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead(kWaitMs)) {
        answer += socket.readAll();
    }
    return answer + socket.readAll();
}

QByteArray statusOf(const QByteArray &answer)
{
    return answer.mid(9, 3);
}

} // namespace

class TestLifecycle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void helpAndVersionAreAnswered();
    void wrongUseEndsTheStart_data();
    void wrongUseEndsTheStart();
    void theReadyLineSaysWhereToGo();
    void withoutServerTheNodeRunsAllTheSame();
    void knownSecretsStayOnLoopback();
    void aTerminatedNodeHasWrittenEverything_data();
    void aTerminatedNodeHasWrittenEverything();
    void aTerminatedNodeAnswersWhatItTook();
    void anIdleConnectionDelaysNoStop();
    void aKilledNodeHasWhatItAcknowledged();
    void aHangUpChangesNothing();
    void aSecondNodeOnTheDirectoryIsRefused();
    void anAddressInUseIsSaid();
    void aDirectoryThatCannotBeMadeIsSaid();
    void theDataIsForItsUserOnly();
    void theLogCanBeJson();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestLifecycle::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestLifecycle::helpAndVersionAreAnswered()
{
    Program help(*m_folder);
    QCOMPARE(help.run({QStringLiteral("--help")}), 0);
    const QByteArray text = help.standardOutput();
    for (const char *named :
        {"--listen ADDRESS", "Node:ReplicationBatchSize", "1 to 10,000", "Exit codes"}) {
        QVERIFY2(text.contains(named), named);
    }
    Program version(*m_folder);
    QCOMPARE(version.run({QStringLiteral("--version")}), 0);
    QVERIFY(version.standardOutput().startsWith("driftless 0."));
}

void TestLifecycle::wrongUseEndsTheStart_data()
{
    QTest::addColumn<QString>("argument");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("option") << QStringLiteral("--sever") << 64
                            << QByteArray("did you mean --server?");
    QTest::newRow("value") << QStringLiteral("--Node:Limits:Connections=0") << 78
                           << QByteArray("Node:Limits:Connections = '0' from command line");
    QTest::newRow("file") << QStringLiteral("--config=/nowhere.json") << 78
                          << QByteArray("/nowhere.json");
    QTest::newRow("secret") << QStringLiteral("--Auth:RootApiKey=caf\u00e9") << 78
                            << QByteArray("Auth:RootApiKey (its value is not shown)");
    QTest::newRow("two equal keys")
        << QStringLiteral("--Auth:ApiKeys:0:Key=root") << 78 << QByteArray("have the same key");
}

void TestLifecycle::wrongUseEndsTheStart()
{
    QFETCH(const QString, argument);
    QFETCH(const int, code);
    QFETCH(const QByteArray, said);
    Program program(*m_folder);
    QCOMPARE(program.run({QStringLiteral("--server"), argument}), code);
    const QByteArray error = program.standardError();
    QVERIFY2(error.contains(said), error.constData());
    QVERIFY(!error.contains("caf"));
    if (argument
        != QStringLiteral(
            "--Auth:ApiKeys:0:Key=root")) { // that one is found behind the warning of known secrets
        QCOMPARE(error.count('\n'), 1);
    }
    QVERIFY(program.standardOutput().isEmpty());
}

void TestLifecycle::theReadyLineSaysWhereToGo()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode({QStringLiteral("--Node:NodeId=till-2")}),
        program.standardError().constData());
    const QRegularExpression shape(QStringLiteral(
        "^driftless: node till-2 listening on http://127\\.0\\.0\\.1:[1-9][0-9]*\\n$"));
    QVERIFY2(shape.match(QString::fromUtf8(program.readyLine())).hasMatch(),
        program.readyLine().constData());
    const QByteArray answer = request(program.port(), "GET /node");
    QCOMPARE(statusOf(answer), QByteArray("200"));
    QVERIFY2(answer.contains("\"NodeId\":\"till-2\""), answer.constData());
}

void TestLifecycle::withoutServerTheNodeRunsAllTheSame()
{
    Program program(*m_folder);
    QCOMPARE(program.run({QStringLiteral("--Node:Limits:Connections=0")}), 78);
    QVERIFY(program.standardError().contains("no window: the node runs as with --server"));
}

void TestLifecycle::knownSecretsStayOnLoopback()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode({QStringLiteral("--listen=0.0.0.0:0"),
                 QStringLiteral("--Node:AllowPlainHttp=true")}),
        program.standardError().constData());
    QVERIFY2(program.readyLine().contains("http://127.0.0.1:"), program.readyLine().constData());
    QVERIFY(program.waitForError("loopback only"));
}

void TestLifecycle::aTerminatedNodeHasWrittenEverything_data()
{
    QTest::addColumn<int>("number");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
}

void TestLifecycle::aTerminatedNodeHasWrittenEverything()
{
    QFETCH(const int, number);
    {
        Program program(*m_folder);
        QVERIFY2(program.startNode(), program.standardError().constData());
        QCOMPARE(statusOf(request(
                     program.port(), "PUT /api/documents/products/1", R"({"name":"Halloumi"})")),
            QByteArray("200"));
        QElapsedTimer timer;
        timer.start();
        program.signal(number);
        QCOMPARE(program.waitForEnd(), 0);
        QVERIFY2(timer.elapsed() < 2'000, QByteArray::number(timer.elapsed()).constData());
    }
    const QString database = m_folder->filePath(QStringLiteral("data/driftless/node-1/sales.db"));
    QVERIFY(QFileInfo::exists(database));
    QVERIFY(!QFileInfo::exists(database + QStringLiteral("-wal"))); // checkpointed and closed
    Program again(*m_folder);
    QVERIFY2(again.startNode(), again.standardError().constData());
    QVERIFY(request(again.port(), "GET /api/documents/products/1").contains("Halloumi"));
}

void TestLifecycle::aTerminatedNodeAnswersWhatItTook()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode(), program.standardError().constData());
    QCOMPARE(statusOf(request(program.port(), "GET /api/documents")), QByteArray("200"));
    // Requests that are on their way when the signal comes: each is acknowledged and there, or was
    // never taken.
    constexpr int kWrites = 200;
    QTcpSocket socket;
    socket.connectToHost(QStringLiteral("127.0.0.1"), program.port());
    QVERIFY(socket.waitForConnected(kWaitMs));
    for (int i = 0; i < kWrites; ++i) {
        const QByteArray number = QByteArray::number(i);
        socket.write("PUT /api/documents/t/" + number
            + " HTTP/1.1\r\nHost: x\r\nDatabase: sales\r\nApiKey: root\r\nContent-Type: "
              "application/json\r\n"
              "Content-Length: 7\r\n\r\n{\"v\":1}");
    }
    QVERIFY(socket.waitForReadyRead(kWaitMs));
    program.signal(SIGTERM);
    QByteArray answers;
    do {
        answers += socket.readAll();
    } while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead(kWaitMs));
    answers += socket.readAll();
    const int code = program.waitForEnd();
    QVERIFY2(code == 0, program.standardError().constData());

    const auto acknowledged = answers.count("HTTP/1.1 200");
    QVERIFY(acknowledged > 0);
    Program again(*m_folder);
    QVERIFY2(again.startNode(), again.standardError().constData());
    const QByteArray page = request(again.port(), "GET /api/documents/t?take=10000");
    QVERIFY2(page.count("\"v\":1") >= acknowledged, page.constData());
}

void TestLifecycle::anIdleConnectionDelaysNoStop()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode(), program.standardError().constData());
    QTcpSocket idle;
    idle.connectToHost(QStringLiteral("127.0.0.1"), program.port());
    QVERIFY(idle.waitForConnected(kWaitMs));
    QTcpSocket halfway;
    halfway.connectToHost(QStringLiteral("127.0.0.1"), program.port());
    QVERIFY(halfway.waitForConnected(kWaitMs));
    halfway.write("PUT /api/documents/t/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    halfway.flush();
    QCOMPARE(statusOf(request(program.port(), "GET /node")),
        QByteArray("200")); // both have been accepted before this one
    QElapsedTimer timer;
    timer.start();
    program.signal(SIGTERM);
    QCOMPARE(program.waitForEnd(), 0);
    QVERIFY2(timer.elapsed() < 2'000, QByteArray::number(timer.elapsed()).constData());
}

void TestLifecycle::aKilledNodeHasWhatItAcknowledged()
{
    {
        Program program(*m_folder);
        QVERIFY2(program.startNode(), program.standardError().constData());
        QCOMPARE(statusOf(request(
                     program.port(), "PUT /api/documents/products/1", R"({"name":"Halloumi"})")),
            QByteArray("200"));
        program.signal(SIGKILL);
        QCOMPARE(program.waitForEnd(), -2);
    }
    Program again(*m_folder);
    QVERIFY2(again.startNode(), again.standardError().constData());
    QVERIFY(request(again.port(), "GET /api/documents/products/1").contains("Halloumi"));
}

void TestLifecycle::aHangUpChangesNothing()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode(), program.standardError().constData());
    program.signal(SIGHUP);
    QVERIFY(program.waitForError("SIGHUP changes nothing"));
    QCOMPARE(statusOf(request(program.port(), "GET /node")), QByteArray("200"));
}

void TestLifecycle::aSecondNodeOnTheDirectoryIsRefused()
{
    Program first(*m_folder);
    QVERIFY2(first.startNode(), first.standardError().constData());
    Program second(*m_folder);
    QCOMPARE(second.run({QStringLiteral("--server"), QStringLiteral("--listen=127.0.0.1:0")}), 75);
    const QByteArray error = second.standardError();
    QVERIFY2(error.contains(
                 "'" + m_folder->filePath(QStringLiteral("data/driftless/node-1")).toUtf8() + "'"),
        error.constData());
    QCOMPARE(statusOf(request(first.port(), "GET /node")), QByteArray("200"));
    Program other(*m_folder); // another node id has a directory of its own
    QVERIFY2(other.startNode({QStringLiteral("--Node:NodeId=node-2")}),
        other.standardError().constData());
}

void TestLifecycle::anAddressInUseIsSaid()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    const QString address = QStringLiteral("127.0.0.1:%1").arg(other.serverPort());
    Program program(*m_folder);
    QCOMPARE(program.run({QStringLiteral("--server"), QStringLiteral("--listen"), address}), 69);
    const QByteArray error = program.standardError();
    QVERIFY2(error.contains(address.toUtf8()), error.constData());
}

void TestLifecycle::aDirectoryThatCannotBeMadeIsSaid()
{
    Program program(*m_folder);
    QCOMPARE(program.run({QStringLiteral("--server"),
                 QStringLiteral("--listen=127.0.0.1:0"),
                 QStringLiteral("--data-dir=/proc/nowhere")}),
        1);
    const QByteArray error = program.standardError();
    QVERIFY2(error.contains("'/proc/nowhere/node-1'"), error.constData());
}

void TestLifecycle::theDataIsForItsUserOnly()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode(), program.standardError().constData());
    const QFileInfo info(m_folder->filePath(QStringLiteral("data/driftless/node-1")));
    QVERIFY(info.isDir());
    const auto others = QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ExeGroup
        | QFileDevice::ReadOther | QFileDevice::WriteOther | QFileDevice::ExeOther;
    QVERIFY(!(info.permissions() & others));
}

void TestLifecycle::theLogCanBeJson()
{
    Program program(*m_folder);
    QVERIFY2(program.startNode({QStringLiteral("--log-format=json")}),
        program.standardError().constData());
    program.signal(SIGTERM);
    QCOMPARE(program.waitForEnd(), 0);
    const QByteArray log = program.standardError();
    QVERIFY(log.count('\n') >= 2);
    for (const QByteArray &line : log.split('\n')) {
        if (!line.isEmpty()) {
            const QJsonObject object = QJsonDocument::fromJson(line).object();
            QVERIFY2(
                object.contains(QStringLiteral("ts")) && object.contains(QStringLiteral("msg")),
                line.constData());
        }
    }
}

QTEST_GUILESS_MAIN(TestLifecycle)
#include "tst_lifecycle.moc"
