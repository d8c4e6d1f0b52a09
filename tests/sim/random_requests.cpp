#include "random_requests.h"

#include <array>

namespace driftless::sim {

namespace {

struct Member
{
    std::vector<const char *> raw; ///< spellings between quotes
    std::vector<const char *> name; ///< spellings that need no escapes
    bool isCounter;
};

const std::array<Member, 4> kMembers {{
    {{"a", "a", "a", "A", "\\u0061"}, {"a", "a", "A"}, false},
    {{"b"}, {"b"}, false},
    {{"\u00e9t\u00e9", "\u00c9t\u00e9", "\\u00e9t\u00e9"},
        {"\u00e9t\u00e9", "\u00c9T\u00c9"},
        false},
    {{"n", "n", "N"}, {"n", "n", "N"}, true},
}};

} // namespace

ModelRequest RandomRequests::target()
{
    ModelRequest request;
    request.collection = m_random.oneIn(8) ? "Shop" : "shop";
    request.id = m_random.pick(std::array {"x", "x", "x", "X", "y", "y"});
    return request;
}

QByteArray RandomRequests::value(bool isCounter)
{
    if (isCounter && !m_random.oneIn(12)) {
        return m_random.pick(
            std::array {"10", "25", "7", "12.50", "0", "0.10", "3.0", "1e2", "-4"});
    }
    const QByteArray fresh = QByteArray::number(++m_fresh);
    switch (m_random.below(6)) {
    case 0:
        return "\"same\"";
    case 1:
        return "[ 1, " + fresh + "]";
    case 2:
        return "true";
    default:
        return "\"v" + fresh + '"';
    }
}

RandomRequest RandomRequests::put()
{
    RandomRequest request {target(), {}};
    request.model.kind = ModelRequest::Kind::Put;
    const QByteArray blank = m_random.oneIn(4) ? " " : "";
    const QByteArray id = "\"Id\"" + blank + ":\"" + request.model.id + '"';
    const bool idFirst = m_random.oneIn(2);
    QByteArray body = '{' + blank + (idFirst ? id : QByteArray());
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
        if (m_random.oneIn(3)) {
            continue;
        }
        const Member &member = kMembers[m_random.oneIn(2) ? i : kMembers.size() - 1 - i];
        const QByteArray quoted = '"' + QByteArray(m_random.pick(member.raw)) + '"';
        bool isThere = false;
        const auto members = splitObject(QByteArray(body) + '}');
        for (const ModelMember &old : members.value_or(std::vector<ModelMember>())) {
            const auto added = splitObject('{' + quoted + ":0}");
            isThere = isThere || old.folded == added->front().folded;
        }
        if (!isThere) {
            body += (body.trimmed().size() > 1 ? "," + blank : QByteArray()) + quoted + blank + ':'
                + value(member.isCounter);
        }
    }
    if (!idFirst) {
        body += (body.trimmed().size() > 1 ? "," : "") + id;
    }
    request.model.body = request.json = body + blank + '}';
    return request;
}

RandomRequest RandomRequests::patch()
{
    RandomRequest request {target(), {}};
    request.model.kind = ModelRequest::Kind::Patch;
    const bool sells = m_random.below(100) < 55;
    const auto edit = [&](const Member &member, bool adds) {
        ModelEdit made;
        made.member = m_random.pick(member.name);
        const QByteArray name = (request.json.isEmpty() ? "{\"" : ",\"") + made.member + "\":";
        if (adds) {
            made.kind = ModelEdit::Kind::Add;
            made.value = m_random.pick(
                std::array {"-3", "-1", "-1", "1", "2", "0.5", "-0.01", "0", "1e1"});
            request.json += name + "{\"$inc\":" + made.value + '}';
        } else if (m_random.oneIn(5)) {
            made.kind = ModelEdit::Kind::Remove;
            request.json += name + "null";
        } else {
            made.value = value(member.isCounter);
            request.json += name + made.value;
        }
        request.model.edits.push_back(made);
    };
    if (sells) {
        edit(m_random.oneIn(15) ? kMembers[0] : kMembers[3], true);
    }
    const std::size_t other = m_random.below(3);
    if (!sells || (m_random.oneIn(4) && request.model.edits.front().member.toLower() != "a")) {
        edit(!sells && m_random.oneIn(3) ? kMembers[3] : kMembers[other], false);
    }
    request.json += '}';
    return request;
}

RandomRequest RandomRequests::next()
{
    const std::uint64_t dice = m_random.below(100);
    if (dice < 25) {
        return put();
    }
    if (dice < 90) {
        return patch();
    }
    RandomRequest request {target(), {}};
    request.model.kind = ModelRequest::Kind::Delete;
    return request;
}

QByteArray textOf(const RandomRequest &request)
{
    const char *kind = request.model.kind == ModelRequest::Kind::Put ? "put "
        : request.model.kind == ModelRequest::Kind::Patch            ? "patch "
                                                                     : "delete ";
    return kind + request.model.collection + '/' + request.model.id + ' ' + request.json;
}

} // namespace driftless::sim
