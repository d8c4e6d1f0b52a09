#pragma once

#include <QByteArray>

#include <optional>
#include <vector>

namespace driftless::sim {

/// A top-level member of a document, taken apart for the judge.
struct ModelMember
{
    QByteArray rawName; ///< as between the quotes
    QByteArray name; ///< UTF-8, escapes resolved
    QByteArray folded; ///< its identity
    QByteArray value; ///< as it stands, without blanks around it
};

/// The members of a JSON object in their order; nothing for anything else. It trusts that the JSON
/// is valid otherwise. Shares nothing with core/json.
std::optional<std::vector<ModelMember>> splitObject(QByteArrayView json);

} // namespace driftless::sim
