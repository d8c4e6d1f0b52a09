// Aggregates over a sequence, and what makes, joins and takes apart sequences and documents.
#include "query/arithmetic.h"
#include "query/extended_json.h"
#include "query/function_table.h"
#include "query/parser.h"
#include "query/tally.h"
#include "query/value_order.h"

#include <QString>

#include <set>

namespace driftless::query {

namespace {

using Call = Arguments;

template <TallyKind kind> Result<Value> tallied(Call call, const Services & /*services*/)
{
    Tally tally(kind);
    for (const Value &element : call[0].toArray()) {
        DRIFTLESS_TRY(tally.add(element));
    }
    return tally.result();
}

struct SameOrder
{
    bool operator()(const Value &a, const Value &b) const
    {
        const auto order = compareValues(a, b);
        return std::is_neq(order) ? std::is_lt(order) : a.type() < b.type();
    }
};

/// Adds what `seen` does not have yet.
void addNew(Array &out, std::set<Value, SameOrder> &seen, const Value &sequence)
{
    for (const Value &element : sequence.toArray()) {
        if (seen.insert(element).second) {
            out.push_back(element);
        }
    }
}

Result<Value> itself(Call call, const Services & /*services*/)
{
    return call[0];
}

Result<Value> concatenate(Call call, const Services & /*services*/)
{
    Array all = call[0].toArray();
    const Array &more = call[1].toArray();
    all.insert(all.end(), more.begin(), more.end());
    return Value::array(std::move(all));
}

Result<Value> distinct(Call call, const Services & /*services*/)
{
    Array all;
    std::set<Value, SameOrder> seen;
    addNew(all, seen, call[0]);
    return Value::array(std::move(all));
}

Result<Value> unite(Call call, const Services & /*services*/)
{
    Array all;
    std::set<Value, SameOrder> seen;
    addNew(all, seen, call[0]);
    addNew(all, seen, call[1]);
    return Value::array(std::move(all));
}

Result<Value> except(Call call, const Services & /*services*/)
{
    Array left;
    Array ignored;
    std::set<Value, SameOrder> seen;
    addNew(ignored, seen, call[1]);
    addNew(left, seen, call[0]);
    return Value::array(std::move(left));
}

Result<Value> top(Call call, const Services & /*services*/)
{
    const Array &all = call[0].toArray();
    const bool isWhole = call[1].type() == Type::Int32 || call[1].type() == Type::Int64;
    const std::int64_t wanted = isWhole ? std::max<std::int64_t>(call[1].toInt64(), 0) : 0;
    const auto count = std::min(wanted, static_cast<std::int64_t>(all.size()));
    return Value::array(Array(all.begin(), all.begin() + count));
}

Result<Value> keys(Call call, const Services & /*services*/)
{
    Array all;
    if (call[0].isDocument()) {
        for (const DocumentMember &member : call[0].toDocument().members()) {
            all.push_back(Value::string(member.name));
        }
    }
    return Value::array(std::move(all));
}

Result<Value> values(Call call, const Services & /*services*/)
{
    Array all;
    if (call[0].isDocument()) {
        for (const DocumentMember &member : call[0].toDocument().members()) {
            all.push_back(member.value);
        }
    }
    return Value::array(std::move(all));
}

Result<Value> extend(Call call, const Services & /*services*/)
{
    if (!call[0].isDocument() || !call[1].isDocument()) {
        return call[0].isDocument() ? call[0]
            : call[1].isDocument()  ? call[1]
                                    : Value::document({});
    }
    const auto old = call[0].toDocument().members();
    const auto added = call[1].toDocument().members();
    std::vector<DocumentMember> members(old.begin(), old.end());
    members.insert(members.end(), added.begin(), added.end());
    return Value::document(Document::ofMembers(std::move(members)));
}

Result<Value> coalesce(Call call, const Services & /*services*/)
{
    return call[0].isNull() ? call[1] : call[0];
}

Result<Value> choose(Call call, const Services & /*services*/)
{
    return call[0].isTrue() ? call[1] : call[2];
}

Result<Value> length(Call call, const Services & /*services*/)
{
    switch (call[0].type()) {
    case Type::Null:
        return Value::int32(0);
    case Type::String:
        return wholeNumber(QString::fromUtf8(call[0].bytes()).size());
    case Type::Binary:
        return wholeNumber(call[0].bytes().size());
    case Type::Array:
        return wholeNumber(static_cast<std::int64_t>(call[0].toArray().size()));
    case Type::Document:
        return wholeNumber(static_cast<std::int64_t>(call[0].toDocument().size()));
    default:
        return Value();
    }
}

constexpr Function kAggregates[] = {
    {"COUNT", "q", tallied<TallyKind::Count>},
    {"SUM", "q", tallied<TallyKind::Sum>},
    {"AVG", "q", tallied<TallyKind::Average>},
    {"MIN", "q", tallied<TallyKind::Minimum>},
    {"MAX", "q", tallied<TallyKind::Maximum>},
    {"FIRST", "q", tallied<TallyKind::First>},
    {"LAST", "q", tallied<TallyKind::Last>},
    {"ANY", "q", tallied<TallyKind::Any>},
};

constexpr Function kSequences[] = {
    {"ARRAY", "q", itself},
    {"ITEMS", "q", itself, Shape::Sequence},
    {"CONCAT", "qq", concatenate, Shape::Sequence},
    {"UNION", "qq", unite, Shape::Sequence},
    {"EXCEPT", "qq", except, Shape::Sequence},
    {"DISTINCT", "q", distinct, Shape::Sequence},
    {"TOP", "qs", top, Shape::Sequence},
    {"KEYS", "s", keys, Shape::Sequence},
    {"VALUES", "s", values, Shape::Sequence},
    {"EXTEND", "ss", extend},
    {"COALESCE", "ss", coalesce},
    {"IIF", "sss", choose},
    {"LENGTH", "s", length},
};

} // namespace

std::span<const Function> aggregateFunctions()
{
    return kAggregates;
}

std::span<const Function> sequenceFunctions()
{
    return kSequences;
}

} // namespace driftless::query
