#include "choices.h"
#include "core/case_fold.h"
#include "core/decimal.h"
#include "core/json.h"
#include "fuzz_target.h"
#include "model_json.h"
#include "model_number.h"
#include "slow_json.h"

#include <array>

// A document from a stranger: the check says what a second reader says, the quick scan finds what
// the check found, and splicing touches nothing but what it was told to.
namespace driftless::fuzz {

namespace {

using json::Object;

using Members = std::vector<std::pair<QByteArray, QByteArray>>; ///< raw names and values

Members membersOf(const Object &object)
{
    Members members;
    for (const json::Member &member : object.members()) {
        members.emplace_back(member.name.toByteArray(), member.value.toByteArray());
    }
    return members;
}

void checkScan(const Object &checked)
{
    const auto scanned = Object::scan(checked.bytes());
    require(scanned.isOk(), "what the check accepts the scan accepts", checked.bytes());
    require(scanned->members().size() == checked.members().size(),
        "check and scan find the same members",
        checked.bytes());
    for (std::size_t i = 0; i < checked.members().size(); ++i) {
        const json::Member &a = checked.members()[i];
        const json::Member &b = scanned->members()[i];
        require(a.name == b.name && a.value == b.value && a.decoded == b.decoded
                && a.folded == b.folded,
            "check and scan find the same members",
            checked.bytes());
        require(checked.find(a.folded) == &a, "a member is found by its name", checked.bytes());
    }
}

void checkAgainstModel(const Object &object)
{
    const auto model = sim::splitObject(object.bytes());
    require(model && model->size() == object.members().size(),
        "the judge finds the same members",
        object.bytes());
    for (std::size_t i = 0; i < model->size(); ++i) {
        const json::Member &member = object.members()[i];
        require(member.name == (*model)[i].rawName && member.decoded == (*model)[i].name
                && member.folded == (*model)[i].folded && member.value == (*model)[i].value,
            "the judge finds the same members",
            object.bytes());
    }
}

void checkTexts(const json::Member &member)
{
    QByteArray written;
    json::appendString(written, member.decoded);
    require(json::checkValue(written).isOk(), "a string that was written is JSON", written);
    require(json::decodeString(QByteArrayView(written).sliced(1).chopped(1)) == member.decoded,
        "a string that was written reads as it was",
        written);
    require(foldCaseView(member.folded) == member.folded, "folding twice is folding once", written);
}

void checkNumber(QByteArrayView value)
{
    const auto number = Decimal::parseCounter(value);
    const auto slow = sim::ModelNumber::ofCounter(value);
    require(number.isOk() == slow.has_value(), "both readers take the number or refuse it", value);
    if (!number) {
        return;
    }
    const QByteArray text = number->toText();
    require(text == slow->text(), "both readers see the same number", value);
    const auto again = Decimal::parse(text);
    require(again && *again == *number, "a number that was written reads as it was", value);
    require((*number + *number - *number) == *number, "what is added goes again", value);
}

/// One edit of one member: every other byte stays.
void checkOneEdit(const Object &object, const json::Member &member)
{
    const QByteArray &bytes = object.bytes();
    const auto spliced = [&object, &member](const QByteArray &value) {
        const std::array edits {json::Edit {member.decoded.toByteArray(), value}};
        return json::splice(object, edits);
    };
    require(spliced(member.value.toByteArray()) == bytes,
        "an edit to the same value changes nothing",
        bytes);
    const qsizetype from = member.value.data() - bytes.constData();
    require(spliced("[7]") == QByteArray(bytes).replace(from, member.value.size(), "[7]"),
        "an edit touches its member only",
        bytes);
    const QByteArray without = spliced({});
    const auto rest = Object::check(without);
    require(rest.isOk(), "a document without a member is a document", without);
    Members wanted = membersOf(object);
    wanted.erase(wanted.begin() + (&member - object.members().data()));
    require(membersOf(*rest) == wanted, "a removal leaves the others", without);
}

QByteArray randomName(support::SeededRandom &random, const Object &object)
{
    const auto members = object.members();
    if (!members.empty() && random.oneIn(2)) {
        const json::Member &member = random.pick(members);
        return (random.oneIn(2) ? member.decoded : member.folded).toByteArray();
    }
    return random.pick(std::array<QByteArray, 4> {"new", "NEW", "q\"\\\n\x01", "\xc3\xa9"});
}

/// Several edits at once, against the same on a list.
void checkEdits(const Object &object, support::SeededRandom &random)
{
    std::vector<json::Edit> edits;
    for (int i = random.between(1, 5); i > 0; --i) {
        edits.push_back({randomName(random, object),
            random.pick(std::array<QByteArray, 3> {"", "1", R"({"x":[null]})"})});
    }
    struct Row
    {
        QByteArray folded;
        QByteArray rawName;
        QByteArray value;
    };
    std::vector<Row> rows;
    for (const json::Member &member : object.members()) {
        rows.push_back(
            {member.folded.toByteArray(), member.name.toByteArray(), member.value.toByteArray()});
    }
    for (const json::Edit &edit : edits) {
        const QByteArray folded = foldCase(edit.name);
        auto found = std::find_if(
            rows.begin(), rows.end(), [&](const Row &row) { return row.folded == folded; });
        if (found == rows.end()) {
            rows.push_back({folded, {}, {}});
            found = rows.end() - 1;
        }
        found->value = edit.value;
        if (found - rows.begin() >= static_cast<std::ptrdiff_t>(object.members().size())) {
            QByteArray quoted;
            json::appendString(quoted, edit.name);
            found->rawName = quoted.sliced(1).chopped(1);
        }
    }
    Members wanted;
    for (const Row &row : rows) {
        if (!row.value.isEmpty()) {
            wanted.emplace_back(row.rawName, row.value);
        }
    }
    const QByteArray spliced = json::splice(object, edits);
    const auto result = Object::check(spliced);
    require(result.isOk(), "a spliced document is a document", spliced);
    require(membersOf(*result) == wanted, "the edits were made, and no others", spliced);
}

} // namespace

void run(QByteArrayView input)
{
    const auto checkedValue = json::checkValue(input);
    require(checkedValue.isOk() == slowValue(input).has_value(),
        "a value is JSON, or is not, to both readers",
        input);
    if (!checkedValue) {
        require(!checkedValue.error().message.isEmpty(), "a refusal says why", input);
    }
    const QByteArray bytes = input.toByteArray();
    const auto object = Object::check(bytes);
    require(object.isOk() == slowDocument(input).has_value(),
        "the text is a document, or is not, to both readers",
        input);
    if (!object) {
        require(object.error().path.startsWith('$'), "a refusal says where", input);
        // Whatever the bytes are, the scan does no harm.
        if (const auto scanned = Object::scan(bytes)) {
            const std::array edits {json::Edit {"a", "1"}};
            json::splice(*scanned, edits);
        }
        return;
    }
    require(object->bytes() == bytes, "the check leaves the bytes alone", input);
    checkScan(*object);
    checkAgainstModel(*object);
    support::SeededRandom random = randomOf(input);
    for (const json::Member &member : object->members()) {
        checkTexts(member);
        checkNumber(member.value);
    }
    if (!object->members().empty()) {
        checkOneEdit(*object, random.pick(object->members()));
    }
    checkEdits(*object, random);
}

} // namespace driftless::fuzz
