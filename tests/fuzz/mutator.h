#pragma once

#include "seeded_random.h"

#include <QByteArrayList>

namespace driftless::fuzz {

/// Changes the cases of a corpus the way fuzzers do, but blindly: bytes, pieces of the same and of
/// other cases, words of a dictionary. One thread.
class Mutator
{
public:
    static constexpr qsizetype kBytesMax = 4'096;

    /// `corpus` has a case at least; everything outlives the mutator.
    Mutator(support::SeededRandom &random,
        const QByteArrayList &corpus,
        const QByteArrayList &dictionary);

    QByteArray next();

private:
    void change(QByteArray &input);
    qsizetype below(qsizetype bound);
    const QByteArray &oneOf(const QByteArrayList &list);

    support::SeededRandom &m_random;
    const QByteArrayList &m_corpus;
    const QByteArrayList &m_dictionary;
};

/// The words of a dictionary in libFuzzer's format: a quoted word a line, \" \\ and \xNN as
/// escapes, a name and '=' in front if one likes, comments behind '#'.
QByteArrayList dictionaryOf(const QByteArray &text);

} // namespace driftless::fuzz
