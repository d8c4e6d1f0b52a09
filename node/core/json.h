#pragma once

#include "core/limits.h"
#include "core/result.h"

#include <QByteArray>
#include <QList>

#include <cstdint>
#include <span>

/// Documents are bytes: checked once where they are born, then stored, hashed, compared and sent as
/// those bytes. Nothing here re-serialises what it did not touch.
namespace driftless::json {

struct Limits
{
    int depthMax = kDocumentDepthMax; ///< nested arrays and objects, the outermost counted
    qsizetype bytesMax = kDocumentBytesMax;
};

/// One member of an object: views of the Object that holds it, or of a copy of it.
struct Member
{
    QByteArrayView name; ///< as it stands between the quotes, escapes and all
    QByteArrayView value; ///< as it stands, without blanks around it
    QByteArrayView decoded; ///< the name as UTF-8, escapes resolved
    QByteArrayView folded; ///< decoded, case-folded (core/case_fold.h): the identity of the member
};

struct RawMember;

/// A JSON object: its bytes, and where its top-level members stand. A value; moving it keeps the
/// views true.
class Object
{
public:
    Object() = default;
    Object(Object &&) = default;
    Object &operator=(Object &&) = default;
    Object(const Object &)
        = default; // QByteArray shares its buffer, so the views of a copy hold as well
    Object &operator=(const Object &) = default;

    /// The full check of a document from outside (RFC 8259, and stricter): an object and nothing
    /// but blanks around it; valid UTF-8 without lone surrogates (escaped ones too); no duplicate
    /// names at any depth, and at the top level none that differ only in case; depth and size
    /// within `limits`; no empty name at any depth. Numbers of any length pass. Errors:
    /// InvalidJson, TooDeep, TooLarge, each with the path ("$.lines[2].price"). Bytes that are not
    /// owned (QByteArray::fromRawData, literals) are copied first.
    static Result<Object> check(QByteArray bytes, const Limits &limits = {});

    /// Finds the members of bytes that passed `check` before; several times faster. InvalidJson
    /// only if they could not have; other bytes that did not pass are not found out, but do no harm
    /// either.
    static Result<Object> scan(QByteArray bytes);

    [[nodiscard]] const QByteArray &bytes() const { return m_bytes; }
    /// What decoded and folded names point into where they do not point into `bytes`.
    [[nodiscard]] const QByteArray &names() const { return m_names; }
    [[nodiscard]] std::span<const Member> members() const
    {
        return {m_members.constData(), static_cast<std::size_t>(m_members.size())};
    }
    /// By folded name; null if there is none. Logarithmic for large objects.
    [[nodiscard]] const Member *find(QByteArrayView foldedName) const;

private:
    void take(std::span<const RawMember> raw);
    void resolveNames(qsizetype room);
    [[nodiscard]] const Member *findRepeatedName() const;

    QByteArray m_bytes;
    QByteArray
        m_names; ///< the decoded and folded names that differ from m_bytes, one behind the other
    QList<Member> m_members; ///< shared by copies, as all of an object is
    QList<std::uint32_t> m_order; ///< of a large object: indices of m_members by folded name
};

/// Checks any JSON value as Object::check does (but for names that differ only in case), and
/// answers its bytes without blanks around them.
Result<QByteArrayView> checkValue(QByteArrayView bytes, const Limits &limits = {});

/// What to do with one top-level member: a new value, or removal where `value` is empty.
struct Edit
{
    QByteArray name; ///< UTF-8, not escaped; matched by folded name, the existing spelling stays;
                     ///< of two the later counts
    QByteArray value; ///< JSON; empty removes
};

/// The object with the edits made and every other byte as it was: values are exchanged in place,
/// removed members go with one comma, new ones are put behind the last member in the order given.
QByteArray splice(const Object &object, std::span<const Edit> edits);

/// RFC 7396 for the value of one member: `target` may be empty (absent). Objects merge member by
/// member (matched exactly, as the RFC says), everything else is replaced; bytes of target members
/// that the patch does not name stay. Both have passed a check (checkValue, or as the value of a
/// member).
QByteArray mergePatchValue(QByteArrayView target, QByteArrayView patch);

/// Appends `utf8` as a JSON string with its quotes: escapes only '"', '\\' and control characters.
void appendString(QByteArray &out, QByteArrayView utf8);

/// Resolves the escapes of what stands between the quotes of a checked string.
QByteArray decodeString(QByteArrayView raw);

/// True for a JSON string value; `value` includes the quotes.
bool isString(QByteArrayView value);

} // namespace driftless::json
