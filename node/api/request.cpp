#include "api/request.h"

namespace driftless::api {

const QByteArray *Request::header(QByteArrayView name) const
{
    for (const Header &header : headers) {
        if (header.first.size() == name.size()
            && header.first.compare(name, Qt::CaseInsensitive) == 0) {
            return &header.second;
        }
    }
    return nullptr;
}

} // namespace driftless::api
