#include "engine/index_language.h"

#include "query/index_expression.h"
#include "query/json_document.h"

#include <algorithm>

namespace driftless::engine {

namespace {

class QueryIndexExpression final : public storage::IndexExpression
{
public:
    explicit QueryIndexExpression(query::IndexExpression expression)
        : m_expression(std::move(expression))
    {
    }

    [[nodiscard]] QByteArray text() const override { return m_expression.text(); }
    void appendKeys(const QByteArray &body, std::vector<QByteArray> &keys) const override
    {
        const auto document = query::documentFromJson(body, m_expression.fields());
        if (!document) {
            keys.emplace_back(1, query::kFailedKey); // no checked body comes here
            return;
        }
        m_expression.appendKeys(*document, keys);
    }

private:
    const query::IndexExpression m_expression;
};

class QueryIndexLanguage final : public storage::IndexLanguage
{
public:
    [[nodiscard]] std::int64_t keyVersion() const override { return query::kKeyVersion; }
    [[nodiscard]] Result<std::unique_ptr<const storage::IndexExpression>> compile(
        const QByteArray &text) const override
    {
        DRIFTLESS_TRY_ASSIGN(auto expression, query::IndexExpression::compile(text));
        const auto &names = expression.fields().names();
        if (std::any_of(names.begin(), names.end(), [](const QByteArray &name) {
                return name.startsWith("_sys_");
            })) {
            return Error {ErrorCode::InvalidArgument,
                "An index goes by what stands in the documents; no '_sys_' member does.",
                {}};
        }
        return std::unique_ptr<const storage::IndexExpression>(
            std::make_unique<QueryIndexExpression>(std::move(expression)));
    }
};

} // namespace

const storage::IndexLanguage &queryIndexLanguage()
{
    static const QueryIndexLanguage kLanguage;
    return kLanguage;
}

} // namespace driftless::engine
