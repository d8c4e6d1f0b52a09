#include "random_values.h"

#include <bit>
#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

std::int64_t randomWhole(std::mt19937 &random)
{
    switch (random() % 5) {
    case 0:
        return static_cast<std::int64_t>(random() % 5) - 2;
    case 1: // around powers of two
        return static_cast<std::int64_t>(
            (std::uint64_t {1} << (random() % 64)) + random() % 5 - 2U);
    case 2:
        return -static_cast<std::int64_t>((std::uint64_t {1} << (random() % 63)) + random() % 3);
    case 3:
        return static_cast<std::int64_t>(random() % 2000) * 1000;
    default:
        return static_cast<std::int64_t>(
            std::uint64_t {random()} << 32U | static_cast<std::uint32_t>(random()));
    }
}

double randomDouble(std::mt19937 &random)
{
    switch (random() % 6) {
    case 0: {
        static const double special[] = {0.0,
            -0.0,
            std::numeric_limits<double>::infinity(),
            -std::numeric_limits<double>::infinity(),
            std::numeric_limits<double>::quiet_NaN(),
            std::numeric_limits<double>::denorm_min(),
            std::numeric_limits<double>::min(),
            std::numeric_limits<double>::max(),
            0.1,
            0.3,
            0.1 + 0.2,
            1e22,
            1e23,
            5e-324};
        return special[random() % std::size(special)];
    }
    case 1:
        return static_cast<double>(randomWhole(random));
    case 2:
        return static_cast<double>(static_cast<int>(random() % 2000) - 1000) / 100;
    case 3:
        return std::nextafter(
            static_cast<double>(randomWhole(random)), random() % 2 == 0 ? 1e30 : -1e30);
    case 4:
        return std::ldexp(
            static_cast<double>(random() % 1000), static_cast<int>(random() % 2000) - 1000);
    default:
        return std::bit_cast<double>(
            std::uint64_t {random()} << 32U | static_cast<std::uint32_t>(random()));
    }
}

Decimal96 randomDecimal(std::mt19937 &random)
{
    QByteArray text;
    switch (random() % 4) {
    case 0:
        text = QByteArray::number(static_cast<qlonglong>(randomWhole(random)));
        break;
    case 1:
        text = QByteArray::number(static_cast<int>(random() % 2000) - 1000) + ".5"
            + QByteArray(static_cast<int>(random() % 4), '0');
        break;
    case 2:
        text = "0." + QByteArray(static_cast<int>(random() % 20), '0')
            + QByteArray::number(static_cast<qulonglong>(random() % 10000));
        break;
    default:
        text = "7922816251426433759354395033";
        text.truncate(1 + static_cast<int>(random() % 28));
        text.insert(static_cast<int>(random()) % (text.size() + 1), '.');
        text.prepend("-0", random() % 2 == 0 ? 2 : 0);
    }
    return Decimal96::parse(text).value_or(Decimal96());
}

QByteArray randomText(std::mt19937 &random)
{
    static const char *const parts[]
        = {"a", "A", "b", "ab", "\xc3\xa4", "\xc3\x84", "\xc3\x9f", "Z", "z", "~"};
    QByteArray text;
    for (auto i = random() % 4; i > 0; --i) {
        text += parts[random() % std::size(parts)];
        if (random() % 8 == 0) {
            text += static_cast<char>(random() % 3);
        }
    }
    return text;
}

QByteArray randomBytes(std::mt19937 &random, int count)
{
    QByteArray bytes(count, '\0');
    for (char &byte : bytes) {
        byte = random() % 2 == 0 ? "\x00\x01\x7f\x80\xff"[random() % 5] : '\0';
    }
    return bytes;
}

} // namespace

Value randomNumber(std::mt19937 &random)
{
    switch (random() % 4) {
    case 0:
        return Value::int32(static_cast<std::int32_t>(randomWhole(random)));
    case 1:
        return Value::int64(randomWhole(random));
    case 2:
        return Value::real(randomDouble(random));
    default:
        return Value::decimal(randomDecimal(random));
    }
}

Value randomValue(std::mt19937 &random, int depth)
{
    switch (random() % (depth < 3 ? 16 : 12)) {
    case 0:
        return random() % 2 == 0 ? Value::minValue() : Value::maxValue();
    case 1:
        return {};
    case 2:
        return Value::boolean(random() % 2 == 0);
    case 3:
        return Value::binary(randomBytes(random, static_cast<int>(random() % 4)));
    case 4:
        return Value::objectId(randomBytes(random, 12));
    case 5:
        return Value::guid(randomBytes(random, 16));
    case 6:
        return Value::dateTime(
            static_cast<std::int64_t>(random() % 5) * 1'000'000'000 - 2'000'000'000);
    case 7:
    case 8:
        return Value::string(randomText(random));
    case 9:
    case 10:
    case 11:
        return randomNumber(random);
    case 12:
    case 13: {
        Array elements;
        for (auto i = random() % 3; i > 0; --i) {
            elements.push_back(randomValue(random, depth + 1));
        }
        return Value::array(std::move(elements));
    }
    default: {
        Document document;
        for (auto i = random() % 4; i > 0; --i) {
            static const char *const names[] = {"a", "A", "b", "ab", "c", "\xc3\x84", "\xc3\xa4"};
            document.set(names[random() % std::size(names)], randomValue(random, depth + 1));
        }
        return Value::document(std::move(document));
    }
    }
}

} // namespace driftless::query
