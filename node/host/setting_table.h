#pragma once

#include "host/node_config.h"

#include <QByteArrayList>

#include <map>
#include <span>

namespace driftless::host {

enum class SettingKind { Text, Integer, Boolean, Choice };

/// A value that has passed the check of its kind.
struct SettingValue
{
    QByteArray text; ///< without blanks around it
    qint64 number = 0; ///< Integer: the value. Choice: index of the word. Boolean: 0 or 1
    QByteArrayList segments; ///< what stood at the '*' of the key
};

/// The segments of a list in its order: numbers by value, then names.
struct SegmentLess
{
    bool operator()(const QByteArray &a, const QByteArray &b) const;
};

/// A NodeConfig being filled: lists by index until they are complete.
struct ConfigDraft
{
    struct Key
    {
        auth::KeySetting setting;
        std::map<QByteArray, QByteArray, SegmentLess> databases;
    };
    NodeConfig config;
    QByteArray dataDirectory;
    std::map<QByteArray, engine::SeedPeer, SegmentLess> seedPeers;
    std::map<QByteArray, Key, SegmentLess> keys;
    std::map<QByteArray, QByteArray, SegmentLess> corsOrigins;
};

/// One row of the table that parsing, checks, --help and docs/configuration.md share.
struct Setting
{
    const char *key; ///< '*' stands for an index or a name
    SettingKind kind;
    qint64 min; ///< Integer: bounds, both allowed
    qint64 max;
    const char *allowed; ///< Choice: the words, with '|' between. Text: what is allowed, in words
    const char *fallback; ///< the default, taken through the same checks; null: none
    bool isSecret;
    const char *meaning;
    bool (*apply)(ConfigDraft &, const SettingValue &); ///< false: not allowed after all (Text)
};

std::span<const Setting> settingTable();

/// What a value may be, in words: "1 to 10,000".
QByteArray allowedText(const Setting &setting);

/// Checks `text` by the setting's kind and puts it into the draft. False: not allowed.
bool applySetting(const Setting &setting,
    const QByteArray &text,
    const QByteArrayList &segments,
    ConfigDraft &draft);

/// The setting that `key` names, and what stands at its '*'; null if there is none.
const Setting *findSetting(const QByteArray &key, QByteArrayList &segments);

/// The known key that is nearest to an unknown one, with its indices; empty if none is near.
QByteArray nearestKey(const QByteArray &unknown);

/// The table as Markdown, for docs/configuration.md.
QByteArray settingTableMarkdown();
/// The table as lines of text, for --help.
QByteArray settingTableText();

} // namespace driftless::host
