#include "wire/problem.h"

#include "wire/object_writer.h"

namespace driftless::wire {

QByteArray errorBody(const Error &error)
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("Error", error.message).text("Code", errorName(error.code));
    if (!error.path.isEmpty()) {
        writer.text("Path", error.path);
    }
    writer.end();
    return out;
}

QByteArray Problem::toJson() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("type", type).text("title", title).integer("status", status);
    if (!detail.isEmpty()) {
        writer.text("detail", detail);
    }
    if (!errors.empty()) {
        ObjectWriter list(writer.member("errors"));
        for (const auto &[key, message] : errors) {
            // Keys are taken from the input, so unlike the other names they need escapes.
            QByteArray name;
            json::appendString(name, key);
            QByteArray &value = list.member(QByteArrayView(name).sliced(1, name.size() - 2));
            value.append('[');
            json::appendString(value, message);
            value.append(']');
        }
        list.end();
    }
    if (!path.isEmpty()) {
        writer.text("path", path);
    }
    if (index) {
        writer.integer("index", *index);
    }
    writer.text("traceId", traceId).text("code", code);
    writer.end();
    return out;
}

} // namespace driftless::wire
