#pragma once

#include "core/result.h"

#include <QByteArray>

#include <map>
#include <optional>

namespace driftless::host {

/// What the sources say, merged: flat keys with ':' between the segments
/// ("Node:SeedPeers:0:NodeId"), as .NET flattens its configuration. Keys are equal in any case. A
/// value; any thread.
class Configuration
{
public:
    struct Entry
    {
        QByteArray key; ///< as its last source spells it
        std::optional<QByteArray>
            value; ///< text; nothing for JSON's null and for an empty object or array
        QByteArray origin; ///< for messages: "/etc/driftless/appsettings.json:7"
    };
    using Entries = std::map<QByteArray, Entry>; ///< by lower-case key

    /// The later call wins.
    void set(Entry entry);
    void merge(const Configuration &later);
    /// Null if no source names it.
    [[nodiscard]] const Entry *find(QByteArrayView key) const;
    [[nodiscard]] const Entries &entries() const { return m_entries; }

private:
    Entries m_entries;
};

/// Reads a JSON settings file as .NET's reader does: comments and a comma before a closing bracket
/// pass, objects and arrays become segments of the key, numbers keep their text, a byte order mark
/// is skipped. Errors: Configuration with file and line (bad JSON, a key given twice, nested deeper
/// than 64).
Result<Configuration> readJsonConfiguration(const QByteArray &text, const QByteArray &fileName);

/// As above from the file. Errors: also NotFound (there is none); Configuration if it is there and
/// cannot be read.
Result<Configuration> readConfigurationFile(const QByteArray &fileName);

/// A message as one line of text, whatever keys and values it names: control characters are written
/// as \xNN.
QByteArray oneLine(const QByteArray &message);

/// The variables that are meant for a node: those whose first segment ("Node__NodeId": Node) is a
/// section that it knows, and `urls`, ASPNETCORE_URLS, DOTNET_URLS, the plain one first. Others are
/// somebody else's and are left alone.
Configuration readEnvironment(const std::map<QByteArray, QByteArray> &environment);

} // namespace driftless::host
