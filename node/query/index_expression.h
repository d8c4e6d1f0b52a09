#pragma once

#include "query/field_set.h"
#include "query/program.h"
#include "query/value_key.h"

namespace driftless::query {

/// The key of documents for which an index cannot be evaluated: above the keys of all values. A
/// statement that looks into an index looks here, too, so that it fails as it does without.
inline constexpr char kFailedKey = '\xff';

/// What an index goes by, made ready to give the keys of many documents. An array literal of
/// several expressions, `[site, day]`, is a compound index: the keys of arrays order by their
/// elements. Immutable; any thread.
class IndexExpression
{
public:
    /// InvalidArgument for what no index can go by: it must look at members of the document by
    /// name, not at `_id` (which is how documents are stored anyway) or at all of it, be the same
    /// at every time, and have no parameters.
    static Result<IndexExpression> compile(QByteArrayView text);
    static Result<IndexExpression> of(ExpressionPointer expression);

    /// The canonical text: equal texts mean equal keys.
    [[nodiscard]] QByteArray text() const;
    [[nodiscard]] const ExpressionPointer &expression() const { return m_expression; }
    /// What must be read of a document for its keys.
    [[nodiscard]] const FieldSet &fields() const { return m_fields; }
    /// A sequence: as many keys as there are different values, perhaps none. Else exactly one.
    [[nodiscard]] bool isMultiKey() const { return m_expression->facts.isSequence; }

    /// Appends the keys of the document, no key twice.
    void appendKeys(const Value &document, std::vector<QByteArray> &keys) const;

private:
    explicit IndexExpression(ExpressionPointer expression);

    ExpressionPointer m_expression;
    FieldSet m_fields;
    Program m_program;
};

} // namespace driftless::query
