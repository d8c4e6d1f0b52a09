#include "orders.h"

#include "core/assert.h"

#include <array>

namespace driftless::bench {

namespace {

constexpr std::size_t kTemplates = 64;
constexpr char kBeforeId[] = "{\"Id\":\"";
constexpr char kBeforeRevision[] = "\",\"Revision\":1";
constexpr qsizetype kIdAt = sizeof kBeforeId - 1;
constexpr qsizetype kRevisionAt
    = kIdAt + kIdBytes + static_cast<qsizetype>(sizeof kBeforeRevision) - 1;
constexpr qsizetype kRevisionDigits = 6;

constexpr std::array kCustomers {"Bakery Lindqvist",
    "Zehra Aydin",
    "Marché des Halles",
    "田中商店",
    "Оксана Ткач",
    "O'Neill & Sons"};
constexpr std::array kProducts {"Halloumi 250 g",
    "Espresso beans, dark roast",
    "Wholemeal flour type 1050",
    "Olive oil \\\"extra\\\"",
    "Crème fraîche 200 g",
    "Sparkling water 12 x 0.7 l",
    "Oat drink barista"};
constexpr std::array kStates {"open", "packed", "shipped", "paid"};

template <std::size_t Size>
const char *pick(const std::array<const char *, Size> &from, std::uint64_t chance)
{
    return from[chance % Size];
}

QByteArray digits(std::uint64_t value, qsizetype width)
{
    return QByteArray::number(quint64 {value}).rightJustified(width, '0', true);
}

QByteArray price(std::uint64_t cents)
{
    return QByteArray::number(quint64 {cents / 100}) + '.' + digits(cents % 100, 2);
}

QByteArray makeTemplate(std::uint64_t number)
{
    std::uint64_t chance = number * 1'000;
    const auto next = [&chance] { return scrambled(++chance); };
    QByteArray body = kBeforeId + QByteArray(kIdBytes, '0') + kBeforeRevision
        + QByteArray(kRevisionDigits, '0');
    body += ",\"Customer\":{\"Name\":\"" + QByteArray(pick(kCustomers, next()))
        + "\",\"City\":\"Uppsala\",\"Since\":" + QByteArray::number(2000 + int(next() % 25)) + '}';
    body += ",\"Date\":\"2026-0" + QByteArray::number(1 + int(next() % 9)) + "-1"
        + QByteArray::number(int(next() % 10)) + "T09:30:00Z\"";
    body += ",\"Status\":\"" + QByteArray(pick(kStates, next()))
        + "\",\"Paid\":" + (next() % 2 == 0 ? "true" : "false");
    body += ",\"Lines\":[";
    std::uint64_t total = 0;
    for (int line = 0; line < 5; ++line) {
        const std::uint64_t cents = 99 + next() % 5'000;
        const std::uint64_t quantity = 1 + next() % 12;
        total += cents * quantity;
        body += QByteArray(line > 0 ? "," : "") + "{\"Product\":\"P-" + digits(next(), 5)
            + "\",\"Name\":\"" + pick(kProducts, next()) + "\",\"Quantity\":"
            + QByteArray::number(quint64 {quantity}) + ",\"Price\":" + price(cents) + '}';
    }
    body += "],\"Total\":" + price(total) + ",\"Currency\":\"EUR\",\"Note\":\"";
    const qsizetype missing = kBodyBytes - body.size() - 2;
    DRIFTLESS_ASSERT(missing >= 0);
    return body
        + QByteArray("Leave it with the neighbours if nobody opens. ").repeated(20).left(missing)
        + "\"}";
}

} // namespace

std::uint64_t scrambled(std::uint64_t value)
{
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
    return value ^ value >> 31U;
}

Orders::Orders(Ids ids)
    : m_ids(ids)
{
    for (std::uint64_t i = 0; i < kTemplates; ++i) {
        m_templates.push_back(makeTemplate(i));
    }
}

QByteArray Orders::id(std::uint64_t index) const
{
    return m_ids == Ids::Ascending
        ? "order-" + digits(index, kIdBytes - 6)
        : QByteArray::number(quint64 {scrambled(index)}, 16).rightJustified(kIdBytes, '0');
}

QByteArray Orders::body(std::uint64_t index, int revision) const
{
    QByteArray body = m_templates[index % m_templates.size()];
    body.replace(kIdAt, kIdBytes, id(index));
    body.replace(kRevisionAt,
        kRevisionDigits,
        digits(static_cast<std::uint64_t>(revision), kRevisionDigits));
    return body;
}

std::vector<Document> Orders::documents(std::uint64_t first, std::size_t count, int revision) const
{
    std::vector<Document> result;
    result.reserve(count);
    for (std::uint64_t index = first; index < first + count; ++index) {
        result.push_back({id(index), body(index, revision)});
    }
    return result;
}

} // namespace driftless::bench
