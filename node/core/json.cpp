#include "core/json.h"

#include "core/case_fold.h"
#include "core/json_checker.h"
#include "core/json_path.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace driftless::json {

namespace {

/// Up to here a walk over the members finds one as fast as a binary search.
constexpr qsizetype kWalkedMembersMax = 32;

/// By length first: most names differ there.
int compareNames(QByteArrayView a, QByteArrayView b)
{
    if (a.size() != b.size()) {
        return a.size() < b.size() ? -1 : 1;
    }
    return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()));
}

/// Views into a buffer that somebody else owns would not outlive it.
QByteArray owned(QByteArray bytes)
{
    if (!bytes.data_ptr().isMutable()) {
        bytes.detach();
    }
    return bytes;
}

} // namespace

Result<Object> Object::check(QByteArray bytes, const Limits &limits)
{
    Object object;
    object.m_bytes = owned(std::move(bytes));
    Checker checker(object.m_bytes, limits);
    RawMembers members;
    if (!checker.object(members)) {
        return checker.error();
    }
    object.take(members);
    if (const Member *second = object.findRepeatedName()) {
        const auto first = std::find_if(object.m_members.begin(),
            object.m_members.end(),
            [second](const Member &member) { return member.folded == second->folded; });
        QByteArray path("$");
        appendToPath(path, second->decoded);
        return Error {ErrorCode::InvalidJson,
            first->decoded == second->decoded
                ? QByteArray(kRepeatedName)
                : QByteArray("Two names of the document differ only in upper and lower case: keep "
                             "one of the two."),
            path};
    }
    return object;
}

Result<Object> Object::scan(QByteArray bytes)
{
    Object object;
    object.m_bytes = owned(std::move(bytes));
    RawMembers members;
    if (!splitMembers(object.m_bytes, members)) {
        return Error {ErrorCode::InvalidJson,
            "These bytes are no JSON object: they were never checked, or are damaged.",
            "$"};
    }
    object.take(members);
    return object;
}

void Object::take(std::span<const RawMember> raw)
{
    qsizetype room = 0;
    m_members.reserve(static_cast<qsizetype>(raw.size()));
    for (const RawMember &found : raw) {
        Member &member = m_members.emplace_back();
        member.name = found.name;
        member.value = found.value;
        if (!found.escaped) {
            member.decoded = found.name;
        }
        if (!found.escaped && isFoldedAscii(found.name)) {
            member.folded = member.decoded;
        } else {
            room += (found.escaped ? found.name.size() : 0) + foldedBytesMax(found.name.size());
        }
    }
    if (room > 0) {
        resolveNames(room);
    }
    if (m_members.size() > kWalkedMembersMax) {
        m_order.resize(m_members.size());
        std::iota(m_order.begin(), m_order.end(), 0U);
        std::sort(m_order.begin(), m_order.end(), [this](std::uint32_t a, std::uint32_t b) {
            return compareNames(m_members[a].folded, m_members[b].folded) < 0;
        });
    }
}

/// Writes the names that differ from the text, all into one buffer of `room` bytes.
void Object::resolveNames(qsizetype room)
{
    m_names = QByteArray(room, Qt::Uninitialized);
    char *out = m_names.data();
    for (Member &member : m_members) {
        if (!member.folded.isNull()) {
            continue;
        }
        if (member.decoded.isNull()) {
            char *const begin = out;
            out = decodeStringTo(begin, member.name);
            member.decoded = QByteArrayView(begin, out);
        }
        char *const end = foldCaseTo(out, member.decoded);
        member.folded = QByteArrayView(out, end);
        if (member.folded == member.decoded) {
            member.folded = member.decoded;
        } else {
            out = end;
        }
    }
}

/// The later one of two members whose folded names are equal.
const Member *Object::findRepeatedName() const
{
    if (!m_order.empty()) {
        const auto found = std::adjacent_find(
            m_order.begin(), m_order.end(), [this](std::uint32_t a, std::uint32_t b) {
                return compareNames(m_members[a].folded, m_members[b].folded) == 0;
            });
        return found == m_order.end() ? nullptr : &m_members[std::max(found[0], found[1])];
    }
    Names names;
    for (const Member &member : m_members) {
        names.append(member.folded);
    }
    const qsizetype found = findRepeated(names, 0);
    return found < 0 ? nullptr : &m_members[found];
}

const Member *Object::find(QByteArrayView foldedName) const
{
    if (m_order.empty()) {
        const auto found
            = std::find_if(m_members.begin(), m_members.end(), [foldedName](const Member &member) {
                  return compareNames(member.folded, foldedName) == 0;
              });
        return found == m_members.end() ? nullptr : &*found;
    }
    const auto found = std::lower_bound(
        m_order.begin(), m_order.end(), foldedName, [this](std::uint32_t i, QByteArrayView name) {
            return compareNames(m_members[i].folded, name) < 0;
        });
    return found == m_order.end() || m_members[*found].folded != foldedName ? nullptr
                                                                            : &m_members[*found];
}

Result<QByteArrayView> checkValue(QByteArrayView bytes, const Limits &limits)
{
    Checker checker(bytes, limits);
    QByteArrayView trimmed;
    if (!checker.value(trimmed)) {
        return checker.error();
    }
    return trimmed;
}

} // namespace driftless::json
