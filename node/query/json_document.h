#pragma once

#include "core/result.h"
#include "query/field_set.h"

namespace driftless::query {

/// The document that stored JSON bytes stand for, with only the wanted members of its root; the
/// others are skipped without being read. Takes every object that passed json::Object::check.
/// InvalidJson for bytes that could not have; any other bytes do no harm. Any thread.
///
/// Numbers: whole ones are Int32 or Int64 where they fit, beyond that Decimal where its 96 bits
/// hold all of their digits, else Double; with a point or an exponent they are Double (too large is
/// infinity). An object that is nothing but one member of extended JSON (`{"$date": …}`) is that
/// value; if its text is none it stays an object, for documents are never refused here. Of names
/// that differ only in case the last value counts, under the first spelling.
Result<Value> documentFromJson(QByteArrayView json, const FieldSet &wanted);

/// The same for one JSON value of any kind, such as one member of an object.
Result<Value> valueFromJson(QByteArrayView json);

} // namespace driftless::query
