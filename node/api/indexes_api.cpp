#include "api/indexes_api.h"

#include "core/case_fold.h"
#include "engine/names.h"
#include "wire/index_list.h"
#include "wire/object_writer.h"

#include <algorithm>

namespace driftless::api {

namespace {

wire::IndexRow rowOf(const engine::IndexView &index)
{
    return {index.collection,
        index.name,
        index.expression,
        index.isReady,
        index.documentsDone,
        index.documentsTotal};
}

QByteArray noIndex(const Call &call)
{
    return "There is no index '" + call.second + "' of '" + call.first
        + "'. GET /api/indexes lists those that there are.";
}

} // namespace

IndexesApi::IndexesApi(Context &context)
    : m_context(context)
{
}

void IndexesApi::find(const CallPtr &call,
    const DatabaseName &database,
    const std::function<void(const Rows &)> &next)
{
    const auto collection = call->first.isEmpty() ? std::nullopt : std::optional(call->first);
    m_context.gateway().indexes(database, collection, [this, call, next](const Result<Rows> &rows) {
        if (!rows) {
            m_context.fail(*call, rows.error());
            return;
        }
        next(*rows);
    });
}

/// The door of all but PUT, which reads its body first; the route says which role it asks for.
void IndexesApi::enter(const CallPtr &call, const std::function<void(const DatabaseName &)> &next)
{
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (const auto checked = engine::checkCollectionToRead(call->first); !checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    m_context.openDatabase(call, *grant, [next, database = grant->database] { next(database); });
}

void IndexesApi::list(const CallPtr &call)
{
    enter(call, [this, call](const DatabaseName &database) {
        find(call, database, [call](const Rows &found) {
            std::vector<wire::IndexRow> rows;
            std::transform(found.begin(), found.end(), std::back_inserter(rows), rowOf);
            call->reply(Response::json(200, wire::toJson(rows)));
        });
    });
}

void IndexesApi::answerOne(const CallPtr &call, const DatabaseName &database, int status)
{
    find(call, database, [this, call, status](const Rows &rows) {
        const QByteArray folded = foldCase(call->second);
        const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto &index) {
            return foldCase(index.name) == folded;
        });
        if (found == rows.end()) {
            m_context.failNotFound(*call, noIndex(*call));
            return;
        }
        call->reply(Response::json(status, wire::toJson(rowOf(*found))));
    });
}

void IndexesApi::get(const CallPtr &call)
{
    enter(call, [this, call](const DatabaseName &database) { answerOne(call, database, 200); });
}

void IndexesApi::put(const CallPtr &call)
{
    auto expression = wire::indexExpressionFromJson(call->request.body);
    if (!expression) {
        m_context.failBinding(*call, expression.error());
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (const auto checked = engine::checkCollectionToWrite(call->first); !checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    engine::IndexRequest index {call->first, call->second, std::move(*expression)};
    m_context.openDatabase(
        call, *grant, [this, call, database = grant->database, index = std::move(index)] {
            m_context.gateway().createIndex(
                database, index, [this, call, database](const Result<bool> &made) {
                    if (made) {
                        answerOne(call, database, *made ? 201 : 200);
                    } else if (made.error().code == ErrorCode::VersionMismatch) {
                        call->reply(m_context.problem(409, "index-exists", made.error().message));
                    } else {
                        m_context.fail(*call, made.error());
                    }
                });
        });
}

void IndexesApi::remove(const CallPtr &call)
{
    enter(call, [this, call](const DatabaseName &database) {
        m_context.gateway().dropIndex(
            database, call->first, call->second, [this, call](const Result<bool> &dropped) {
                if (dropped && !*dropped) {
                    m_context.failNotFound(*call, noIndex(*call));
                    return;
                }
                m_context.answer(*call, dropped, [call](bool) {
                    QByteArray out;
                    wire::ObjectWriter writer(out);
                    writer.text("Collection", call->first).text("Name", call->second);
                    writer.end();
                    return Response::json(200, std::move(out));
                });
            });
    });
}

} // namespace driftless::api
