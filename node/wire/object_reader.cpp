#include "wire/object_reader.h"

namespace driftless::wire {

ObjectReader::ObjectReader(const json::Object &object, Names names)
    : m_object(object)
    , m_names(names)
{
}

bool ObjectReader::has(QByteArrayView name) const
{
    return find(name) != nullptr;
}

std::optional<QByteArray> ObjectReader::text(QByteArrayView name)
{
    const json::Member *member = find(name);
    if (member == nullptr || member->value == "null") {
        return std::nullopt;
    }
    if (!json::isString(member->value)) {
        fail(name, "a string");
        return std::nullopt;
    }
    return json::decodeString(member->value.sliced(1, member->value.size() - 2));
}

std::optional<bool> ObjectReader::boolean(QByteArrayView name)
{
    const json::Member *member = find(name);
    if (member == nullptr || member->value == "null") {
        return std::nullopt;
    }
    if (member->value == "true" || member->value == "false") {
        return member->value == "true";
    }
    fail(name, "true or false");
    return std::nullopt;
}

std::optional<int> ObjectReader::integer(QByteArrayView name)
{
    const json::Member *member = find(name);
    if (member == nullptr || member->value == "null") {
        return std::nullopt;
    }
    const QByteArrayView digits
        = json::isString(member->value) ? member->value.sliced(1).chopped(1) : member->value;
    bool isNumber = false;
    const int number = digits.trimmed().toInt(&isNumber);
    if (!isNumber) {
        fail(name, "a whole number");
        return std::nullopt;
    }
    return number;
}

std::optional<QByteArray> ObjectReader::container(QByteArrayView name)
{
    const json::Member *member = find(name);
    if (member == nullptr || member->value == "null") {
        return std::nullopt;
    }
    if (!member->value.startsWith('{') && !member->value.startsWith('[')) {
        fail(name, "an array or an object");
        return std::nullopt;
    }
    return member->value.toByteArray();
}

const json::Member *ObjectReader::find(QByteArrayView name) const
{
    for (const json::Member &member : m_object.members()) {
        const bool matches = m_names == Names::Exact
            ? member.decoded == name
            : name.compare(member.decoded, Qt::CaseInsensitive) == 0;
        if (matches) {
            return &member;
        }
    }
    return nullptr;
}

void ObjectReader::fail(QByteArrayView name, QByteArrayView expected)
{
    if (!m_fault) {
        m_fault = Error {ErrorCode::InvalidJson,
            name.toByteArray() + " must be " + expected.toByteArray() + '.',
            "$." + name.toByteArray()};
    }
}

} // namespace driftless::wire
