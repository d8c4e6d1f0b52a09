#pragma once

#include <QByteArrayList>
#include <QString>

#include <functional>
#include <vector>

namespace driftless::tidy {

/// A text file of the project.
struct SourceFile
{
    QString path; ///< from the root: "node/core/json.h"
    QByteArray text; ///< as it is
    QByteArray code; ///< of C++: comments and what stands between quotes are blanks, lines stay;
                     ///< else as `text`

    [[nodiscard]] QString folder() const { return path.section(QLatin1Char('/'), 0, -2); }
    [[nodiscard]] bool isHeader() const { return path.endsWith(QLatin1String(".h")); }
    [[nodiscard]] bool isCpp() const { return isHeader() || path.endsWith(QLatin1String(".cpp")); }
};

/// All text files below the folder of the root, by path; what is built or downloaded is left out.
/// "" is the root itself.
std::vector<SourceFile> filesBelow(const QString &folder);
/// The C++ files among them.
std::vector<SourceFile> cppBelow(const QStringList &folders);

/// Of C++ text: comments, strings and characters as blanks, so that words are only found where they
/// are code.
QByteArray codeOf(const QByteArray &text);

/// "path:line: text" of each line of `file.code` (or `file.text`) that matches.
QByteArrayList linesThatMatch(const SourceFile &file, const QString &pattern, bool inCode = true);

QByteArray readFile(const QString &path);

} // namespace driftless::tidy
