#include "query/explain.h"

#include "query/arithmetic.h"
#include "query/printer.h"

#include <QByteArrayList>
#include <QSet>

namespace driftless::query {

namespace {

/// Rows of a plan in the making.
class Explanation
{
public:
    void add(const char *step, const QByteArray &what)
    {
        Document row;
        row.set("step", wholeNumber(static_cast<std::int64_t>(m_rows.size()) + 1));
        row.set("action", Value::string(step));
        row.set("what", Value::string(what));
        m_rows.push_back(Value::document(std::move(row)));
    }
    /// With the sentence in front.
    Array take(const QByteArray &sentence)
    {
        Document row;
        row.set("plan", Value::string(sentence));
        m_rows.insert(m_rows.begin(), Value::document(std::move(row)));
        return std::move(m_rows);
    }

private:
    Array m_rows;
};

QByteArray number(std::int64_t count)
{
    return QByteArray::number(static_cast<qint64>(count));
}

QByteArray documents(std::int64_t count)
{
    return number(count) + (count == 1 ? " document" : " documents");
}

QByteArray printedAll(const std::vector<ExpressionPointer> &expressions)
{
    QByteArrayList texts;
    for (const ExpressionPointer &expression : expressions) {
        texts += print(*expression);
    }
    return texts.join(", ");
}

QByteArray printedKeys(const std::vector<SortKey> &keys)
{
    QByteArrayList texts;
    for (const SortKey &key : keys) {
        texts += print(*key.expression) + (key.isDescending ? " DESC" : "");
    }
    return texts.join(", ");
}

/// How many documents the plan reads; nothing where only reading them would tell.
Result<std::optional<std::int64_t>> countOf(
    const Plan &plan, const QByteArray &collection, const Context &context)
{
    switch (plan.access) {
    case Access::Scan:
        return context.catalog.count(collection);
    case Access::Ids:
        return std::optional(static_cast<std::int64_t>(plan.ids.size()));
    case Access::IdRange:
        return std::optional<std::int64_t>();
    case Access::Index:
        break;
    }
    DRIFTLESS_TRY_ASSIGN(
        const auto entries, context.catalog.indexed(collection, plan.scan, FieldSet::of({"_id"})));
    MemoryAccount account(context.memoryBytesMax);
    QSet<QByteArray> ids;
    while (entries) {
        DRIFTLESS_TRY_ASSIGN(const auto document, entries->next());
        if (!document) {
            break;
        }
        if (context.watch != nullptr) {
            DRIFTLESS_TRY(context.watch->check());
        }
        const QByteArray key = keyOf(document->member("_id"));
        DRIFTLESS_TRY(account.keep(sizeof(key) + static_cast<std::size_t>(key.size())));
        ids.insert(key);
    }
    return std::optional(static_cast<std::int64_t>(ids.size()));
}

Result<QByteArray> sentenceOf(
    const Plan &plan, const QByteArray &collection, const Context &context)
{
    DRIFTLESS_TRY_ASSIGN(const auto total, context.catalog.count(collection));
    DRIFTLESS_TRY_ASSIGN(const auto read, countOf(plan, collection, context));
    const QByteArray ofAll = total ? " of " + documents(*total) : QByteArray();
    switch (plan.access) {
    case Access::Scan:
        return total ? "Reads all " + documents(*total) + '.'
                     : QByteArrayLiteral("Reads all documents.");
    case Access::Ids:
        return "Reads at most " + number(*read) + (total ? ofAll : QByteArray(" documents"))
            + " by their ids.";
    case Access::IdRange:
        return "Reads a range" + ofAll + " by their ids.";
    case Access::Index:
        break;
    }
    return "Reads " + (total ? number(*read) + ofAll : documents(*read)) + " with index "
        + plan.index.name + '.';
}

void addAccess(Explanation &rows, const Plan &plan, const QByteArray &collection)
{
    switch (plan.access) {
    case Access::Scan:
        rows.add("scan", collection);
        break;
    case Access::Ids:
    case Access::IdRange:
        rows.add(plan.access == Access::Ids ? "ids" : "id range", collection);
        break;
    case Access::Index:
        rows.add("index", plan.index.name + " on " + print(*plan.index.expression));
    }
}

} // namespace

Result<Array> explain(const Select &select, const Search &search, const Context &context)
{
    Explanation rows;
    if (!select.collection) {
        return rows.take(QByteArrayLiteral("Reads no documents."));
    }
    DRIFTLESS_TRY_ASSIGN(const Plan plan, planFor(search, context));
    addAccess(rows, plan, *select.collection);
    if (select.where) {
        rows.add("filter", print(*select.where));
    }
    if (!select.includes.empty()) {
        rows.add("include", printedAll(select.includes));
    }
    if (!select.groupBy.empty()) {
        rows.add("group", printedAll(select.groupBy));
    }
    if (select.having) {
        rows.add("having", print(*select.having));
    }
    if (!select.orderBy.empty()) {
        const bool isSorted = plan.isSorted && select.groupBy.empty();
        rows.add(isSorted ? "already in order" : "sort", printedKeys(select.orderBy));
    }
    if (select.isDistinct) {
        rows.add("distinct", QByteArrayLiteral("rows"));
    }
    if (select.offset) {
        rows.add("offset", number(*select.offset));
    }
    if (select.top || select.limit) {
        rows.add("limit", number(select.top ? *select.top : *select.limit));
    }
    DRIFTLESS_TRY_ASSIGN(const QByteArray sentence, sentenceOf(plan, *select.collection, context));
    return rows.take(sentence);
}

} // namespace driftless::query
