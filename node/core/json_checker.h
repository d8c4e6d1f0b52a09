#pragma once

#include "core/json.h"
#include "core/json_text.h"

#include <vector>

namespace driftless::json {

/// A name of an object, decoded; what it points to lives as long as the comparison.
using Names = QVarLengthArray<QByteArrayView, 64>;

inline constexpr char kRepeatedName[] = "A name stands twice in one object: keep one of the two.";

/// The index of a name in `names` that equals an earlier one, from `first` on; -1 if all differ.
/// n log n for many, whatever they are.
qsizetype findRepeated(const Names &names, qsizetype first);

/// The full check of a text from outside, in one pass (RFC 8259; what is refused beyond it is
/// listed at Object::check). Recursive, at most `limits.depthMax` levels. One use; any thread. The
/// text must outlive it.
class Checker
{
public:
    Checker(QByteArrayView text, const Limits &limits);

    /// The text is an object with blanks around it; appends its members. Names that are equal when
    /// folded are not looked for at this level, any repeated name below is.
    bool object(RawMembers &members);
    /// The text is a value with blanks around it.
    bool value(QByteArrayView &trimmed);

    /// After false: what is wrong, where, and what to do.
    [[nodiscard]] Error error() const;

private:
    bool sizeFits();
    bool onlyBlanksLeft(const char *message);
    bool nested(int depth);
    bool nestedObject(int depth);
    bool nestedArray(int depth);
    bool scalar();
    bool name(QByteArrayView &raw, bool &escaped);
    bool colon();
    bool separator(char close, bool &more);
    bool string(bool &escaped);
    bool escape();
    bool hexUnit(char32_t &unit);
    bool number();
    bool digits();
    bool word(const char *text, int size);
    bool fail(const char *message, const char *at, ErrorCode code = ErrorCode::InvalidJson);
    bool failRepeated(QByteArrayView repeated, const char *brace);

    [[nodiscard]] char peek() const { return m_at != m_end ? *m_at : '\0'; }

    const char *const m_begin;
    const char *const m_end;
    const char *m_at;
    const Limits m_limits;
    Names m_names; ///< of all objects that are open, the outer ones first
    std::vector<QByteArray>
        m_decoded; ///< names that had escapes, kept while m_names points to their bytes
    const char *m_message = nullptr;
    const char *m_faultAt = nullptr;
    QByteArray m_repeated; ///< the name that stands twice in the object that begins at m_faultAt
    ErrorCode m_code = ErrorCode::InvalidJson;
};

} // namespace driftless::json
