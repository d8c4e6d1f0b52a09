#pragma once

#include <QByteArray>

#include <map>

namespace driftless::test {

/// Compares an answer of the reference with ours. Versions differ at every run, so each of theirs
/// stands for one of ours, the same wherever it is met; times, trace ids and positions in the log
/// are compared as such. Documents are compared member by member in any order (the reference
/// scrambles an updated one); everything else in order. Ours may have more in errors: `Code`,
/// `code`, `Path`, `path`, `detail`.
class JsonComparison
{
public:
    /// Empty if they are alike; else where and how they differ.
    QByteArray difference(const QByteArray &theirs, const QByteArray &ours, bool areDocuments);

    /// The text with each version of theirs exchanged for ours, in the case that it has.
    [[nodiscard]] QByteArray translated(QByteArray text) const;

private:
    QByteArray compare(
        QByteArrayView theirs, QByteArrayView ours, const QByteArray &path, bool inAnyOrder);
    QByteArray compareObjects(
        QByteArrayView theirs, QByteArrayView ours, const QByteArray &path, bool inAnyOrder);
    QByteArray compareArrays(
        QByteArrayView theirs, QByteArrayView ours, const QByteArray &path, bool inAnyOrder);
    QByteArray compareStrings(
        const QByteArray &theirs, const QByteArray &ours, const QByteArray &path);

    std::map<QByteArray, QByteArray> m_versions; ///< theirs -> ours
};

} // namespace driftless::test
