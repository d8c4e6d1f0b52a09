#pragma once

#include <QByteArray>

#include <cstdint>
#include <vector>

namespace driftless::bench {

inline constexpr char kCollection[] = "orders";
inline constexpr qsizetype kIdBytes = 16;
inline constexpr qsizetype kBodyBytes = 800;

struct Document
{
    QByteArray id;
    QByteArray body;
};

/// The documents that are written: orders of a shop, kBodyBytes each. Always the same for the same
/// index. A value.
class Orders
{
public:
    enum class Ids { Ascending, Random };

    explicit Orders(Ids ids);

    [[nodiscard]] QByteArray id(std::uint64_t index) const;
    /// `revision` (0 to 999,999) is the one member that an update changes.
    [[nodiscard]] QByteArray body(std::uint64_t index, int revision = 0) const;
    /// `count` documents from `first` on.
    [[nodiscard]] std::vector<Document> documents(
        std::uint64_t first, std::size_t count, int revision = 0) const;

private:
    Ids m_ids;
    std::vector<QByteArray> m_templates; ///< bodies without id and revision
};

/// A number that looks random, another for every other argument (SplitMix64, Steele et al. 2014).
std::uint64_t scrambled(std::uint64_t value);

} // namespace driftless::bench
