#include "query/projection.h"

#include <QByteArrayList>

#include <algorithm>

namespace driftless::query {

namespace {

bool isWholeRow(const Expression &expression)
{
    switch (expression.kind) {
    case ExpressionKind::DocumentForm:
        return true;
    case ExpressionKind::Path:
        return expression.root == PathRoot::Root && expression.steps.empty();
    case ExpressionKind::Call:
        return expression.name == "EXTEND";
    default:
        return false;
    }
}

QByteArray automaticName(const Expression &expression)
{
    QByteArrayList fields;
    for (const QByteArray &field : expression.facts.fields) {
        if (field != "$") {
            fields += field;
        }
    }
    return fields.isEmpty() ? QByteArrayLiteral("expr") : fields.join('_');
}

} // namespace

Projection::Projection(std::span<const SelectItem> items)
    : m_isWhole(items.size() == 1 && isWholeRow(*items.front().expression))
{
    int counter = 0; // one for the whole list
    for (const SelectItem &item : items) {
        QByteArray name = item.alias.isEmpty() ? automaticName(*item.expression) : item.alias;
        if (std::find(m_names.begin(), m_names.end(), name) != m_names.end()) {
            name += QByteArray::number(++counter);
        }
        m_names.push_back(name);
        m_programs.push_back(Program::compile(*item.expression));
    }
}

Result<Value> Projection::evaluate(const Row &row) const
{
    if (m_isWhole) {
        return m_programs.front().evaluate(row);
    }
    Document document;
    for (std::size_t i = 0; i < m_programs.size(); ++i) {
        DRIFTLESS_TRY_ASSIGN(Value value, m_programs[i].evaluate(row));
        document.set(m_names[i], std::move(value));
    }
    return Value::document(std::move(document));
}

} // namespace driftless::query
