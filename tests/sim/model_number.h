#pragma once

#include <QByteArray>

#include <optional>
#include <string>

namespace driftless::sim {

/// An exact decimal for the judge: digits as text, added the way it is done on paper. Shares
/// nothing with core/decimal.
class ModelNumber
{
public:
    ModelNumber() = default; ///< 0

    /// A JSON number of at most 34 digits in plain notation, which is what a counter can be;
    /// nothing for any other text.
    static std::optional<ModelNumber> ofCounter(QByteArrayView token);
    /// Plain notation of any length.
    static std::optional<ModelNumber> ofPlain(QByteArrayView token);

    [[nodiscard]] ModelNumber plus(const ModelNumber &other) const;
    [[nodiscard]] ModelNumber minus(const ModelNumber &other) const;
    /// Plain minimal notation: no exponent, no trailing zeros behind the point, no "-0".
    [[nodiscard]] QByteArray text() const;
    friend bool operator==(const ModelNumber &a, const ModelNumber &b)
    {
        return a.text() == b.text();
    }

private:
    bool m_negative = false;
    std::string m_whole; ///< '0' to '9', without zeros in front; may be empty
    std::string m_fraction; ///< without zeros at the end; may be empty

    void trim();
};

} // namespace driftless::sim
