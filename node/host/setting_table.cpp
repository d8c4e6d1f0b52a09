#include "host/setting_table.h"

#include "host/nearest_word.h"

namespace driftless::host {

namespace {

/// 1234567 as "1,234,567".
QByteArray grouped(qint64 number)
{
    QByteArray digits = QByteArray::number(number);
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3) {
        digits.insert(at, ',');
    }
    return digits;
}

bool matches(const QByteArrayList &pattern, const QByteArrayList &key, QByteArrayList &segments)
{
    if (pattern.size() != key.size()) {
        return false;
    }
    segments.clear();
    for (qsizetype i = 0; i < key.size(); ++i) {
        if (pattern[i] == "*") {
            segments += key[i];
        } else if (pattern[i].compare(key[i], Qt::CaseInsensitive) != 0) {
            return false;
        }
    }
    return true;
}

} // namespace

bool SegmentLess::operator()(const QByteArray &a, const QByteArray &b) const
{
    bool isNumberA = false;
    bool isNumberB = false;
    const qlonglong numberA = a.toLongLong(&isNumberA);
    const qlonglong numberB = b.toLongLong(&isNumberB);
    if (isNumberA && isNumberB) {
        return numberA < numberB;
    }
    return isNumberA != isNumberB ? isNumberA : a.toLower() < b.toLower();
}

QByteArray allowedText(const Setting &setting)
{
    switch (setting.kind) {
    case SettingKind::Integer:
        return grouped(setting.min) + " to " + grouped(setting.max);
    case SettingKind::Choice:
        return QByteArray(setting.allowed).replace("|", ", ");
    case SettingKind::Text:
    case SettingKind::Boolean:
        break;
    }
    return setting.allowed;
}

bool applySetting(const Setting &setting,
    const QByteArray &text,
    const QByteArrayList &segments,
    ConfigDraft &draft)
{
    SettingValue value {text.trimmed(), 0, segments};
    bool ok = true;
    switch (setting.kind) {
    case SettingKind::Text:
        break;
    case SettingKind::Integer:
        value.number = value.text.toLongLong(&ok);
        ok = ok && value.number >= setting.min && value.number <= setting.max;
        break;
    case SettingKind::Boolean: {
        const QByteArray word = value.text.toLower();
        ok = word == "true" || word == "false";
        value.number = word == "true" ? 1 : 0;
        break;
    }
    case SettingKind::Choice: {
        const QByteArrayList words = QByteArray(setting.allowed).toLower().split('|');
        value.number = words.indexOf(value.text.toLower());
        ok = value.number >= 0;
        break;
    }
    }
    return ok && setting.apply(draft, value);
}

const Setting *findSetting(const QByteArray &key, QByteArrayList &segments)
{
    const QByteArrayList parts = key.split(':');
    for (const Setting &setting : settingTable()) {
        if (matches(QByteArray(setting.key).split(':'), parts, segments)) {
            return &setting;
        }
    }
    segments.clear();
    return nullptr;
}

QByteArray nearestKey(const QByteArray &unknown)
{
    // Indices are taken out, so that they count for nothing, and put back in.
    QByteArrayList parts = unknown.split(':');
    QByteArrayList indices;
    for (QByteArray &part : parts) {
        bool isNumber = false;
        part.toUInt(&isNumber);
        if (isNumber) {
            indices += part;
            part = "*";
        }
    }
    QByteArrayList known;
    for (const Setting &setting : settingTable()) {
        known += setting.key;
    }
    QByteArrayList nearest = nearestWord(parts.join(':'), known).split(':');
    for (QByteArray &part : nearest) {
        if (part == "*" && !indices.isEmpty()) {
            part = indices.takeFirst();
        }
    }
    return nearest.join(':');
}

QByteArray settingTableMarkdown()
{
    QByteArray table = "| Key | Allowed | Default | Meaning |\n|---|---|---|---|\n";
    for (const Setting &setting : settingTable()) {
        const QByteArray fallback
            = setting.fallback ? '`' + QByteArray(setting.fallback) + '`' : QByteArray();
        table += "| `" + QByteArray(setting.key) + "` | " + allowedText(setting) + " | " + fallback
            + " | " + setting.meaning + " |\n";
    }
    return table;
}

QByteArray settingTableText()
{
    QByteArray lines;
    for (const Setting &setting : settingTable()) {
        lines += "  " + QByteArray(setting.key) + '\n';
        lines += "      " + QByteArray(setting.meaning) + " (" + allowedText(setting)
            + (setting.fallback ? "; default " + QByteArray(setting.fallback) : QByteArray())
            + ")\n";
    }
    return lines;
}

} // namespace driftless::host
