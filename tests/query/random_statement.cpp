#include "random_statement.h"

namespace driftless::query {

namespace {

constexpr int kDepth = 3;

} // namespace

RandomStatement::RandomStatement(std::uint64_t seed)
    : m_random(seed)
{
    for (const auto &group : {aggregateFunctions(),
             sequenceFunctions(),
             stringFunctions(),
             dateFunctions(),
             numberFunctions(),
             typeFunctions()}) {
        for (const Function &function : group) {
            m_functions[static_cast<std::size_t>(function.shape)].push_back(&function);
        }
    }
}

QByteArray RandomStatement::pick(std::initializer_list<const char *> from)
{
    return from.begin()[below(from.size())];
}

QByteArray RandomStatement::blank()
{
    return chance(4) ? pick({"  ", "\n", "\t ", " -- a note's end\n", "\xc2\xa0", "\xe3\x80\x80"})
                     : QByteArrayLiteral(" ");
}

QByteArray RandomStatement::inAnyCase(QByteArray word)
{
    for (char &c : word) {
        c = chance(2) ? QByteArray(1, c).toLower().at(0) : c;
    }
    return word;
}

QByteArray RandomStatement::cased(const char *keyword)
{
    return blank() + inAnyCase(keyword) + blank();
}

/// The element and at most so many more of its kind.
QByteArray RandomStatement::list(
    const QByteArray &element, int more, QByteArray (RandomStatement::*next)(int), int depth)
{
    QByteArray out = element;
    for (auto left = below(static_cast<std::uint64_t>(more) + 1); left > 0; --left) {
        out += (chance(3) ? blank() : QByteArray()) + ',';
        out += (chance(3) ? blank() : QByteArray()) + (this->*next)(depth);
    }
    return out;
}

QByteArray RandomStatement::number()
{
    if (chance(3)) {
        return pick({"0",
            "-2147483648",
            "2147483648",
            "-9223372036854775808",
            "9223372036854775807",
            "1.",
            "1e3",
            "-0.0",
            "2.5E-2",
            "1e400",
            "-1e400",
            "5e-324",
            "0.1",
            "123456789012345678901234567890.5",
            "1e-400"});
    }
    QByteArray text = chance(3) ? "-" : "";
    text += QByteArray::number(static_cast<qulonglong>(below(1000)));
    return chance(2) ? text : text + '.' + QByteArray::number(static_cast<qulonglong>(below(100)));
}

QByteArray RandomStatement::string()
{
    const char quote = chance(2) ? '\'' : '"';
    QByteArray out(1, quote);
    for (auto left = below(6); left > 0; --left) {
        switch (below(5)) {
        case 0:
            out += pick({"\\n", "\\t", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\q", "\\'", "\\\""});
            break;
        case 1:
            out += "\\u"
                + QByteArray::number(static_cast<qulonglong>(below(0x10000)), 16)
                      .rightJustified(4, '0');
            break;
        case 2:
            out += pick(
                {"\xc3\xa4", "\xf0\x9f\x98\x80", "\xe3\x82\xa2", "\xcc\x81", "\x7f", "\x01"});
            break;
        case 3:
            out += quote == '"' ? '\'' : '"';
            break;
        default:
            out += pick({"a", "Z", "%", "_", " ", "--", "$", "0", ";", "{"});
        }
    }
    return out + quote;
}

QByteArray RandomStatement::literal()
{
    switch (below(6)) {
    case 0:
        return string();
    case 1:
        return pick({"true", "FALSE", "Null"});
    case 2:
        return pick({"{$date:'2024-02-29T13:45:50.678Z'}",
            "{$date: \"0001-01-01\"}",
            "{'$date':'none'}",
            "{$numberDecimal:'1.10'}",
            "{$numberDecimal:'-79228162514264337593543950335'}",
            "{$numberDecimal:'0.0000000000000000000000000001'}",
            "{$numberLong:'5'}",
            "{$numberLong:'-9000000000'}",
            "{$numberDouble:'NaN'}",
            "{$numberDouble:'-Infinity'}",
            "{$numberDouble:'2.5'}",
            "{$oid:'65e0a1b2c3d4e5f607182930'}",
            "{$guid:'{6f9619ff-8b86-d011-b42d-00cf4fc964ff}'}",
            "{$guid:'none'}",
            "{$binary:'AQID'}",
            "{$minValue:'1'}",
            "{$maxValue : '1'}"});
    default:
        return number();
    }
}

QByteArray RandomStatement::name()
{
    return pick({"a",
        "b",
        "Name",
        "_id",
        "$odd",
        "x1",
        "select",
        "limit",
        "lines",
        "\xc3\x9cn\xc3\xaf",
        "\xe6\x97\xa5\xe6\x9c\xac",
        "update",
        "exists"});
}

QByteArray RandomStatement::collection()
{
    return pick({"c", "Orders", "select", "set", "index", "\xc3\xb6rter"});
}

QByteArray RandomStatement::anyName()
{
    switch (below(5)) {
    case 0:
        return pick({"from", "and", "Not", "in", "distinct", "true", "null", "any", "IS", "top"});
    case 1:
        return pick({"'two words'", "\"it's\"", "'\\u0000'", "'$'", "'1'", "'a.b'", "'$date'"});
    case 2:
        return QByteArray::number(static_cast<qulonglong>(below(50)));
    default:
        return name();
    }
}

QByteArray RandomStatement::step()
{
    switch (below(7)) {
    case 0:
        return '[' + QByteArray::number(static_cast<qulonglong>(below(5))) + ']';
    case 1:
        return "[-" + QByteArray::number(static_cast<qulonglong>(below(5))) + ']';
    case 2:
        return pick({"[@p]", "[ @0 ]"});
    case 3:
        return ".[" + string() + ']';
    case 4:
        return "." + pick({"from", "and", "not", "in", "distinct", "true", "null", "any", "like"});
    default:
        return '.' + name();
    }
}

QByteArray RandomStatement::scalarPath()
{
    QByteArray path = pick({"$", "@"});
    if (chance(2)) {
        path = name();
        path += chance(6) ? blank() + '.' + name() : QByteArray();
    }
    for (auto left = below(3); left > 0; --left) {
        path += step();
    }
    return path;
}

QByteArray RandomStatement::sequencePath(int depth)
{
    QByteArray path = scalarPath();
    switch (below(3)) {
    case 0:
        path += "[*]";
        break;
    case 1:
        path += '[' + predicate(depth - 1) + ']';
        break;
    default:
        path += "[(" + scalar(depth - 1) + ")]";
    }
    // Behind the dot stands a single value, or many of them.
    return chance(3) ? path + '.' + (chance(2) ? sequencePath(depth - 1) : single(depth - 1))
                     : path;
}

QByteArray RandomStatement::document(int depth)
{
    if (chance(6)) {
        return QByteArrayLiteral("{}");
    }
    QByteArray out = "{";
    const char *separator = "";
    for (auto left = 1 + below(3); left > 0; --left) {
        out += separator + anyName();
        out += chance(5) ? QByteArray() : blank() + ':' + item(depth - 1);
        separator = " ,";
    }
    return out + '}';
}

QByteArray RandomStatement::call(int depth, Shape shape)
{
    const auto &rows = m_functions[static_cast<std::size_t>(shape)];
    const Function &function = *rows[below(rows.size())];
    if (shape == Shape::Scalar && chance(20)) {
        return "Count (Distinct " + name() + ')';
    }
    const bool isChoice = qstrcmp(function.name, "IIF") == 0;
    QByteArray out = inAnyCase(function.name) + (chance(4) ? blank() : QByteArray()) + '(';
    const char *separator = "";
    for (std::size_t i = 0; i < function.count(); ++i) {
        out += separator
            + (function.arguments[i] == 'q' || (chance(8) && !isChoice) ? sequence(depth - 1)
                                                                        : scalar(depth - 1));
        separator = ", ";
    }
    return out + ')';
}

QByteArray RandomStatement::lambda(int depth)
{
    const QByteArray name = pick({"MAP", "map", "Filter", "SORT"});
    const QByteArray source = chance(2) ? sequencePath(depth - 1) : single(depth - 1);
    const bool isMap = name.toUpper() == "MAP";
    QByteArray out = name + '(' + source + blank() + "=>" + (chance(2) ? blank() : QByteArray());
    out += isMap && chance(4) ? sequence(depth - 1) : scalar(depth - 1);
    if (name == "SORT" && chance(2)) {
        out += ", " + pick({"-1", "'desc'", "@order"});
    }
    return out + ')';
}

QByteArray RandomStatement::sequence(int depth)
{
    if (m_hasSource && chance(4)) {
        return pick({"*", "*.a", "*.lines[*].b", "map(* => b)", "FILTER(*=>@.a>1)"});
    }
    if (depth <= 0) {
        return scalarPath() + "[*]";
    }
    switch (below(4)) {
    case 0:
        return call(depth, Shape::Sequence);
    case 1:
        return lambda(depth);
    default:
        return sequencePath(depth);
    }
}

/// One value without operators at its top.
QByteArray RandomStatement::single(int depth)
{
    if (depth <= 0) {
        return chance(2) ? literal() : scalarPath();
    }
    switch (below(9)) {
    case 0:
        return '(' + scalar(depth - 1) + ')';
    case 1:
        return document(depth);
    case 2:
        return chance(6) ? QByteArrayLiteral("[ ]")
                         : '[' + list(item(depth - 1), 2, &RandomStatement::item, depth - 1) + ']';
    case 3:
    case 4:
        return call(depth, Shape::Scalar);
    case 5:
        return pick({"@p", "@0", "@Key", "@007"});
    case 6:
        return literal();
    default:
        return scalarPath();
    }
}

QByteArray RandomStatement::binary(int depth)
{
    const QByteArray left = scalar(depth - 1);
    const QByteArray right = scalar(depth - 1);
    switch (below(10)) {
    case 0:
        return left + cased("AND") + right;
    case 1:
        return left + cased("OR") + right;
    case 2: // in parentheses, since what stands around may take its left side
        return '(' + (chance(2) ? sequence(depth - 1) : left) + cased(chance(2) ? "ANY" : "ALL")
            + pick({"=", "!=", "<>", ">", ">=", "<", "<=", "LIKE ", "in "}) + blank()
            + single(depth - 1) + ')';
    case 3:
        return '(' + predicate(depth) + ')';
    default:
        return left + blank() + pick({"+", "-", "*", "/", "%", "=", "<", ">="}) + blank() + right;
    }
}

/// What WHERE takes.
QByteArray RandomStatement::predicate(int depth)
{
    const QByteArray left = single(depth - 1);
    switch (below(12)) {
    case 0:
        return cased("NOT") + '(' + predicate(depth - 1) + ')';
    case 1:
        return left + cased("IS NULL");
    case 2:
        return left + cased("IS") + cased("NOT") + cased("NULL");
    case 3:
        return left + cased(chance(2) ? "IN" : "NOT IN") + '('
            + list(item(depth - 1), 3, &RandomStatement::scalar, depth - 1) + ", 1)";
    case 4:
        return left + cased(chance(2) ? "LIKE" : "NOT LIKE") + string();
    case 5:
        return (chance(3) ? single(depth - 1) + cased("NOT") : left + blank()) + cased("BETWEEN")
            + single(depth - 1) + cased("AND") + single(depth - 1);
    case 6:
        return sequence(depth - 1) + cased("ANY") + "= " + single(depth - 1);
    case 7:
        return depth > 0 ? '(' + predicate(depth - 1) + ')' + cased("OR") + predicate(depth - 1)
                         : left + " = 1";
    case 8:
        return depth > 0 ? '(' + predicate(depth - 1) + ')' + cased("AND") + predicate(depth - 1)
                         : left + " <> 1";
    default:
        return left + blank() + pick({"=", "!=", "<>", ">", ">=", "<", "<="}) + blank()
            + single(depth - 1);
    }
}

QByteArray RandomStatement::negation(int depth)
{
    const QByteArray operand = predicate(depth - 1);
    // `NOT [`, `NOT -` and `NOT *` go on from a member of that name.
    const bool isName = QByteArrayView("[-*").contains(operand.trimmed().at(0));
    return cased("NOT") + (isName ? '(' + operand + ')' : operand);
}

QByteArray RandomStatement::scalar(int depth)
{
    if (depth <= 0 || chance(3)) {
        return single(depth);
    }
    // NOT goes on to the next AND, so that parentheses belong around.
    return chance(10) ? '(' + negation(depth) + ')' : binary(depth);
}

/// What may be one value or many.
QByteArray RandomStatement::item(int depth)
{
    return chance(4) ? sequence(depth) : scalar(depth);
}

QByteArray RandomStatement::json(int depth)
{
    if (depth <= 0 || chance(3)) {
        const QByteArray text = literal();
        const bool isBad = text.contains("none");
        return isBad ? QByteArrayLiteral("null") : text;
    }
    if (chance(2)) {
        return jsonDocument(depth);
    }
    return '[' + json(depth - 1) + pick({", ", " ", ","}) + json(depth - 1) + pick({"", ","}) + ']';
}

QByteArray RandomStatement::jsonDocument(int depth)
{
    QByteArray out = "{first: " + json(depth - 1);
    for (auto left = below(4); left > 0; --left) {
        out += pick({", ", " ", " -- note\n"}) + anyName() + ": " + json(depth - 1);
    }
    return out + pick({"", ","}) + '}';
}

QByteArray RandomStatement::where()
{
    return chance(2) ? cased("WHERE") + predicate(kDepth) : QByteArray();
}

QByteArray RandomStatement::selectTail()
{
    m_hasSource = false;
    QByteArray out = cased("FROM") + pick({"c", "where", "Orders", "$cols", "\xc3\xb6rter"});
    out += chance(5) ? cased("INCLUDE") + pick({"a", "$.b.c", "lines[*].product", "a , b[0]"})
                     : QByteArray();
    out += where();
    if (chance(4)) {
        out += cased("GROUP BY") + list(scalar(1), 1, &RandomStatement::scalar, 1);
        m_hasSource = true;
        out += chance(2) ? cased("HAVING") + scalar(2) : QByteArray();
        m_hasSource = false;
    }
    if (chance(3)) {
        out += cased("ORDER BY") + scalar(1) + pick({"", " asc", " DESC"});
        out += chance(2) ? ", " + scalar(1) + pick({"", " asc", " DESC"}) : QByteArray();
    }
    return out;
}

QByteArray RandomStatement::select()
{
    QByteArray out = chance(6) ? cased("EXPLAIN") : QByteArray();
    out += cased("SELECT");
    const bool isDistinct = chance(6);
    const bool isTop = chance(6);
    out += isDistinct ? cased("DISTINCT") : QByteArray();
    out += isTop ? cased("TOP") + "5" + blank() : QByteArray();
    m_hasSource = chance(3);
    // DISTINCT and TOP are names where the list could not go on behind them.
    out += isDistinct || isTop ? "$." + name() : item(kDepth);
    for (auto left = below(3); left > 0; --left) {
        out += chance(3) ? cased("AS") + pick({"n", "from", "select", "\xc3\xa4"})
            : chance(3)  ? blank() + "alias"
                         : QByteArray();
        out += ", " + item(kDepth);
    }
    if (!chance(8)) {
        out += selectTail();
        out += chance(3) && !isTop ? cased("LIMIT") + "10" : QByteArray();
        out += chance(4) ? cased("OFFSET") + "20" : QByteArray();
        out += chance(8) ? cased("FOR UPDATE") : QByteArray();
    }
    m_hasSource = false;
    return out;
}

QByteArray RandomStatement::insert()
{
    return cased("INSERT INTO") + collection() + pick({"", ":int", " : LONG", ":guid", ":ObjectId"})
        + cased("VALUES")
        + (chance(4) ? '[' + jsonDocument(2) + ", " + jsonDocument(2) + ']' : jsonDocument(kDepth))
        + (chance(3) ? ", " + jsonDocument(2) : QByteArray());
}

QByteArray RandomStatement::update()
{
    QByteArray out = cased("UPDATE") + collection() + cased("SET");
    if (chance(3)) {
        out += document(kDepth);
    } else {
        const char *separator = "";
        for (auto left = 1 + below(3); left > 0; --left) {
            out += separator + anyName();
            for (auto deeper = below(3); deeper > 0; --deeper) {
                out += " . " + anyName();
            }
            out += blank() + '=' + blank() + item(kDepth);
            separator = ", ";
        }
    }
    return out + where();
}

QByteArray RandomStatement::remove()
{
    return cased(chance(2) ? "DELETE" : "DELETE FROM") + collection() + where();
}

QByteArray RandomStatement::index()
{
    if (chance(4)) {
        return cased("DROP INDEX") + collection() + " . " + collection();
    }
    const bool isUnique = chance(2);
    return cased("CREATE") + (isUnique ? "UNIQUE " : "") + cased("INDEX") + pick({"i", "by_name"})
        + cased("ON") + collection() + "( "
        + pick({"a", "LOWER(name)", "$.a.b", "YEAR(when)", "{x: a, y: b}"}) + ')';
}

QByteArray RandomStatement::statement()
{
    const QByteArray end = pick({"", " ;", "", " -- the end"});
    switch (below(8)) {
    case 0:
        return insert() + end;
    case 1:
        return update() + end;
    case 2:
        return remove() + end;
    case 3:
        return index() + end;
    default:
        return select() + end;
    }
}

} // namespace driftless::query
