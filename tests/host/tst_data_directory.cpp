#include "host/data_directory.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace driftless;
using namespace driftless::host;

class TestDataDirectory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void foldersAreMadeForTheirUserOnly();
    void aSecondNodeIsRefused();
    void whatCannotBeMadeIsSaid();
};

void TestDataDirectory::foldersAreMadeForTheirUserOnly()
{
    QTemporaryDir root;
    const QString path = root.filePath(QStringLiteral("a/ä/node-1"));
    const auto lock = takeDataDirectory(path.toUtf8());
    QVERIFY2(lock, lock ? "" : lock.error().message.constData());
    const auto others = QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ExeGroup
        | QFileDevice::ReadOther | QFileDevice::WriteOther | QFileDevice::ExeOther;
    for (const char *folder : {"a", "a/ä", "a/ä/node-1"}) {
        const QFileInfo info(root.filePath(QString::fromUtf8(folder)));
        QVERIFY(info.isDir());
        QVERIFY(!(info.permissions() & others));
    }
}

void TestDataDirectory::aSecondNodeIsRefused()
{
    QTemporaryDir root;
    const QByteArray path = root.filePath(QStringLiteral("node-1")).toUtf8();
    {
        const auto first = takeDataDirectory(path);
        QVERIFY(first);
        const auto second = takeDataDirectory(path);
        QVERIFY(!second);
        QVERIFY(second.error().code == ErrorCode::FileInUse);
        QVERIFY2(
            second.error().message.contains("'" + path + "'"), second.error().message.constData());
    }
    QVERIFY(takeDataDirectory(path)); // a lock file that was left behind stops nobody
}

void TestDataDirectory::whatCannotBeMadeIsSaid()
{
    QTemporaryDir root;
    QFile file(root.filePath(QStringLiteral("file")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const QByteArray path = file.fileName().toUtf8() + "/node-1";
    const auto lock = takeDataDirectory(path);
    QVERIFY(!lock);
    QVERIFY2(lock.error().message.contains(path), lock.error().message.constData());
    const auto onFile = takeDataDirectory(file.fileName().toUtf8());
    QVERIFY(!onFile);
}

QTEST_APPLESS_MAIN(TestDataDirectory)
#include "tst_data_directory.moc"
