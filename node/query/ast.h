#pragma once

#include "query/operators.h"
#include "query/token.h"
#include "query/value.h"

#include <memory>
#include <optional>
#include <vector>

namespace driftless::query {

struct Function;
struct Expression;
using ExpressionPointer = std::shared_ptr<const Expression>;

enum class ExpressionKind : std::uint8_t {
    Literal, ///< `literal`
    Source, ///< `*`
    DocumentForm, ///< `names` and `operands`
    ArrayForm, ///< `operands`
    Parameter, ///< `name`
    Path, ///< `root` and `steps`
    Call, ///< `name`, `function` and `operands`
    Lambda, ///< MAP, FILTER or SORT (`name`): the source, the body, perhaps the order
    Binary, ///< `op`, `quantifier`; left, right (BETWEEN: left, low, high)
    Not, ///< one operand
    Gathered, ///< what stands for a part over `*` (query/aggregates.h): its number as `literal`
};

enum class PathRoot : std::uint8_t { Root, Current };

enum class StepKind : std::uint8_t { Member, Index, IndexParameter, All, Filter };

struct PathStep
{
    StepKind kind = StepKind::Member;
    QByteArray name; ///< of a member or parameter
    std::int32_t index = 0;
    ExpressionPointer filter;
};

/// What is known of an expression before it runs (section 4 of the language).
struct Facts
{
    bool isSequence = false; ///< many values instead of one
    bool usesSource = false; ///< `*` outside of bodies of lambdas
    bool usesRoot = false; ///< `$`, or a bare name at the top
    bool isImmutable = true; ///< no parameter and nothing volatile
    std::vector<QByteArray>
        fields; ///< top members of the root, "$" for all of it, as first spelled
};

/// A node of the tree; immutable once parsed, shared.
struct Expression
{
    ExpressionKind kind = ExpressionKind::Literal;
    Place place;
    Facts facts;
    Value literal;
    QByteArray name;
    const Function *function = nullptr;
    std::vector<QByteArray> names;
    std::vector<ExpressionPointer> operands;
    PathRoot root = PathRoot::Root;
    std::vector<PathStep> steps;
    Operator op = Operator::Add;
    Quantifier quantifier = Quantifier::None;
    int height = 1; ///< levels of the tree
};

/// The same tree; places and facts, which follow from the text, do not count.
bool areEqual(const Expression &a, const Expression &b);

struct SelectItem
{
    ExpressionPointer expression;
    QByteArray alias; ///< empty: named automatically
};

struct SortKey
{
    ExpressionPointer expression;
    bool isDescending = false;
};

enum class IdType : std::uint8_t { ObjectId, Guid, Int32, Int64 };

struct Select
{
    bool isExplain = false;
    bool isDistinct = false;
    std::vector<SelectItem> items;
    std::optional<QByteArray> collection; ///< no FROM: one row over an empty document
    std::vector<ExpressionPointer> includes;
    ExpressionPointer where;
    std::vector<ExpressionPointer> groupBy;
    ExpressionPointer having;
    std::vector<SortKey> orderBy;
    std::optional<std::int32_t> top;
    std::optional<std::int32_t> limit;
    std::optional<std::int32_t> offset;
    bool isForUpdate = false;
};

struct Insert
{
    QByteArray collection;
    IdType idType = IdType::ObjectId;
    std::vector<Value> documents;
};

struct Assignment
{
    std::vector<QByteArray> path; ///< one name, or several for a member of a member
    ExpressionPointer value;
};

struct Update
{
    QByteArray collection;
    ExpressionPointer patch; ///< the document form, or null
    std::vector<Assignment> assignments;
    ExpressionPointer where;
};

struct Delete
{
    QByteArray collection;
    ExpressionPointer where;
};

struct CreateIndex
{
    QByteArray name;
    QByteArray collection;
    ExpressionPointer expression;
    bool isUnique = false;
};

struct DropIndex
{
    QByteArray collection;
    QByteArray name;
};

using Statement = std::variant<Select, Insert, Update, Delete, CreateIndex, DropIndex>;

} // namespace driftless::query
