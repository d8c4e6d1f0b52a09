#pragma once

#include "core/result.h"

#include <memory>
#include <vector>

namespace driftless::storage {

/// What an index holds of a document, made ready to run many times. Immutable.
class IndexExpression
{
public:
    virtual ~IndexExpression() = default;
    /// The canonical text: equal texts mean equal keys. UTF-8.
    [[nodiscard]] virtual QByteArray text() const = 0;
    /// Appends the keys of a document that shows `body`: none, one or many, in any order, also
    /// twice. Byte strings whose order (memcmp, the shorter first) is that of the values. A
    /// function of its arguments alone, since the keys that leave an index are worked out anew from
    /// what the document showed. It always answers: a document that the expression cannot be
    /// evaluated for has a key above all others.
    virtual void appendKeys(const QByteArray &body, std::vector<QByteArray> &keys) const = 0;
};

/// The language of index expressions. Storage does not know it: whoever opens a database brings it
/// along. Immutable; store thread.
class IndexLanguage
{
public:
    virtual ~IndexLanguage() = default;
    /// Of the keys' encoding and of all that they depend on. An index of another version is rebuilt
    /// when its file is opened. Above 0.
    [[nodiscard]] virtual std::int64_t keyVersion() const = 0;
    /// Errors: InvalidArgument for what is no expression, or none that an index can have.
    [[nodiscard]] virtual Result<std::unique_ptr<const IndexExpression>> compile(
        const QByteArray &text) const = 0;
};

} // namespace driftless::storage
