#include "engine/row_writer.h"

#include "core/case_fold.h"
#include "core/clock.h"
#include "core/json.h"
#include "query/extended_json.h"

#include <cmath>

namespace driftless::engine {

namespace {

using query::Type;
using query::Value;

bool isReserved(const QByteArray &name)
{
    const QByteArray folded = foldCase(name);
    return folded == "_id" || folded.startsWith("_sys_");
}

/// Calls `appendElement` for each, and writes what stands around.
template <typename AppendElement>
void appendDocument(
    QByteArray &out, const query::Document &document, const AppendElement &appendElement)
{
    char before = '{';
    for (const query::DocumentMember &member : document.members()) {
        out += before;
        before = ',';
        json::appendString(out, member.name);
        out += ':';
        appendElement(out, member.value);
    }
    out += before == '{' ? "{}" : "}";
}

template <typename AppendElement>
void appendArray(QByteArray &out, const query::Array &array, const AppendElement &appendElement)
{
    char before = '[';
    for (const Value &element : array) {
        out += before;
        before = ',';
        appendElement(out, element);
    }
    out += before == '[' ? "[]" : "]";
}

void appendPlain(QByteArray &out, const Value &value)
{
    switch (value.type()) {
    case Type::Int64:
        out += QByteArray::number(static_cast<qlonglong>(value.toInt64()));
        return;
    case Type::Double:
        out += std::isfinite(value.toReal()) ? query::doubleText(value.toReal())
                                             : QByteArrayLiteral("null");
        return;
    case Type::Decimal:
        out += value.toDecimal().toText();
        return;
    case Type::DateTime:
        out += '"' + toIsoUtc(WallTime(std::chrono::milliseconds(value.toMs()))) + '"';
        return;
    case Type::Guid:
        out += '"' + query::guidText(value.bytes()) + '"';
        return;
    case Type::ObjectId:
        out += '"' + value.bytes().toHex() + '"';
        return;
    case Type::Binary:
        out += '"' + value.bytes().toBase64() + '"';
        return;
    case Type::MinValue:
    case Type::MaxValue:
        out += "null";
        return;
    case Type::Document:
        return appendDocument(out, value.toDocument(), appendPlain);
    case Type::Array:
        return appendArray(out, value.toArray(), appendPlain);
    default:
        return query::appendExtendedJson(out, value);
    }
}

} // namespace

void appendStored(QByteArray &out, const Value &value)
{
    switch (value.type()) {
    case Type::Int64:
        out += QByteArray::number(static_cast<qlonglong>(value.toInt64()));
        return;
    case Type::Document:
        return appendDocument(out, value.toDocument(), appendStored);
    case Type::Array:
        return appendArray(out, value.toArray(), appendStored);
    default:
        return query::appendExtendedJson(out, value);
    }
}

void RowWriter::appendValue(QByteArray &out, const Value &value) const
{
    if (m_format == ValueFormat::Plain) {
        appendPlain(out, value);
    } else {
        query::appendExtendedJson(out, value);
    }
}

void RowWriter::append(QByteArray &out, const Value &row) const
{
    if (m_includesReserved || !row.isDocument()) {
        appendValue(out, row);
        return;
    }
    const query::Document &document = row.toDocument();
    char before = '{';
    const auto appendMember = [&](const QByteArray &name, const Value &value) {
        out += before;
        before = ',';
        json::appendString(out, name);
        out += ':';
        appendValue(out, value);
    };
    for (const query::DocumentMember &member : document.members()) {
        if (!isReserved(member.name)) {
            appendMember(member.name, member.value);
        }
    }
    if (const Value *id = document.find("_id"); id != nullptr && document.find("Id") == nullptr) {
        appendMember("Id", *id);
    }
    out += before == '{' ? "{}" : "}";
}

} // namespace driftless::engine
