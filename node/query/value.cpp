#include "query/value.h"

#include "core/case_fold.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// Up to here comparing each name with all others is as fast as sorting them.
constexpr std::size_t kWalkedMembersMax = 16;

} // namespace

struct Value::HeldDocument
{
    Document document;
    std::size_t weight = 0;
};

struct Value::HeldArray
{
    Array elements;
    std::size_t weight = 0;
};

Value Value::minValue()
{
    return {Type::MinValue, 0};
}

Value Value::maxValue()
{
    return {Type::MaxValue, 0};
}

Value Value::int32(std::int32_t number)
{
    return {Type::Int32, number};
}

Value Value::int64(std::int64_t number)
{
    return {Type::Int64, number};
}

Value Value::real(double number)
{
    Value made;
    made.m_type = Type::Double;
    made.m_data = number;
    return made;
}

Value Value::decimal(const Decimal96 &number)
{
    Value made;
    made.m_type = Type::Decimal;
    made.m_data = number;
    return made;
}

Value Value::string(QByteArray utf8)
{
    return {Type::String, std::move(utf8)};
}

Value Value::document(Document document)
{
    Value made;
    made.m_type = Type::Document;
    std::size_t weight = sizeof(Value);
    for (const DocumentMember &member : document.members()) {
        weight += static_cast<std::size_t>(member.name.size()) + member.value.weight();
    }
    made.m_data = std::make_shared<const HeldDocument>(HeldDocument {std::move(document), weight});
    return made;
}

Value Value::array(Array elements)
{
    Value made;
    made.m_type = Type::Array;
    std::size_t weight = sizeof(Value);
    for (const Value &element : elements) {
        weight += element.weight();
    }
    made.m_data = std::make_shared<const HeldArray>(HeldArray {std::move(elements), weight});
    return made;
}

Value Value::binary(QByteArray bytes)
{
    return {Type::Binary, std::move(bytes)};
}

Value Value::objectId(QByteArray bytes)
{
    DRIFTLESS_ASSERT(bytes.size() == 12);
    return {Type::ObjectId, std::move(bytes)};
}

Value Value::guid(QByteArray bytes)
{
    DRIFTLESS_ASSERT(bytes.size() == 16);
    return {Type::Guid, std::move(bytes)};
}

Value Value::boolean(bool flag)
{
    return {Type::Boolean, flag ? 1 : 0};
}

Value Value::dateTime(std::int64_t ms)
{
    return {Type::DateTime, ms};
}

std::int64_t Value::toInt64() const
{
    DRIFTLESS_ASSERT(m_type == Type::Int32 || m_type == Type::Int64);
    return *std::get_if<std::int64_t>(&m_data);
}

double Value::toReal() const
{
    DRIFTLESS_ASSERT(m_type == Type::Double);
    return *std::get_if<double>(&m_data);
}

const Decimal96 &Value::toDecimal() const
{
    DRIFTLESS_ASSERT(m_type == Type::Decimal);
    return *std::get_if<Decimal96>(&m_data);
}

bool Value::toBool() const
{
    DRIFTLESS_ASSERT(m_type == Type::Boolean);
    return *std::get_if<std::int64_t>(&m_data) != 0;
}

std::int64_t Value::toMs() const
{
    DRIFTLESS_ASSERT(m_type == Type::DateTime);
    return *std::get_if<std::int64_t>(&m_data);
}

const QByteArray &Value::bytes() const
{
    const auto *held = std::get_if<QByteArray>(&m_data);
    DRIFTLESS_ASSERT(held != nullptr);
    return *held;
}

const Document &Value::toDocument() const
{
    DRIFTLESS_ASSERT(isDocument());
    return (*std::get_if<std::shared_ptr<const HeldDocument>>(&m_data))->document;
}

const Array &Value::toArray() const
{
    DRIFTLESS_ASSERT(isArray());
    return (*std::get_if<std::shared_ptr<const HeldArray>>(&m_data))->elements;
}

std::size_t Value::weight() const
{
    if (const auto *bytes = std::get_if<QByteArray>(&m_data)) {
        return sizeof(Value) + static_cast<std::size_t>(bytes->size());
    }
    if (const auto *document = std::get_if<std::shared_ptr<const HeldDocument>>(&m_data)) {
        return (*document)->weight;
    }
    const auto *array = std::get_if<std::shared_ptr<const HeldArray>>(&m_data);
    return array != nullptr ? (*array)->weight : sizeof(Value);
}

Value Value::member(QByteArrayView name) const
{
    if (!isDocument()) {
        return {};
    }
    const Value *found = toDocument().find(name);
    return found != nullptr ? *found : Value();
}

std::ptrdiff_t Document::indexOf(QByteArrayView name) const
{
    // Almost every name is written as it is stored.
    auto found = std::find_if(m_members.begin(), m_members.end(), [name](const auto &member) {
        return member.name == name;
    });
    if (found == m_members.end()) {
        found = std::find_if(m_members.begin(), m_members.end(), [name](const auto &member) {
            return equalFolded(member.name, name);
        });
    }
    return found == m_members.end() ? -1 : found - m_members.begin();
}

Document Document::ofMembers(std::vector<DocumentMember> members)
{
    Document made;
    if (members.size() <= kWalkedMembersMax) {
        made.m_members.reserve(members.size());
        for (DocumentMember &member : members) {
            made.set(member.name, std::move(member.value));
        }
        return made;
    }
    std::vector<std::pair<QByteArray, std::size_t>> order; // by folded name, then by place
    for (std::size_t i = 0; i < members.size(); ++i) {
        order.emplace_back(foldCase(members[i].name), i);
    }
    std::sort(order.begin(), order.end());
    std::vector<bool> isRepeated(members.size());
    for (auto first = order.begin(); first != order.end();) {
        auto next = std::next(first);
        for (; next != order.end() && next->first == first->first; ++next) {
            members[first->second].value = std::move(members[next->second].value);
            isRepeated[next->second] = true;
        }
        first = next;
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!isRepeated[i]) {
            made.m_members.push_back(std::move(members[i]));
        }
    }
    return made;
}

const Value *Document::find(QByteArrayView name) const
{
    const auto index = indexOf(name);
    return index < 0 ? nullptr : &m_members[static_cast<std::size_t>(index)].value;
}

void Document::set(const QByteArray &name, Value value)
{
    const auto index = indexOf(name);
    if (index < 0) {
        m_members.push_back({name, std::move(value)});
    } else {
        m_members[static_cast<std::size_t>(index)].value = std::move(value);
    }
}

void Document::setFirst(const QByteArray &name, Value value)
{
    remove(name);
    m_members.insert(m_members.begin(), {name, std::move(value)});
}

void Document::remove(QByteArrayView name)
{
    const auto index = indexOf(name);
    if (index >= 0) {
        m_members.erase(m_members.begin() + index);
    }
}

} // namespace driftless::query
