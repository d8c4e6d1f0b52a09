#include "api/document_body.h"

#include "api/request_text.h"
#include "core/assert.h"

namespace driftless::api {

namespace {

enum class MemberKind { Content, Id, Reserved };

MemberKind kindOf(const json::Member &member)
{
    if (member.folded == "id") {
        return MemberKind::Id;
    }
    return member.folded == "_id" || member.folded.startsWith("_sys_") ? MemberKind::Reserved
                                                                       : MemberKind::Content;
}

QByteArray textOf(const json::Member &member)
{
    return json::isString(member.value)
        ? json::decodeString(member.value.sliced(1, member.value.size() - 2))
        : QByteArray();
}

json::Object rescanned(QByteArray bytes)
{
    Result<json::Object> object = json::Object::scan(std::move(bytes));
    DRIFTLESS_ASSERT(object.isOk()); // spliced from what was checked
    return std::move(object).value();
}

json::Object without(json::Object body, const std::vector<json::Edit> &removals)
{
    return removals.empty() ? std::move(body) : rescanned(json::splice(body, removals));
}

} // namespace

Result<DocumentBody> readDocumentBody(QByteArray bytes, const json::Limits &limits)
{
    if (!bytes.trimmed().startsWith('{')) {
        DRIFTLESS_TRY(json::checkValue(bytes, limits));
        return DocumentBody {};
    }
    DRIFTLESS_TRY_ASSIGN(json::Object object, json::Object::check(std::move(bytes), limits));
    return DocumentBody {std::move(object), true};
}

json::Object normalisedDocument(json::Object body, const QByteArray &id)
{
    std::vector<json::Edit> removals;
    bool hasReserved = false;
    bool hasId = false;
    for (const json::Member &member : body.members()) {
        const MemberKind kind = kindOf(member);
        if (kind == MemberKind::Content) {
            continue;
        }
        hasReserved = hasReserved || kind == MemberKind::Reserved;
        hasId = hasId || (json::isString(member.value) && textOf(member) == id);
        removals.push_back({member.decoded.toByteArray(), {}});
    }
    if (hasId && !hasReserved) {
        return body;
    }
    // Two steps, since an edit of Id beside its own removal would put the new one where the old one
    // stood.
    const json::Object content = without(std::move(body), removals);
    json::Edit append {"Id", {}};
    json::appendString(append.value, id);
    return rescanned(json::splice(content, {&append, 1}));
}

json::Object normalisedPatch(json::Object patch)
{
    std::vector<json::Edit> removals;
    for (const json::Member &member : patch.members()) {
        if (kindOf(member) != MemberKind::Content) {
            removals.push_back({member.decoded.toByteArray(), {}});
        }
    }
    return without(std::move(patch), removals);
}

std::optional<QByteArray> postedId(const json::Object &body)
{
    const json::Member *member = body.find("id");
    if (member == nullptr || member->decoded != "Id") {
        return std::nullopt;
    }
    QByteArray id = textOf(*member);
    if (trimmedBlanks(id).isEmpty()) {
        return std::nullopt;
    }
    return id;
}

} // namespace driftless::api
