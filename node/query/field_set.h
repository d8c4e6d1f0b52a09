#pragma once

#include "query/ast.h"

#include <vector>

namespace driftless::query {

/// Which members of the root of a document a statement touches: all of them, or some by name. What
/// is not in the set need not be read; reading more changes no answer. A value.
class FieldSet
{
public:
    FieldSet() = default; ///< no member
    static FieldSet all();
    static FieldSet of(std::initializer_list<QByteArrayView> names);

    void add(QByteArrayView name); ///< in any case
    void add(const FieldSet &other);
    void addAll();

    [[nodiscard]] bool isAll() const { return m_isAll; }
    /// True for a name of the set, in any case.
    [[nodiscard]] bool contains(QByteArrayView name) const
    {
        return m_isAll || find(name) != nullptr;
    }
    /// The folded name; null if it is not one of `names`.
    [[nodiscard]] const QByteArray *find(QByteArrayView name) const;
    /// Folded, sorted; empty where the set is all.
    [[nodiscard]] const std::vector<QByteArray> &names() const { return m_names; }

private:
    bool m_isAll = false;
    std::vector<QByteArray> m_names;
};

/// What an expression over one document touches, `@` at its top being that document, too. Of `*` it
/// is what is touched of each of its documents: `COUNT(*)` touches nothing, `SUM(*.qty)` one
/// member.
FieldSet fieldsOf(const Expression &expression);
/// Of the whole statement: list, INCLUDE, WHERE, GROUP BY, HAVING and ORDER BY.
FieldSet fieldsOf(const Select &select);
/// What the condition and the new values look at, and what they are put into; `_id` always.
FieldSet fieldsOf(const Update &update);
/// The condition's, and `_id`.
FieldSet fieldsOf(const Delete &statement);

} // namespace driftless::query
