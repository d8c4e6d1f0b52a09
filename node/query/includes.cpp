#include "query/includes.h"

namespace driftless::query {

namespace {

bool isReference(const Value &value)
{
    return value.isDocument() && value.toDocument().find("$id") != nullptr
        && value.member("$ref").isString();
}

Result<Value> resolved(const Value &reference, const Context &context)
{
    const QByteArray collection = reference.member("$ref").bytes();
    if (!context.catalog.contains(collection)) {
        return reference;
    }
    DRIFTLESS_TRY_ASSIGN(const auto target,
        context.catalog.find(collection, reference.member("$id"), FieldSet::all()));
    Document document = reference.toDocument();
    if (!target) {
        document.set(QByteArrayLiteral("$missing"), Value::boolean(true));
        return Value::document(std::move(document));
    }
    document.remove("$ref");
    for (const DocumentMember &member : target->toDocument().members()) {
        if (member.name != "_id") {
            document.set(member.name, member.value);
        }
    }
    return Value::document(std::move(document));
}

/// The value with everything replaced that `steps` lead to. Any step of brackets means all
/// elements.
Result<Value> replaced(const Value &value, std::span<const PathStep> steps, const Context &context)
{
    if (value.isArray()) {
        const bool isBracket = !steps.empty() && steps.front().kind != StepKind::Member;
        Array elements;
        for (const Value &element : value.toArray()) {
            DRIFTLESS_TRY_ASSIGN(
                Value changed, replaced(element, isBracket ? steps.subspan(1) : steps, context));
            elements.push_back(std::move(changed));
        }
        return Value::array(std::move(elements));
    }
    if (steps.empty()) {
        return isReference(value) ? resolved(value, context) : Result<Value>(value);
    }
    const PathStep &step = steps.front();
    const Value *member = value.isDocument() && step.kind == StepKind::Member
        ? value.toDocument().find(step.name)
        : nullptr;
    if (member == nullptr) {
        return value;
    }
    DRIFTLESS_TRY_ASSIGN(Value changed, replaced(*member, steps.subspan(1), context));
    Document document = value.toDocument();
    document.set(step.name, std::move(changed));
    return Value::document(std::move(document));
}

/// `lines[*].product` is a MAP over a path whose body is the rest of the path.
void appendSteps(std::vector<PathStep> &steps, const Expression &path)
{
    if (path.kind == ExpressionKind::Lambda) {
        appendSteps(steps, *path.operands[0]);
        appendSteps(steps, *path.operands[1]);
    } else {
        steps.insert(steps.end(), path.steps.begin(), path.steps.end());
    }
}

} // namespace

Result<Value> withIncludes(
    const Value &document, std::span<const ExpressionPointer> paths, const Context &context)
{
    Value included = document;
    for (const ExpressionPointer &path : paths) {
        std::vector<PathStep> steps;
        appendSteps(steps, *path);
        DRIFTLESS_TRY_ASSIGN(included, replaced(included, steps, context));
    }
    return included;
}

} // namespace driftless::query
