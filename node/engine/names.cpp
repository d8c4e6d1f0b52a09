#include "engine/names.h"

#include "core/blanks.h"
#include "core/limits.h"

#include <QString>

namespace driftless::engine {

namespace {

bool startsWithAnyCase(QByteArrayView text, QByteArrayView prefix)
{
    return text.size() >= prefix.size()
        && text.first(prefix.size()).compare(prefix, Qt::CaseInsensitive) == 0;
}

/// As LiteDB judges: UTF-16 unit by unit, so letters beyond U+FFFF are none.
bool isLiteDbWord(QByteArrayView collection)
{
    bool isFirst = true;
    for (const QChar c : QString::fromUtf8(collection)) {
        const bool isHead = c.isLetter() || c == u'_';
        if (!isHead && (isFirst || !(c.isDigit() || c == u'$'))) {
            return false;
        }
        isFirst = false;
    }
    return !isFirst;
}

bool isPlainWord(QByteArrayView collection)
{
    for (const char c : collection) {
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            return false;
        }
    }
    return !collection.isEmpty();
}

} // namespace

Result<void> checkCollectionToRead(QByteArrayView collection)
{
    if (collection.compare("cache", Qt::CaseInsensitive) == 0) {
        return Error {ErrorCode::ReservedCollection,
            "Collection 'cache' is reserved. Use '/api/cache' endpoints.",
            {}};
    }
    if (startsWithAnyCase(collection, "_sys_")) {
        return Error {ErrorCode::InvalidArgument,
            "Collections that begin with '_sys_' belong to the node; choose another name.",
            {}};
    }
    if (collection.startsWith('$')) {
        return Error {ErrorCode::InvalidArgument,
            "A collection's name does not begin with '$'; choose another name.",
            {}};
    }
    return {};
}

Result<void> checkCollectionToWrite(QByteArrayView collection)
{
    DRIFTLESS_TRY(checkCollectionToRead(collection));
    if (collection.size() > kCollectionNameBytesMax) {
        return Error {ErrorCode::InvalidArgument,
            "A collection's name has at most " + QByteArray::number(kCollectionNameBytesMax)
                + " bytes; choose a shorter one.",
            {}};
    }
    if (!isPlainWord(collection) && !isLiteDbWord(collection)) {
        return Error {ErrorCode::InvalidArgument,
            "A collection's name begins with a letter or '_' and goes on with letters, digits, '_' "
            "and '$' (no hyphen, no blank); "
            "choose another name.",
            {}};
    }
    return {};
}

Result<void> checkIdToWrite(QByteArrayView id)
{
    const QByteArrayView trimmed = trimmedBlanks(id);
    if (trimmed.isEmpty()) {
        return Error {ErrorCode::InvalidArgument, "The id must not be blank.", {}};
    }
    if (trimmed.size() != id.size()) {
        return Error {ErrorCode::InvalidArgument,
            "An id has no blanks around it; other nodes would take them away.",
            {}};
    }
    if (id.size() > kDocumentIdBytesMax) {
        return Error {ErrorCode::InvalidArgument,
            "An id has at most " + QByteArray::number(kDocumentIdBytesMax)
                + " bytes of UTF-8; this one has " + QByteArray::number(id.size()) + '.',
            {}};
    }
    return {};
}

} // namespace driftless::engine
