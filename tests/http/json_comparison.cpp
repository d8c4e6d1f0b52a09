#include "json_comparison.h"

#include "core/json.h"
#include "wire/json_cursor.h"

#include <QJsonDocument>

#include <algorithm>
#include <vector>

namespace driftless::test {

namespace {

constexpr qsizetype kVersionDigits = 32;

bool isVersionAt(const QByteArray &text, qsizetype at)
{
    const auto isHex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (at + kVersionDigits > text.size()) {
        return false;
    }
    return std::all_of(text.begin() + at, text.begin() + at + kVersionDigits, [&](char c) {
        return isHex(c) || isHex(static_cast<char>(c | 0x20));
    });
}

QByteArray unequal(const QByteArray &path, QByteArrayView theirs, QByteArrayView ours)
{
    return path + ": theirs " + theirs.toByteArray() + ", ours " + ours.toByteArray();
}

QByteArray decoded(QByteArrayView string)
{
    return json::decodeString(string.sliced(1, string.size() - 2));
}

bool endsWithAny(const QByteArray &path, std::initializer_list<QByteArrayView> names)
{
    return std::any_of(
        names.begin(), names.end(), [&](QByteArrayView name) { return path.endsWith(name); });
}

std::vector<QByteArrayView> elements(QByteArrayView array)
{
    std::vector<QByteArrayView> found;
    wire::JsonCursor cursor(array);
    cursor.take('[');
    while (!cursor.take(']')) {
        cursor.take(',');
        found.push_back(cursor.value());
    }
    return found;
}

} // namespace

QByteArray JsonComparison::difference(
    const QByteArray &theirs, const QByteArray &ours, bool areDocuments)
{
    if (theirs.isEmpty() || ours.isEmpty()) {
        return theirs == ours ? QByteArray() : unequal("$", theirs, ours);
    }
    if (QJsonDocument::fromJson(ours).isNull()) {
        return "ours is not valid JSON: " + ours;
    }
    return compare(theirs, ours, "$", areDocuments);
}

QByteArray JsonComparison::translated(QByteArray text) const
{
    for (qsizetype at = 0; at + kVersionDigits <= text.size(); ++at) {
        if (!isVersionAt(text, at)) {
            continue;
        }
        const QByteArray theirs = text.mid(at, kVersionDigits);
        const auto known = m_versions.find(theirs.toLower());
        if (known != m_versions.end()) {
            text.replace(at,
                kVersionDigits,
                theirs == theirs.toLower() ? known->second : known->second.toUpper());
        }
        at += kVersionDigits - 1;
    }
    return text;
}

QByteArray JsonComparison::compare(
    QByteArrayView theirs, QByteArrayView ours, const QByteArray &path, bool inAnyOrder)
{
    if (theirs.front() != ours.front()
        && (theirs.front() == '{' || theirs.front() == '[' || theirs.front() == '"')) {
        return unequal(path, theirs, ours);
    }
    switch (theirs.front()) {
    case '{':
        return compareObjects(theirs, ours, path, inAnyOrder);
    case '[':
        return compareArrays(theirs, ours, path, inAnyOrder);
    case '"':
        return compareStrings(decoded(theirs), decoded(ours), path);
    default:
        break;
    }
    if (endsWithAny(path, {".Sequence", ".LogSequence"})) {
        return ours.toByteArray().toLongLong() > 0 ? QByteArray() : unequal(path, theirs, ours);
    }
    return theirs == ours ? QByteArray() : unequal(path, theirs, ours);
}

QByteArray JsonComparison::compareObjects(
    QByteArrayView theirs, QByteArrayView ours, const QByteArray &path, bool inAnyOrder)
{
    const auto expected = json::Object::scan(theirs.toByteArray());
    const auto actual = json::Object::scan(ours.toByteArray());
    if (!expected || !actual) {
        return unequal(path, theirs, ours);
    }
    std::vector<const json::Member *> rest;
    for (const json::Member &member : actual->members()) {
        const bool isOurs
            = (member.folded == "code" || member.folded == "path" || member.folded == "detail")
            && expected->find(member.folded) == nullptr;
        if (!isOurs || inAnyOrder) {
            rest.push_back(&member);
        }
    }
    for (const json::Member &member : expected->members()) {
        const auto found = std::find_if(rest.begin(), rest.end(), [&](const json::Member *other) {
            return other->decoded == member.decoded;
        });
        if (found == rest.end() || (!inAnyOrder && found != rest.begin())) {
            return path + '.' + member.decoded.toByteArray() + ": not in its place in "
                + ours.toByteArray();
        }
        QByteArray difference = compare(
            member.value, (*found)->value, path + '.' + member.decoded.toByteArray(), inAnyOrder);
        if (!difference.isEmpty()) {
            return difference;
        }
        rest.erase(found);
    }
    return rest.empty() ? QByteArray()
                        : path + '.' + rest.front()->decoded.toByteArray() + ": only in ours";
}

QByteArray JsonComparison::compareArrays(
    QByteArrayView theirs, QByteArrayView ours, const QByteArray &path, bool inAnyOrder)
{
    const auto expected = elements(theirs);
    const auto actual = elements(ours);
    if (expected.size() != actual.size()) {
        return unequal(path, theirs, ours);
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
        QByteArray difference
            = compare(expected[i], actual[i], path + '[' + QByteArray::number(i) + ']', inAnyOrder);
        if (!difference.isEmpty()) {
            return difference;
        }
    }
    return {};
}

QByteArray JsonComparison::compareStrings(
    const QByteArray &theirs, const QByteArray &ours, const QByteArray &path)
{
    if (endsWithAny(path, {".Payload"})) {
        return compare(theirs, ours, path, true);
    }
    if (endsWithAny(path, {".TimestampUtc", ".CommittedUtc", "._sys_last_modified_utc.$date"})) {
        return ours.endsWith('Z') && ours.size() >= 20 && ours[10] == 'T'
            ? QByteArray()
            : unequal(path, theirs, ours);
    }
    if (endsWithAny(path, {".traceId"})) {
        return ours.size() == theirs.size() && ours.startsWith("00-") && ours.endsWith("-00")
            ? QByteArray()
            : unequal(path, theirs, ours);
    }
    if (theirs.size() == kVersionDigits && isVersionAt(theirs, 0) && ours.size() == kVersionDigits
        && isVersionAt(ours, 0)) {
        const auto [known, isNew] = m_versions.emplace(theirs, ours);
        return known->second == ours
            ? QByteArray()
            : unequal(path + " (stands for " + known->second + ')', theirs, ours);
    }
    return translated(theirs) == ours ? QByteArray() : unequal(path, theirs, ours);
}

} // namespace driftless::test
