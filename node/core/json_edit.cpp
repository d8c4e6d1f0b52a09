#include "core/case_fold.h"
#include "core/json.h"
#include "core/json_text.h"

#include <QHash>

#include <optional>

namespace driftless::json {

namespace {

/// Builds an object from one whose members stay, go or get another value, and new ones behind them.
/// Every byte that this does not concern is copied as it is.
class Rewriter
{
public:
    /// `object` is the text of the object, blanks around it allowed; both outlive the rewriter.
    Rewriter(QByteArrayView object, std::span<const RawMember> members)
        : m_object(object)
        , m_members(members)
    {
        for (const RawMember &member : members) {
            m_values.append(member.value);
        }
    }

    /// An empty value removes the member.
    void replace(qsizetype index, QByteArrayView value) { m_values[index] = value; }
    /// `rawName` as it stands between the quotes.
    void add(QByteArrayView rawName, QByteArrayView value) { m_added.append({rawName, value}); }
    [[nodiscard]] QByteArray result() const;

private:
    /// Where the text behind the last member begins, or behind the opening brace if there is none.
    [[nodiscard]] const char *tail() const
    {
        return m_members.empty() ? skipBlanks(m_object.begin(), m_object.end()) + 1
                                 : m_members.back().value.end();
    }

    QByteArrayView m_object;
    std::span<const RawMember> m_members;
    QVarLengthArray<QByteArrayView, 32> m_values; ///< one for each of m_members; empty if it goes
    QVarLengthArray<RawMember, 4> m_added;
};

QByteArray Rewriter::result() const
{
    qsizetype size = m_object.size();
    for (const QByteArrayView &value : m_values) {
        size += value.size();
    }
    for (const RawMember &member : m_added) {
        size += member.name.size() + member.value.size() + 4;
    }
    QByteArray out;
    out.reserve(size);
    const char *const begin = m_object.begin();
    const char *const head = m_members.empty() ? tail() : m_members.front().name.begin() - 1;
    out.append(QByteArrayView(begin, head));
    bool first = true;
    for (std::size_t i = 0; i < m_members.size(); ++i) {
        const QByteArrayView value = m_values[static_cast<qsizetype>(i)];
        if (value.isEmpty()) {
            continue;
        }
        // A member that stays brings the comma in front of it along, so a removed one takes exactly
        // one with it.
        const char *const from
            = first ? m_members[i].name.begin() - 1 : m_members[i - 1].value.end();
        out.append(QByteArrayView(from, m_members[i].value.begin())).append(value);
        first = false;
    }
    for (const RawMember &member : m_added) {
        out.append(first ? "\"" : ",\"").append(member.name).append("\":").append(member.value);
        first = false;
    }
    return out.append(QByteArrayView(tail(), m_object.end()));
}

QByteArray decoded(QByteArrayView raw)
{
    return raw.contains('\\') ? decodeString(raw) : QByteArray::fromRawData(raw.data(), raw.size());
}

/// The members of an object by their exact names.
class MemberIndex
{
public:
    explicit MemberIndex(const RawMembers &members)
    {
        m_byName.reserve(members.size());
        for (qsizetype i = 0; i < members.size(); ++i) {
            m_byName.insert(decoded(members[i].name), i);
        }
    }

    [[nodiscard]] std::optional<qsizetype> find(QByteArrayView rawName) const
    {
        const auto found = m_byName.constFind(decoded(rawName));
        return found == m_byName.cend() ? std::nullopt : std::optional(*found);
    }

private:
    QHash<QByteArray, qsizetype> m_byName; // seeded by Qt, so no input makes it slow
};

} // namespace

QByteArray splice(const Object &object, std::span<const Edit> edits)
{
    RawMembers members;
    for (const Member &member : object.members()) {
        members.append({member.name, member.value});
    }
    Rewriter rewriter(object.bytes(), members);
    std::vector<const Edit *> added;
    QHash<QByteArray, std::size_t> addedByName;
    for (const Edit &edit : edits) {
        const QByteArray folded = foldCaseView(edit.name);
        if (const Member *member = object.find(folded)) {
            rewriter.replace(member - object.members().data(), edit.value);
        } else if (const auto known = addedByName.constFind(folded); known != addedByName.cend()) {
            added[*known] = &edit;
        } else {
            addedByName.insert(folded, added.size());
            added.push_back(&edit);
        }
    }
    std::vector<QByteArray> names(added.size()); // what the rewriter's views point to
    for (std::size_t i = 0; i < added.size(); ++i) {
        if (!added[i]->value.isEmpty()) {
            appendString(names[i], added[i]->name);
            rewriter.add(QByteArrayView(names[i]).sliced(1).chopped(1), added[i]->value);
        }
    }
    return rewriter.result();
}

QByteArray mergePatchValue(QByteArrayView target, QByteArrayView patch)
{
    RawMembers changes;
    if (!splitMembers(patch, changes)) {
        return patch.toByteArray();
    }
    RawMembers members;
    if (!splitMembers(target, members)) {
        members.clear();
        target = QByteArrayView("{}");
    }
    const MemberIndex index(members);
    Rewriter rewriter(target, members);
    std::vector<QByteArray>
        merged; // what the rewriter's views point to: a moved QByteArray keeps its buffer
    merged.reserve(static_cast<std::size_t>(changes.size()));
    for (const RawMember &change : changes) {
        const std::optional<qsizetype> known = index.find(change.name);
        if (change.value == QByteArrayView("null")) {
            if (known) {
                rewriter.replace(*known, {});
            }
            continue;
        }
        merged.push_back(
            mergePatchValue(known ? members[*known].value : QByteArrayView(), change.value));
        known ? rewriter.replace(*known, merged.back()) : rewriter.add(change.name, merged.back());
    }
    return rewriter.result();
}

void appendString(QByteArray &out, QByteArrayView utf8)
{
    constexpr char hex[] = "0123456789abcdef";
    const char *at = utf8.begin();
    const char *const end = utf8.end();
    out.reserve(out.size() + utf8.size() + 2);
    out.append('"');
    while (at != end) {
        const char *special = findSpecial(at, end);
        while (special != end && static_cast<unsigned char>(*special) >= 0x80U) {
            special = findSpecial(special + 1, end);
        }
        out.append(QByteArrayView(at, special));
        if (special == end) {
            break;
        }
        const auto c = static_cast<unsigned char>(*special);
        switch (c) {
        case '"':
            out.append("\\\"");
            break;
        case '\\':
            out.append("\\\\");
            break;
        case '\b':
            out.append("\\b");
            break;
        case '\f':
            out.append("\\f");
            break;
        case '\n':
            out.append("\\n");
            break;
        case '\r':
            out.append("\\r");
            break;
        case '\t':
            out.append("\\t");
            break;
        default:
            out.append("\\u00").append(hex[c >> 4]).append(hex[c & 15U]);
            break;
        }
        at = special + 1;
    }
    out.append('"');
}

QByteArray decodeString(QByteArrayView raw)
{
    QByteArray result(raw.size(), Qt::Uninitialized);
    result.truncate(decodeStringTo(result.data(), raw) - result.constData());
    return result;
}

bool isString(QByteArrayView value)
{
    return value.startsWith('"');
}

} // namespace driftless::json
