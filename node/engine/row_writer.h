#pragma once

#include "engine/requests.h"
#include "query/value.h"

namespace driftless::engine {

/// Writes rows of a SELECT as JSON. A value; any thread.
class RowWriter
{
public:
    RowWriter(ValueFormat format, bool includesReserved)
        : m_format(format)
        , m_includesReserved(includesReserved)
    {
    }

    /// Without reserved members at the top: an `_id` becomes `Id` where the row has none.
    void append(QByteArray &out, const query::Value &row) const;

private:
    void appendValue(QByteArray &out, const query::Value &value) const;

    ValueFormat m_format;
    bool m_includesReserved;
};

/// A value as it stands in a stored document: numbers as numbers, what JSON has not as extended
/// JSON. query::valueFromJson reads it back, but for the type of decimals that are whole.
void appendStored(QByteArray &out, const query::Value &value);

} // namespace driftless::engine
