#include "host/configuration.h"

#include <QFile>

#include <array>
#include <utility>

namespace driftless::host {

void Configuration::set(Entry entry)
{
    QByteArray folded = entry.key.toLower();
    m_entries.insert_or_assign(std::move(folded), std::move(entry));
}

void Configuration::merge(const Configuration &later)
{
    for (const auto &[folded, entry] : later.m_entries) {
        m_entries.insert_or_assign(folded, entry);
    }
}

const Configuration::Entry *Configuration::find(QByteArrayView key) const
{
    const auto found = m_entries.find(key.toByteArray().toLower());
    return found == m_entries.end() ? nullptr : &found->second;
}

Result<Configuration> readConfigurationFile(const QByteArray &fileName)
{
    QFile file(QFile::decodeName(fileName));
    if (!file.exists()) {
        return Error {ErrorCode::NotFound, fileName + " does not exist.", {}};
    }
    if (!file.open(QIODevice::ReadOnly)) {
        return Error {ErrorCode::Configuration,
            fileName + " cannot be read: " + file.errorString().toUtf8() + '.',
            {}};
    }
    return readJsonConfiguration(file.readAll(), fileName);
}

QByteArray oneLine(const QByteArray &message)
{
    QByteArray line;
    line.reserve(message.size());
    for (const char c : message) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 127) {
            line += "\\x" + QByteArray(1, c).toHex();
        } else {
            line += c;
        }
    }
    return line;
}

Configuration readEnvironment(const std::map<QByteArray, QByteArray> &environment)
{
    Configuration configuration;
    const auto take = [&](const QByteArray &key, const QByteArray &name, const QByteArray &value) {
        configuration.set({key, value, "environment variable " + name});
    };
    constexpr std::array<const char *, 2> kUrlNames {"DOTNET_URLS", "ASPNETCORE_URLS"};
    for (const char *name : kUrlNames) {
        if (const auto found = environment.find(name); found != environment.end()) {
            take("urls", found->first, found->second);
        }
    }
    constexpr std::array<const char *, 3> kSections {"node:", "auth:", "studio:"};
    for (const auto &[name, value] : environment) {
        QByteArray key = name;
        key.replace("__", ":");
        const QByteArray folded = key.toLower();
        bool isOurs = folded == "urls";
        for (const char *section : kSections) {
            isOurs = isOurs || folded.startsWith(section);
        }
        if (isOurs) {
            take(key, name, value);
        }
    }
    return configuration;
}

} // namespace driftless::host
