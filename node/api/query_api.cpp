#include "api/query_api.h"

#include "api/query_parameters.h"
#include "engine/row_pipe.h"
#include "wire/query.h"

#include <utility>

namespace driftless::api {

namespace {

/// Rows as they come from the engine, with what stands around them.
class RowStream final : public BodyStream
{
public:
    RowStream(Context &context, QByteArray head, std::shared_ptr<engine::RowPipe> rows)
        : m_context(context)
        , m_head(std::move(head))
        , m_rows(std::move(rows))
    {
    }
    ~RowStream() override { m_rows->abandon(); }
    RowStream(const RowStream &) = delete;
    RowStream &operator=(const RowStream &) = delete;

    void next(Piece piece) override
    {
        if (!m_head.isEmpty()) {
            piece(std::exchange(m_head, {}));
        } else if (m_isEnded) {
            piece(QByteArray());
        } else {
            m_rows->next([this, piece = std::move(piece)](Result<std::optional<QByteArray>> taken) {
                pass(std::move(taken), piece);
            });
        }
    }

    void whenBroken(std::function<void(Error)> broken) override
    {
        m_rows->whenBroken([this, broken = std::move(broken)](const Error &error) {
            m_context.noteLimit(error.limit);
            broken(error);
        });
    }

private:
    void pass(Result<std::optional<QByteArray>> taken, const Piece &piece)
    {
        if (!taken) {
            m_context.noteLimit(taken.error().limit);
            piece(taken.error());
        } else if (*taken) {
            piece(std::move(**taken));
        } else {
            m_isEnded = true;
            wire::QueryResponse counts;
            counts.matchedCount = counts.returnedRows = m_rows->rows();
            piece(counts.tail());
        }
    }

    Context &m_context;
    QByteArray m_head; ///< until it was said
    const std::shared_ptr<engine::RowPipe> m_rows;
    bool m_isEnded = false;
};

Response queryResponse(Context &context, engine::QueryOutcome outcome)
{
    wire::QueryResponse response;
    response.query = std::move(outcome.text);
    response.requestedTake = outcome.requestedTake;
    if (outcome.more) {
        response.rows = std::move(outcome.rows);
        Response streamed = Response::json(200, {});
        streamed.stream
            = std::make_shared<RowStream>(context, response.head(), std::move(outcome.more));
        return streamed;
    }
    response.matchedCount = outcome.matched;
    response.appliedCount = outcome.applied;
    response.returnedRows = outcome.returned;
    response.rows = std::move(outcome.rows);
    return Response::json(200, response.toJson());
}

engine::QueryRequest queryRequestOf(
    wire::QueryRequest asked, bool includesReserved, const engine::Grant &grant)
{
    engine::QueryRequest request;
    request.text = std::move(asked.query);
    request.take = asked.take;
    request.parameters = std::move(asked.parameters);
    request.format = asked.isPlain ? engine::ValueFormat::Plain : engine::ValueFormat::Extended;
    request.includesReserved = includesReserved;
    request.isAtomic = asked.isAtomic;
    request.mayRead = Context::holds(grant, auth::Role::ReadDocument);
    request.mayShape = Context::holds(grant, auth::Role::AddDatabase);
    request.mayInsert = Context::holds(grant, auth::Role::WriteDocument);
    request.mayUpdate = Context::holds(grant, auth::Role::UpdateDocument);
    request.mayDelete = Context::holds(grant, auth::Role::DeleteDocument);
    return request;
}

} // namespace

QueryApi::QueryApi(Context &context)
    : m_context(context)
{
}

void QueryApi::post(const CallPtr &call)
{
    QueryParameters parameters(call->request);
    const bool includesReserved = parameters.boolean("includeReservedFields", false);
    if (!parameters.errors().empty()) {
        m_context.failValidation(*call, ErrorCode::InvalidArgument, parameters.errors());
        return;
    }
    Result<wire::QueryRequest> asked = wire::QueryRequest::fromJson(
        std::move(call->request.body), {.bytesMax = m_context.settings().bodyBytesMax});
    if (!asked) {
        m_context.failBinding(*call, asked.error());
        return;
    }
    if (asked->isQueryNull) {
        m_context.failValidation(
            *call, ErrorCode::InvalidArgument, {{"Query", "The Query field is required."}});
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    m_context.openDatabase(call,
        *grant,
        [this,
            call,
            database = grant->database,
            request
            = queryRequestOf(std::move(asked).value(), includesReserved, *grant)]() mutable {
            m_context.gateway().query(
                database, std::move(request), [this, call](Result<engine::QueryOutcome> outcome) {
                    m_context.answer(*call, std::move(outcome), [this](engine::QueryOutcome made) {
                        return queryResponse(m_context, std::move(made));
                    });
                });
        });
}

} // namespace driftless::api
