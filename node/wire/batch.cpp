#include "wire/batch.h"

#include "wire/json_cursor.h"
#include "wire/object_writer.h"

namespace driftless::wire {

namespace {

/// `cursor` stands where the text ceases to be JSON, or just behind.
Error notJson(const JsonCursor &cursor, QByteArray path)
{
    return Error {ErrorCode::InvalidJson,
        "The batch is not valid JSON: check commas, colons, brackets and quotes. (At byte "
            + QByteArray::number(cursor.offset()) + ".)",
        std::move(path)};
}

Error wrong(QByteArray message, QByteArray path)
{
    return Error {ErrorCode::InvalidArgument, std::move(message), std::move(path)};
}

bool equalsAnyCase(QByteArrayView name, QByteArrayView other)
{
    return name.compare(other, Qt::CaseInsensitive) == 0;
}

/// Calls `visit(name, value)` for each member; both are extents that nobody has checked. `name` is
/// without its quotes.
template <typename Visit>
Result<void> eachMember(JsonCursor &cursor, const QByteArray &path, Visit visit)
{
    if (!cursor.take('{')) {
        return wrong("A JSON object is expected here.", path);
    }
    if (cursor.take('}')) {
        return {};
    }
    while (true) {
        const QByteArrayView name = cursor.value();
        if (!json::isString(name) || !json::checkValue(name) || !cursor.take(':')) {
            return notJson(cursor, path);
        }
        DRIFTLESS_TRY(visit(name.sliced(1, name.size() - 2)));
        if (cursor.take('}')) {
            return {};
        }
        if (!cursor.take(',')) {
            return notJson(cursor, path);
        }
    }
}

Result<void> skipValue(JsonCursor &cursor, const QByteArray &path)
{
    const QByteArrayView value = cursor.value();
    return json::checkValue(value) ? Result<void>() : notJson(cursor, path);
}

/// A string or null; nothing for null.
Result<std::optional<QByteArray>> textValue(JsonCursor &cursor, const QByteArray &path)
{
    const QByteArrayView value = cursor.value();
    if (!json::checkValue(value)) {
        return notJson(cursor, path);
    }
    if (value == "null") {
        return std::optional<QByteArray>();
    }
    if (!json::isString(value)) {
        return wrong("A string is expected here.", path);
    }
    return std::optional<QByteArray>(json::decodeString(value.sliced(1, value.size() - 2)));
}

Result<BatchOp> opFromText(const std::optional<QByteArray> &text, const QByteArray &path)
{
    if (text && equalsAnyCase(*text, "put")) {
        return BatchOp::Put;
    }
    if (text && equalsAnyCase(*text, "patch")) {
        return BatchOp::Patch;
    }
    if (text && equalsAnyCase(*text, "delete")) {
        return BatchOp::Delete;
    }
    return wrong("Op must be 'put', 'patch' or 'delete'.", path);
}

class OperationReader
{
public:
    OperationReader(JsonCursor &cursor, QByteArray path, const json::Limits &limits)
        : m_cursor(cursor)
        , m_path(std::move(path))
        , m_limits(limits)
    {
    }

    Result<BatchOperation> read()
    {
        DRIFTLESS_TRY(
            eachMember(m_cursor, m_path, [this](QByteArrayView name) { return member(name); }));
        BatchOperation operation;
        DRIFTLESS_TRY_ASSIGN(operation.op, opFromText(m_op, m_path + ".Op"));
        if (!m_collection) {
            return wrong("Collection is required.", m_path + ".Collection");
        }
        if (!m_id) {
            return wrong("Id is required.", m_path + ".Id");
        }
        if (operation.op != BatchOp::Delete) {
            if (m_body.isEmpty()) {
                return wrong("Body is required and must be a JSON object.", m_path + ".Body");
            }
            DRIFTLESS_TRY_ASSIGN(operation.body, document());
        } else if (!m_body.isEmpty() && !json::checkValue(m_body)) {
            return notJson(m_cursor, m_path + ".Body");
        }
        operation.collection = std::move(*m_collection);
        operation.id = std::move(*m_id);
        if (m_ifVersion && !m_ifVersion->trimmed().isEmpty()) {
            operation.ifVersion = std::move(m_ifVersion);
        }
        return operation;
    }

private:
    Result<void> member(QByteArrayView name)
    {
        if (equalsAnyCase(name, "Body")) {
            m_body = m_cursor.value();
            if (m_body == "null") {
                m_body = {};
                return {};
            }
            return m_body.isEmpty() ? notJson(m_cursor, m_path + ".Body") : Result<void>();
        }
        for (const auto &[known, target] : {std::pair {QByteArrayView("Op"), &m_op},
                 {QByteArrayView("Collection"), &m_collection},
                 {QByteArrayView("Id"), &m_id},
                 {QByteArrayView("IfVersion"), &m_ifVersion}}) {
            if (equalsAnyCase(name, known)) {
                DRIFTLESS_TRY_ASSIGN(
                    *target, textValue(m_cursor, m_path + '.' + known.toByteArray()));
                return {};
            }
        }
        return skipValue(m_cursor, m_path);
    }

    Result<json::Object> document() const
    {
        const QByteArray path = m_path + ".Body";
        if (m_body.front() != '{') {
            return wrong("Body must be a JSON object.", path);
        }
        Result<json::Object> object = json::Object::check(m_body.toByteArray(), m_limits);
        if (!object) {
            Error error = object.error();
            error.path = path + (error.path.startsWith('$') ? error.path.sliced(1) : error.path);
            return error;
        }
        return object;
    }

    JsonCursor &m_cursor;
    QByteArray m_path;
    const json::Limits &m_limits;
    std::optional<QByteArray> m_op;
    std::optional<QByteArray> m_collection;
    std::optional<QByteArray> m_id;
    std::optional<QByteArray> m_ifVersion;
    QByteArrayView m_body;
};

Result<std::vector<BatchOperation>> readOperations(
    JsonCursor &cursor, int operationsMax, const json::Limits &limits)
{
    if (!cursor.take('[')) {
        return wrong("Operations must be an array.", "$.Operations");
    }
    std::vector<BatchOperation> operations;
    if (cursor.take(']')) {
        return operations;
    }
    while (true) {
        if (operations.size() == static_cast<std::size_t>(operationsMax)) {
            return Error {ErrorCode::TooLarge,
                "A batch has at most " + QByteArray::number(operationsMax)
                    + " operations (Node:Limits:GroupOperations); send it in several.",
                "$.Operations",
                Limit::GroupOperations};
        }
        OperationReader reader(
            cursor, "$.Operations[" + QByteArray::number(operations.size()) + ']', limits);
        DRIFTLESS_TRY_ASSIGN(BatchOperation operation, reader.read());
        operations.push_back(std::move(operation));
        if (cursor.take(']')) {
            return operations;
        }
        if (!cursor.take(',')) {
            return notJson(cursor, "$.Operations");
        }
    }
}

} // namespace

Result<BatchRequest> BatchRequest::fromJson(
    QByteArrayView text, int operationsMax, const json::Limits &bodyLimits)
{
    JsonCursor cursor(text);
    BatchRequest request;
    DRIFTLESS_TRY(eachMember(cursor, "$", [&](QByteArrayView name) -> Result<void> {
        if (!equalsAnyCase(name, "Operations")) {
            return skipValue(cursor, "$");
        }
        DRIFTLESS_TRY_ASSIGN(request.operations, readOperations(cursor, operationsMax, bodyLimits));
        return {};
    }));
    if (!cursor.atEnd()) {
        return notJson(cursor, "$");
    }
    if (request.operations.empty()) {
        return wrong("Operations is required and must hold at least one.", "$.Operations");
    }
    return request;
}

QByteArray BatchResponse::toJson() const
{
    QByteArray out;
    out.reserve(128 + static_cast<qsizetype>(results.size()) * 160);
    ObjectWriter writer(out);
    if (groupId) {
        writer.hash("GroupId", *groupId);
    } else {
        writer.null("GroupId");
    }
    writer.time("CommittedUtc", committed);
    appendArray(writer.member("Results"), results, [](QByteArray &to, const BatchResult &result) {
        ObjectWriter row(to);
        row.text("Collection", result.collection).text("EntityId", result.entityId);
        if (result.version) {
            row.hash("Version", *result.version);
        } else {
            row.null("Version");
        }
        row.boolean("IsDeleted", result.isDeleted);
        if (result.operationType) {
            row.integer("OperationType", *result.operationType);
        } else {
            row.null("OperationType");
        }
        row.end();
    });
    writer.end();
    return out;
}

} // namespace driftless::wire
