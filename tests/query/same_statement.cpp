#include "same_statement.h"

#include "query/extended_json.h"

#include <algorithm>

namespace driftless::query {

namespace {

bool areSame(const Facts &a, const Facts &b)
{
    return a.isSequence == b.isSequence && a.usesSource == b.usesSource && a.usesRoot == b.usesRoot
        && a.isImmutable == b.isImmutable && a.fields == b.fields;
}

bool areSame(const ExpressionPointer &a, const ExpressionPointer &b)
{
    return (!a && !b) || (a && b && areSameExpressions(*a, *b));
}

bool areSame(const SelectItem &a, const SelectItem &b)
{
    return areSame(a.expression, b.expression) && a.alias == b.alias;
}

bool areSame(const SortKey &a, const SortKey &b)
{
    return areSame(a.expression, b.expression) && a.isDescending == b.isDescending;
}

bool areSame(const Assignment &a, const Assignment &b)
{
    return a.path == b.path && areSame(a.value, b.value);
}

bool areSame(const Value &a, const Value &b)
{
    return toExtendedJson(a) == toExtendedJson(b);
}

template <typename T> bool areSame(const std::vector<T> &a, const std::vector<T> &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T &x, const T &y) {
        return areSame(x, y);
    });
}

bool areSame(const Select &a, const Select &b)
{
    return a.isExplain == b.isExplain && a.isDistinct == b.isDistinct && areSame(a.items, b.items)
        && a.collection == b.collection && areSame(a.includes, b.includes)
        && areSame(a.where, b.where) && areSame(a.groupBy, b.groupBy) && areSame(a.having, b.having)
        && areSame(a.orderBy, b.orderBy) && a.top == b.top && a.limit == b.limit
        && a.offset == b.offset && a.isForUpdate == b.isForUpdate;
}

bool areSame(const Insert &a, const Insert &b)
{
    return a.collection == b.collection && a.idType == b.idType
        && areSame(a.documents, b.documents);
}

bool areSame(const Update &a, const Update &b)
{
    return a.collection == b.collection && areSame(a.patch, b.patch)
        && areSame(a.assignments, b.assignments) && areSame(a.where, b.where);
}

bool areSame(const Delete &a, const Delete &b)
{
    return a.collection == b.collection && areSame(a.where, b.where);
}

bool areSame(const CreateIndex &a, const CreateIndex &b)
{
    return a.name == b.name && a.collection == b.collection && areSame(a.expression, b.expression)
        && a.isUnique == b.isUnique;
}

bool areSame(const DropIndex &a, const DropIndex &b)
{
    return a.collection == b.collection && a.name == b.name;
}

} // namespace

bool areSameExpressions(const Expression &a, const Expression &b)
{
    return areEqual(a, b) && areSame(a.facts, b.facts) && a.height == b.height;
}

bool areSameStatements(const Statement &a, const Statement &b)
{
    return std::visit(
        [&b](const auto &one) {
            const auto *other = std::get_if<std::decay_t<decltype(one)>>(&b);
            return other != nullptr && areSame(one, *other);
        },
        a);
}

} // namespace driftless::query
