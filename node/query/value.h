#pragma once

#include "query/decimal96.h"

#include <QByteArray>

#include <memory>
#include <span>
#include <variant>
#include <vector>

namespace driftless::query {

/// The types of the language, in their order: every value of one is below every value of the next,
/// but for the numbers (Int32 to Decimal), which are ordered among each other by value.
enum class Type : std::uint8_t {
    MinValue,
    Null,
    Int32,
    Int64,
    Double,
    Decimal,
    String,
    Document,
    Array,
    Binary,
    ObjectId,
    Guid,
    Boolean,
    DateTime,
    MaxValue,
};

class Document;
class Value;
using Array = std::vector<Value>;

/// A value of the language; null unless said otherwise. Documents and arrays are immutable and
/// shared by copies. Asking for what the type does not have is a bug (an assertion).
class Value
{
public:
    Value() = default;
    static Value minValue();
    static Value maxValue();
    static Value int32(std::int32_t number);
    static Value int64(std::int64_t number);
    static Value real(double number);
    static Value decimal(const Decimal96 &number);
    static Value string(QByteArray utf8); ///< well-formed UTF-8
    static Value document(Document document);
    static Value array(Array elements);
    static Value binary(QByteArray bytes);
    static Value objectId(QByteArray bytes); ///< 12 bytes
    static Value guid(QByteArray bytes); ///< 16 bytes, in the order of the text
    static Value boolean(bool flag);
    /// Milliseconds since 1970 in UTC, within the years 1 to 9999 (query/date_time.h).
    static Value dateTime(std::int64_t ms);

    [[nodiscard]] Type type() const { return m_type; }
    [[nodiscard]] bool isNull() const { return m_type == Type::Null; }
    [[nodiscard]] bool isNumber() const { return m_type >= Type::Int32 && m_type <= Type::Decimal; }
    [[nodiscard]] bool isString() const { return m_type == Type::String; }
    [[nodiscard]] bool isDocument() const { return m_type == Type::Document; }
    [[nodiscard]] bool isArray() const { return m_type == Type::Array; }
    [[nodiscard]] bool isDateTime() const { return m_type == Type::DateTime; }
    [[nodiscard]] bool isTrue() const { return m_type == Type::Boolean && toBool(); }

    [[nodiscard]] std::int64_t toInt64() const; ///< of Int32 and Int64
    [[nodiscard]] double toReal() const; ///< of Double
    [[nodiscard]] const Decimal96 &toDecimal() const; ///< of Decimal
    [[nodiscard]] bool toBool() const; ///< of Boolean
    [[nodiscard]] std::int64_t toMs() const; ///< of DateTime
    [[nodiscard]] const QByteArray &bytes() const; ///< of String, Binary, ObjectId and Guid
    [[nodiscard]] const Document &toDocument() const;
    [[nodiscard]] const Array &toArray() const;

    /// The member of a document, the names compared without case; null for everything else.
    [[nodiscard]] Value member(QByteArrayView name) const;

    /// Bytes that the value would take if nothing inside of it were shared, about: what walking or
    /// writing it costs. `[x, x]` of a shared x counts it twice. Known without walking.
    [[nodiscard]] std::size_t weight() const;

private:
    struct HeldDocument;
    struct HeldArray;

    Value(Type type, std::int64_t whole)
        : m_type(type)
        , m_data(whole)
    {
    }
    Value(Type type, QByteArray bytes)
        : m_type(type)
        , m_data(std::move(bytes))
    {
    }

    Type m_type = Type::Null;
    std::variant<std::monostate,
        std::int64_t,
        double,
        Decimal96,
        QByteArray,
        std::shared_ptr<const HeldDocument>,
        std::shared_ptr<const HeldArray>>
        m_data;
};

struct DocumentMember
{
    QByteArray name;
    Value value;
};

/// Members in order, no two with names that differ only in case. A value.
class Document
{
public:
    Document() = default;
    /// Of members that differ only in case the last value counts, at the place and in the spelling
    /// of the first. n log n at most.
    static Document ofMembers(std::vector<DocumentMember> members);

    [[nodiscard]] std::span<const DocumentMember> members() const { return m_members; }
    [[nodiscard]] std::size_t size() const { return m_members.size(); }
    [[nodiscard]] const Value *find(QByteArrayView name) const;
    /// Exchanges the value of the member, whose place and spelling stay, or adds one at the end.
    void set(const QByteArray &name, Value value);
    void setFirst(const QByteArray &name, Value value);
    void remove(QByteArrayView name);

private:
    [[nodiscard]] std::ptrdiff_t indexOf(QByteArrayView name) const;

    std::vector<DocumentMember> m_members;
};

} // namespace driftless::query
