#include "source_tree.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>

#include <algorithm>

namespace driftless::tidy {

namespace {

const QString kRoot = QStringLiteral(DRIFTLESS_SOURCE_DIR "/");

bool isText(const QString &path)
{
    static const QRegularExpression pattern(QStringLiteral(
        R"((\.(h|cpp|md|py|txt|cmake|sh|json|ndjson|supp|yml)|/dev|/run|\.clang-[a-z]+)$)"));
    return pattern.match(path).hasMatch();
}

bool isOurs(const QString &path)
{
    return !path.startsWith(QLatin1String("build/")) && !path.startsWith(QLatin1String(".git/"))
        && !path.contains(QLatin1String("/__pycache__/"));
}

/// Where the literal that begins at `at` ends, its prefix taken; `at` itself if none begins there.
qsizetype endOfLiteral(const QByteArray &text, qsizetype at)
{
    const char quote = text[at];
    if (quote == 'R' && at + 1 < text.size() && text[at + 1] == '"'
        && (at == 0 || !QChar::isLetterOrNumber(static_cast<uchar>(text[at - 1])))) {
        const qsizetype open = text.indexOf('(', at);
        const QByteArray close = ')' + text.mid(at + 2, open - at - 2) + '"';
        const qsizetype end = text.indexOf(close, open);
        return end < 0 ? text.size() : end + close.size();
    }
    // An apostrophe between digits parts them.
    const bool isSeparator
        = quote == '\'' && at > 0 && QChar::isLetterOrNumber(static_cast<uchar>(text[at - 1]));
    if ((quote != '"' && quote != '\'') || isSeparator) {
        return at;
    }
    qsizetype end = at + 1;
    while (end < text.size() && text[end] != quote && text[end] != '\n') {
        end += text[end] == '\\' ? 2 : 1;
    }
    return std::min(end + 1, text.size());
}

qsizetype endOfComment(const QByteArray &text, qsizetype at)
{
    if (text.mid(at, 2) == "//") {
        const qsizetype end = text.indexOf('\n', at);
        return end < 0 ? text.size() : end;
    }
    if (text.mid(at, 2) == "/*") {
        const qsizetype end = text.indexOf("*/", at);
        return end < 0 ? text.size() : end + 2;
    }
    return at;
}

} // namespace

QByteArray codeOf(const QByteArray &text)
{
    QByteArray code = text;
    for (qsizetype at = 0; at < text.size();) {
        const qsizetype end = std::max(endOfComment(text, at), endOfLiteral(text, at));
        if (end == at) {
            ++at;
            continue;
        }
        for (; at < end; ++at) {
            code[at] = text[at] == '\n' ? '\n' : ' ';
        }
    }
    return code;
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<SourceFile> filesBelow(const QString &folder)
{
    std::vector<SourceFile> files;
    QDirIterator entries(kRoot + folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (entries.hasNext()) {
        const QString full = QDir::cleanPath(entries.next());
        const QString path = full.mid(kRoot.size());
        if (!isOurs(path) || !isText(full)) {
            continue;
        }
        SourceFile file {path, readFile(full), {}};
        file.code = file.isCpp() ? codeOf(file.text) : file.text;
        files.push_back(std::move(file));
    }
    std::sort(files.begin(), files.end(), [](const SourceFile &a, const SourceFile &b) {
        return a.path < b.path;
    });
    return files;
}

std::vector<SourceFile> cppBelow(const QStringList &folders)
{
    std::vector<SourceFile> files;
    for (const QString &folder : folders) {
        for (SourceFile &file : filesBelow(folder)) {
            if (file.isCpp()) {
                files.push_back(std::move(file));
            }
        }
    }
    return files;
}

QByteArrayList linesThatMatch(const SourceFile &file, const QString &pattern, bool inCode)
{
    QByteArrayList found;
    const QRegularExpression expression(pattern);
    const QByteArrayList lines = file.text.split('\n');
    const QByteArrayList searched = inCode ? file.code.split('\n') : lines;
    for (qsizetype i = 0; i < searched.size(); ++i) {
        if (expression.match(QString::fromUtf8(searched[i])).hasMatch()) {
            found
                += file.path.toUtf8() + ':' + QByteArray::number(i + 1) + ": " + lines[i].trimmed();
        }
    }
    return found;
}

} // namespace driftless::tidy
