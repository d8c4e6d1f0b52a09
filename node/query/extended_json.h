#pragma once

#include "query/value.h"

#include <optional>

namespace driftless::query {

/// The value as the reference writes it (section 14 of the language): Int32 bare, a double with a
/// point, the rest as `{"$numberLong":"5"}` and its kind, `_id` first. Unlike there a double keeps
/// all its digits, NaN and the infinities are `{"$numberDouble":"NaN"}`, and names are escaped.
QByteArray toExtendedJson(const Value &value);
void appendExtendedJson(QByteArray &out, const Value &value);

/// True for the names of extended JSON: `$binary`, `$oid`, `$guid`, `$date`, `$numberLong`,
/// `$numberDecimal`, `$numberDouble`, `$minValue`, `$maxValue`.
bool isExtendedName(QByteArrayView name);
/// The value that `{name: text}` stands for; nothing if the text is not one.
std::optional<Value> fromExtended(QByteArrayView name, const QByteArray &text);

/// The shortest text that reads back as the number, in plain notation, always with a point.
QByteArray doubleText(double number);
/// The number that a text of plain JSON notation stands for; too large is infinity.
double doubleOf(QByteArrayView digits);
void appendJsonString(QByteArray &out, QByteArrayView utf8);

QByteArray guidText(const QByteArray &bytes);
/// With or without braces and hyphens; nothing if it is none.
std::optional<Value> guidOf(QByteArrayView text);

} // namespace driftless::query
