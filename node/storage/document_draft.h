#pragma once

#include "core/json.h"
#include "storage/document_state.h"

#include <map>
#include <optional>
#include <set>

namespace driftless::storage {

/// What a local write of one document becomes: the fields of an operation that the document
/// decides.
struct PlannedWrite
{
    OperationKind kind = OperationKind::Put;
    bool floor = false;
    std::vector<Claim> changed;
    QByteArray body; ///< empty for a delete
    json::Object document; ///< the body, parsed
};

/// One document in the course of a local group: takes the group's writes to it in their order and
/// folds them into one operation, with the claims that design.md 3 to 5 ask for. Leaves the state
/// as it was. Store thread.
class DocumentDraft
{
public:
    /// `own`: the incarnation that the operation will be of. `claimsWhole`: the policy
    /// LastWriterWins.
    DocumentDraft(const DocumentState &state, const Incarnation &own, bool claimsWhole);

    [[nodiscard]] bool isVisible() const { return now() != nullptr; }
    /// The document as the writes so far leave it; only while it is visible.
    [[nodiscard]] const QByteArray &body() const { return now()->bytes(); }

    /// The whole document, checked and normalised.
    void put(json::Object document);
    /// RFC 7396, with `{"$inc": n}` at the top level as an addition. A document that is not there
    /// begins as `{"Id": id}`. Errors: NotANumber (adding to something else), NumberTooLong,
    /// InvalidJson (an $inc that is none); a refused patch changes nothing.
    Result<void> patch(const json::Object &patch, const QByteArray &id);
    /// Some members get new values, each whole (null is a value), the others stay as they are;
    /// `{"$inc": n}` is an addition, and where nothing can be added the member becomes what `sums`
    /// has under its name. Errors as of patch.
    Result<void> set(const json::Object &members, const json::Object &sums, const QByteArray &id);
    void remove();

    /// Nothing if the writes changed nothing.
    [[nodiscard]] std::optional<PlannedWrite> finish() const;

private:
    struct Changes;
    [[nodiscard]] json::Object begun(const QByteArray &id) const;
    Result<bool> takeAddition(
        const json::Object &now, const json::Member &member, Changes &changes) const;
    static void takeValue(const json::Member &member, QByteArray value, Changes &changes);
    void apply(const json::Object &now, Changes changes);
    static Result<QByteArray> addTo(
        const json::Object &now, const json::Member &member, const Decimal &by);
    [[nodiscard]] const json::Object *before() const
    {
        return m_composed                ? &*m_composed
            : m_state.showsNewestWrite() ? &m_state.newestWriteBody()
                                         : nullptr;
    }
    [[nodiscard]] const json::Object *now() const
    {
        return m_isTouched ? (m_written ? &*m_written : nullptr) : before();
    }
    void claimMember(const json::Member &member,
        bool floor,
        const json::Member *had,
        std::vector<Claim> &changed) const;
    void claimAddition(const Decimal &by,
        const json::Member &member,
        bool floor,
        const json::Member *had,
        std::vector<Claim> &changed) const;
    static void claimRemovals(
        const json::Object &before, const json::Object &now, std::vector<Claim> &changed);

    const DocumentState &m_state;
    const Incarnation m_own;
    const bool m_claimsWhole;
    std::optional<json::Object>
        m_composed; ///< what the state shows, where that is no operation's body
    std::optional<json::Object>
        m_written; ///< by the group so far; nothing once it has deleted the document
    bool m_isTouched = false; ///< the group has written
    bool m_wasRemoved = false; ///< the group has deleted it
    bool m_wasPut = false; ///< the group has put it whole since
    std::map<QByteArray, Decimal>
        m_additions; ///< by folded name, to members that the group has not set
    std::set<QByteArray> m_sets; ///< folded names that the group's patches have set or removed
};

} // namespace driftless::storage
