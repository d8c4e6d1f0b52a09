#include "transcript_replay.h"

#include "json_comparison.h"
#include "transcript.h"

namespace driftless::test {

namespace {

const Difference *findDifference(
    std::span<const Difference> differences, const QByteArray &file, int line)
{
    for (const Difference &row : differences) {
        if (file == row.file && line == row.line) {
            return &row;
        }
    }
    return nullptr;
}

/// Empty if the answer is what the row wants.
QByteArray compareWithDifference(const Difference &wanted,
    const HttpAnswer &answer,
    bool areDocuments,
    JsonComparison &comparison)
{
    const QByteArray expected = wanted.expected;
    if (answer.status != wanted.status) {
        return "status " + QByteArray::number(answer.status) + ", wanted "
            + QByteArray::number(wanted.status);
    }
    if (expected.startsWith("code:")) {
        const QByteArray code = '"' + expected.sliced(5) + '"';
        return answer.body.contains("\"Code\":" + code) || answer.body.contains("\"code\":" + code)
            ? QByteArray()
            : "no code " + code;
    }
    if (expected.startsWith("allow:")) {
        return answer.header("Allow") == expected.sliced(6) ? QByteArray()
                                                            : "Allow: " + answer.header("Allow");
    }
    return expected == "any" ? QByteArray()
                             : comparison.difference(expected, answer.body, areDocuments);
}

QByteArray compareWithReference(
    const HttpAnswer &theirs, const HttpAnswer &ours, bool areDocuments, JsonComparison &comparison)
{
    if (theirs.status != ours.status) {
        return "status " + QByteArray::number(ours.status) + ", theirs "
            + QByteArray::number(theirs.status);
    }
    for (const auto &[name, value] : theirs.headers) {
        if (ours.header(name) != value) {
            return name + ": theirs " + value + ", ours " + ours.header(name);
        }
    }
    return comparison.difference(theirs.body, ours.body, areDocuments);
}

/// Documents have their members in any order: the reference scrambles an updated one.
bool showsDocuments(const Exchange &exchange, const HttpAnswer &answer)
{
    return answer.status == 200
        && (exchange.call.method == "GET" || exchange.call.target.startsWith("/api/query"));
}

} // namespace

QByteArrayList replayTranscripts(
    HttpNode &node, const QByteArrayList &files, std::span<const Difference> differences)
{
    JsonComparison comparison;
    QByteArrayList faults;
    std::size_t met = 0;
    for (const QByteArray &file : files) {
        for (Exchange &exchange :
            readTranscript(DRIFTLESS_SOURCE_DIR "/tests/http/transcripts/" + file + ".http")) {
            exchange.call.target = comparison.translated(exchange.call.target);
            const HttpAnswer answer = node.call(exchange.call);
            const bool areDocuments = showsDocuments(exchange, answer);
            const Difference *difference = findDifference(differences, file, exchange.line);
            met += difference != nullptr ? 1U : 0U;
            const QByteArray fault = difference != nullptr
                ? compareWithDifference(*difference, answer, areDocuments, comparison)
                : compareWithReference(exchange.answer, answer, areDocuments, comparison);
            if (!fault.isEmpty()) {
                faults.append(file + ':' + QByteArray::number(exchange.line) + ' '
                    + exchange.call.method + ' ' + exchange.call.target.left(80) + ' '
                    + exchange.call.body.left(200) + "\n    " + fault + "\n    "
                    + answer.body.left(600));
            }
        }
    }
    if (met != differences.size()) {
        faults.append("a difference is listed for a line where no exchange begins");
    }
    return faults;
}

} // namespace driftless::test
