#include "mutator.h"

#include <array>

namespace driftless::fuzz {

Mutator::Mutator(
    support::SeededRandom &random, const QByteArrayList &corpus, const QByteArrayList &dictionary)
    : m_random(random)
    , m_corpus(corpus)
    , m_dictionary(dictionary)
{
}

qsizetype Mutator::below(qsizetype bound)
{
    return static_cast<qsizetype>(m_random.below(static_cast<std::uint64_t>(bound)));
}

const QByteArray &Mutator::oneOf(const QByteArrayList &list)
{
    return list[below(list.size())];
}

QByteArray Mutator::next()
{
    QByteArray input = oneOf(m_corpus);
    input.detach();
    for (int i = m_random.between(1, 5); i > 0; --i) {
        change(input);
    }
    input.truncate(kBytesMax);
    return input;
}

void Mutator::change(QByteArray &input)
{
    const qsizetype at = below(input.size() + 1);
    const bool isInside = at < input.size();
    switch (m_random.below(8)) {
    case 0:
        if (isInside) {
            input[at] = static_cast<char>(input[at] ^ (1 << m_random.below(8)));
        }
        return;
    case 1:
        if (isInside) {
            input[at] = static_cast<char>(m_random.below(256));
        }
        return;
    case 2:
        input.insert(at, static_cast<char>(m_random.below(256)));
        return;
    case 3:
        input.remove(at, 1 + below(m_random.pick(std::array {2, 8, 64})));
        return;
    case 4: { // a piece again
        const QByteArray piece = input.mid(below(input.size() + 1), 1 + below(40));
        input.insert(at, piece);
        return;
    }
    case 5: { // another case from here on, or a piece of it
        const QByteArray &other = oneOf(m_corpus);
        const qsizetype from = below(other.size() + 1);
        if (m_random.oneIn(2)) {
            input = input.first(at) + other.sliced(from);
        } else {
            input.insert(at, other.mid(from, 1 + below(40)));
        }
        return;
    }
    default:
        if (!m_dictionary.isEmpty()) {
            input.insert(at, oneOf(m_dictionary));
        } else if (isInside) {
            input[at] = static_cast<char>(
                m_random.pick(std::array {0x00, 0x01, 0x7f, 0x80, 0xff, 0x18, 0x1b, 0x40}));
        }
        return;
    }
}

QByteArrayList dictionaryOf(const QByteArray &text)
{
    QByteArrayList words;
    for (const QByteArray &line : text.split('\n')) {
        const qsizetype open = line.indexOf('"');
        const qsizetype close = line.lastIndexOf('"');
        if (line.trimmed().startsWith('#') || open < 0 || close <= open) {
            continue;
        }
        const QByteArray raw = line.sliced(open + 1, close - open - 1);
        QByteArray word;
        for (qsizetype i = 0; i < raw.size(); ++i) {
            if (raw[i] != '\\') {
                word += raw[i];
            } else if (raw.mid(i + 1, 1) == "x") {
                word += QByteArray::fromHex(raw.mid(i + 2, 2));
                i += 3;
            } else {
                word += raw.mid(i + 1, 1);
                ++i;
            }
        }
        words += word;
    }
    return words;
}

} // namespace driftless::fuzz
