#include "query/new_id.h"

#include "core/clock.h"
#include "core/random.h"

#include <QtEndian>

namespace driftless::query {

Value newObjectId(const Services &services)
{
    const auto seconds
        = static_cast<quint32>(services.clock.wallTime().time_since_epoch().count() / 1000);
    QByteArray bytes(4, '\0');
    qToBigEndian(seconds, bytes.data());
    return Value::objectId(bytes + services.random.bytes(8));
}

Value newGuid(const Services &services)
{
    QByteArray bytes = services.random.bytes(16);
    bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes.at(6)) & 0x0fU) | 0x40U);
    bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes.at(8)) & 0x3fU) | 0x80U);
    return Value::guid(bytes);
}

} // namespace driftless::query
