#pragma once

#include <QByteArray>
#include <QString>

#include <optional>
#include <vector>

namespace driftless::fuzz {

struct SlowMember;

/// A JSON value taken apart, for judging core/json: slow, obvious, and shares nothing with it but
/// the case folding, whose table is the format's. Numbers keep their text.
struct SlowValue
{
    enum class Kind { Word, Number, Text, Array, Object };

    Kind kind = Kind::Word;
    QByteArray token; ///< of a word or number
    QString text; ///< of a string, escapes resolved
    std::vector<SlowValue> elements; ///< of an array
    std::vector<SlowMember> members; ///< of an object, in order

    [[nodiscard]] bool isNull() const { return kind == Kind::Word && token == "null"; }
    [[nodiscard]] bool isObject() const { return kind == Kind::Object; }
    /// Objects are equal with their members in the same order.
    friend bool operator==(const SlowValue &a, const SlowValue &b);
};

struct SlowMember
{
    QString name;
    SlowValue value;
};

/// What json::checkValue says of the text; nothing where that must refuse it.
std::optional<SlowValue> slowValue(QByteArrayView text);

/// What json::Object::check says of the text, the names that differ only in case looked for.
std::optional<SlowValue> slowDocument(QByteArrayView text);

/// RFC 7396, section 2, to the letter; what the patch adds comes behind what was there.
SlowValue slowMergePatch(const std::optional<SlowValue> &target, const SlowValue &patch);

} // namespace driftless::fuzz
