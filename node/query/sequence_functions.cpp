// Aggregates over a sequence, and what makes, joins and takes apart sequences and documents.
#include "query/arithmetic.h"
#include "query/extended_json.h"
#include "query/function_table.h"
#include "query/parser.h"
#include "query/syntax_error.h"
#include "query/value_order.h"

#include <QString>

#include <set>

namespace driftless::query {

namespace {

using Call = Arguments;

/// Of the elements of the first argument: the lowest or highest, the last among equal ones.
template <typename IsBetter> Value best(Call call, const Value &none, IsBetter isBetter)
{
    const Value *found = nullptr;
    for (const Value &element : call[0].toArray()) {
        if (found == nullptr || isBetter(compareValues(element, *found))) {
            found = &element;
        }
    }
    return found != nullptr ? *found : none;
}

struct Sum
{
    Value total = Value::int32(0);
    int count = 0; ///< of numbers
};

Result<Sum> sumOf(const Value &sequence)
{
    Sum sum;
    for (const Value &element : sequence.toArray()) {
        if (element.isNumber()) {
            DRIFTLESS_TRY_ASSIGN(sum.total, calculate(Operator::Add, sum.total, element));
            ++sum.count;
        }
    }
    return sum;
}

Result<Value> count(Call call, const Services & /*services*/)
{
    return wholeNumber(static_cast<std::int64_t>(call[0].toArray().size()));
}

Result<Value> sum(Call call, const Services & /*services*/)
{
    DRIFTLESS_TRY_ASSIGN(const Sum sum, sumOf(call[0]));
    return sum.total;
}

Result<Value> average(Call call, const Services & /*services*/)
{
    DRIFTLESS_TRY_ASSIGN(const Sum sum, sumOf(call[0]));
    if (sum.count == 0) {
        return Value::int32(0);
    }
    return calculate(Operator::Divide, sum.total, Value::int32(sum.count));
}

Result<Value> minimum(Call call, const Services & /*services*/)
{
    return best(call, Value::minValue(), [](auto order) { return std::is_lteq(order); });
}

Result<Value> maximum(Call call, const Services & /*services*/)
{
    return best(call, Value::maxValue(), [](auto order) { return std::is_gteq(order); });
}

Result<Value> first(Call call, const Services & /*services*/)
{
    return call[0].toArray().empty() ? Value() : call[0].toArray().front();
}

Result<Value> last(Call call, const Services & /*services*/)
{
    return call[0].toArray().empty() ? Value() : call[0].toArray().back();
}

Result<Value> any(Call call, const Services & /*services*/)
{
    return Value::boolean(!call[0].toArray().empty());
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
    {"COUNT", "q", count},
    {"SUM", "q", sum},
    {"AVG", "q", average},
    {"MIN", "q", minimum},
    {"MAX", "q", maximum},
    {"FIRST", "q", first},
    {"LAST", "q", last},
    {"ANY", "q", any},
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
