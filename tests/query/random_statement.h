#pragma once

#include "query/function_table.h"

#include <QByteArray>

#include <initializer_list>
#include <random>
#include <vector>

namespace driftless::query {

/// Texts of the whole grammar, all of them valid, in spellings that the canonical text lacks:
/// blanks, comments, either quote, any case. The same ones for the same seed.
class RandomStatement
{
public:
    explicit RandomStatement(std::uint64_t seed);

    QByteArray statement();
    /// One value, with at most so many levels of nesting. Knows no `*`.
    QByteArray scalar(int depth);
    /// Many values.
    QByteArray sequence(int depth);

private:
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return m_random() % bound; }
    bool chance(std::uint64_t of) { return below(of) == 0; }
    QByteArray pick(std::initializer_list<const char *> from);
    QByteArray inAnyCase(QByteArray word);
    QByteArray cased(const char *keyword); ///< in any case, with blanks around
    QByteArray blank(); ///< at least one
    QByteArray list(
        const QByteArray &element, int more, QByteArray (RandomStatement::*next)(int), int depth);

    QByteArray literal();
    QByteArray number();
    QByteArray string();
    QByteArray name(); ///< a word that may stand anywhere
    QByteArray collection();
    QByteArray anyName(); ///< of a member: also quoted
    QByteArray step();
    QByteArray scalarPath();
    QByteArray sequencePath(int depth);
    QByteArray single(int depth);
    QByteArray binary(int depth);
    QByteArray predicate(int depth);
    QByteArray negation(int depth);
    QByteArray document(int depth);
    QByteArray call(int depth, Shape shape);
    QByteArray lambda(int depth);
    QByteArray json(int depth);
    QByteArray jsonDocument(int depth);
    QByteArray where();
    QByteArray item(int depth);
    QByteArray select();
    QByteArray selectTail();
    QByteArray insert();
    QByteArray update();
    QByteArray remove();
    QByteArray index();

    std::mt19937_64 m_random;
    std::vector<const Function *> m_functions[2]; ///< by shape
    bool m_hasSource = false; ///< `*` may stand here
};

} // namespace driftless::query
