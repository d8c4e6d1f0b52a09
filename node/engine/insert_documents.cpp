#include "engine/insert_documents.h"

#include "core/blanks.h"
#include "engine/names.h"
#include "engine/row_writer.h"
#include "query/lexer.h"
#include "wire/json_cursor.h"

namespace driftless::engine {

namespace {

/// What stands behind VALUES, as an array.
QByteArray valuesText(const QByteArray &text)
{
    const auto tokens = query::tokenize(text);
    if (!tokens) {
        return {};
    }
    // INSERT INTO name [: type] VALUES …: the name itself may be that word.
    for (std::size_t i = 3; i < tokens->size(); ++i) {
        const query::Token &token = (*tokens)[i];
        if (token.isWord("values")) {
            return '[' + text.sliced(token.place.offset + token.place.length) + ']';
        }
    }
    return {};
}

/// The extents of the documents in an array of documents and arrays of them; nothing where the
/// text is no strict JSON.
std::vector<QByteArrayView> documentsIn(QByteArrayView array)
{
    std::vector<QByteArrayView> documents;
    if (!json::checkValue(array, {kDocumentDepthMax + 2, array.size()})) {
        return documents;
    }
    const auto eachElement = [](QByteArrayView elements, const auto &visit) {
        wire::JsonCursor cursor(elements);
        cursor.take('[');
        while (!cursor.take(']')) {
            visit(cursor.value());
            cursor.take(',');
        }
    };
    eachElement(array, [&](QByteArrayView element) {
        if (element.startsWith('[')) {
            eachElement(element, [&](QByteArrayView inner) { documents.push_back(inner); });
        } else {
            documents.push_back(element);
        }
    });
    return documents;
}

QByteArray storedText(const query::Value &document)
{
    QByteArray text;
    appendStored(text, document);
    return text;
}

/// The id that a document names: the first of `Id` and `_id`, in any case, a text or a number.
Result<QByteArray> idIn(const json::Object &document)
{
    for (const json::Member &member : document.members()) {
        if (member.folded != "id" && member.folded != "_id") {
            continue;
        }
        const char first = member.value.front();
        const bool isNumber = first == '-' || (first >= '0' && first <= '9');
        if (!isNumber && !json::isString(member.value)) {
            break;
        }
        QByteArray id = isNumber
            ? member.value.toByteArray()
            : trimmedBlanks(json::decodeString(member.value.sliced(1).chopped(1))).toByteArray();
        DRIFTLESS_TRY(checkIdToWrite(id));
        return id;
    }
    return Error {
        ErrorCode::InvalidArgument, "INSERT VALUES payload must include 'Id' (or '_id').", {}};
}

bool spells(const json::Member &member, const QByteArray &id)
{
    return member.value == id
        || (json::isString(member.value)
            && json::decodeString(member.value.sliced(1).chopped(1)) == id);
}

json::Object scanned(QByteArray bytes)
{
    auto object = json::Object::scan(std::move(bytes));
    DRIFTLESS_ASSERT(object.isOk()); // spliced from what was checked
    return std::move(object).value();
}

/// Without reserved members, and with an `Id` that is this one.
json::Object stored(const json::Object &document, const QByteArray &id)
{
    std::vector<json::Edit> edits;
    bool hasId = false;
    for (const json::Member &member : document.members()) {
        if (member.folded == "_id" || member.folded.startsWith("_sys_")) {
            edits.push_back({member.decoded.toByteArray(), {}});
        }
        hasId = hasId || (member.folded == "id" && spells(member, id));
    }
    if (!hasId) {
        QByteArray text;
        json::appendString(text, id);
        edits.push_back({"Id", std::move(text)});
    }
    return edits.empty() ? document : scanned(json::splice(document, edits));
}

} // namespace

Result<std::vector<WriteRequest>> insertRequests(
    const QByteArray &text, const query::Insert &insert, qsizetype documentBytesMax)
{
    const QByteArray values = valuesText(text);
    const std::vector<QByteArrayView> texts = documentsIn(values);
    const bool areTexts = texts.size() == insert.documents.size();
    std::vector<WriteRequest> requests;
    requests.reserve(insert.documents.size());
    for (std::size_t i = 0; i < insert.documents.size(); ++i) {
        DRIFTLESS_TRY_ASSIGN(const json::Object document,
            json::Object::check(areTexts ? texts[i].toByteArray() : storedText(insert.documents[i]),
                {.bytesMax = documentBytesMax}));
        WriteRequest &request = requests.emplace_back();
        request.collection = insert.collection;
        DRIFTLESS_TRY_ASSIGN(request.id, idIn(document));
        request.body = stored(document, request.id);
    }
    return requests;
}

} // namespace driftless::engine
