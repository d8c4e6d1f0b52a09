#pragma once

#include "query/ast.h"
#include "query/token_stream.h"

namespace driftless::query {

/// What a bare name and `*` stand for where an expression is.
enum class Scope : std::uint8_t {
    Top, ///< a bare name is a member of the document
    Element, ///< inside of a filter or a lambda: of the current value
    SourceElement, ///< as Element, in a lambda over `*`: its names count as fields of the document
};

/// Reads expressions (section 3 of the language) from a stream and leaves what follows.
class ExpressionParser
{
public:
    explicit ExpressionParser(TokenStream &stream)
        : m_stream(stream)
    {
    }

    Result<ExpressionPointer> expression(Scope scope = Scope::Top);
    Result<ExpressionPointer> scalar(const char *what); ///< an expression that is one value
    Result<ExpressionPointer> single(Scope scope);

private:
    struct Pending;

    Result<ExpressionPointer> chain(Scope scope, bool stopsAtLogical);
    Result<ExpressionPointer> operand(Scope scope);
    Result<bool> readOperator(Pending &pending, bool stopsAtLogical);
    Result<void> readRightSide(Pending &pending, Scope scope, std::vector<ExpressionPointer> &out);
    Result<void> reduce(std::vector<ExpressionPointer> &operands, std::vector<Pending> &operators);
    Result<ExpressionPointer> listOrGroup(Scope scope);

    Result<ExpressionPointer> word(Scope scope);
    Result<ExpressionPointer> star();
    Result<ExpressionPointer> document(Scope scope);
    Result<ExpressionPointer> array(Scope scope);
    Result<ExpressionPointer> parameter();
    Result<ExpressionPointer> call(Scope scope);
    Result<ExpressionPointer> lambda(Scope scope);
    Result<ExpressionPointer> path(Scope scope);
    Result<bool> step(Expression &path, bool isFirstOfWord);
    Result<void> bracket(Expression &path);
    Result<ExpressionPointer> mapped(ExpressionPointer source, Scope bodyScope);

    /// Gathers the facts of the operands and checks the height of the tree.
    Result<ExpressionPointer> finish(Expression expression) const;
    [[nodiscard]] bool startsOperand(std::size_t ahead) const;
    [[nodiscard]] bool isPrefix(const char *keyword) const;

    TokenStream &m_stream;
};

} // namespace driftless::query
