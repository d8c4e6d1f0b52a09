#include "replication/clock_offset.h"

#include <algorithm>

namespace driftless::replication {

namespace {

constexpr std::size_t kSamplesMax = 8;
/// Two good quartz clocks part by less than this while eight samples are taken.
constexpr std::chrono::milliseconds kDriftMax {50};

} // namespace

void ClockOffset::add(
    Instant sent, Instant received, WallTime wallNow, WallTime peerReceived, WallTime peerSent)
{
    const std::chrono::milliseconds held
        = std::max(peerSent - peerReceived, std::chrono::milliseconds {0});
    const std::chrono::milliseconds roundTrip
        = std::max(received - sent - held, std::chrono::milliseconds {0});
    const std::chrono::milliseconds toPeer
        = peerReceived.time_since_epoch() - sent.time_since_epoch();
    const std::chrono::milliseconds fromPeer
        = peerSent.time_since_epoch() - received.time_since_epoch();
    const Sample sample {(toPeer + fromPeer) / 2, roundTrip};
    m_wallLessInstant = wallNow.time_since_epoch() - received.time_since_epoch();
    m_roundTrip = roundTrip;

    // An estimate is off by half of its round trip at most; samples that cannot both be true mean
    // that the peer's clock jumped.
    const bool jumped
        = std::any_of(m_samples.begin(), m_samples.end(), [&sample](const Sample &earlier) {
              const auto apart = std::chrono::abs(earlier.peerLessInstant - sample.peerLessInstant);
              return apart > (earlier.roundTrip + sample.roundTrip) / 2 + kDriftMax;
          });
    if (jumped) {
        m_samples.clear();
    }
    m_samples.push_back(sample);
    if (m_samples.size() > kSamplesMax) {
        m_samples.pop_front();
    }
}

std::optional<std::chrono::milliseconds> ClockOffset::offset() const
{
    if (m_samples.empty()) {
        return std::nullopt;
    }
    const auto best = std::min_element(m_samples.begin(),
        m_samples.end(),
        [](const Sample &a, const Sample &b) { return a.roundTrip < b.roundTrip; });
    return best->peerLessInstant - m_wallLessInstant;
}

bool ClockOffset::isSkewed() const
{
    const auto apart = offset();
    return apart && std::chrono::abs(*apart) > kClockSkewMax;
}

} // namespace driftless::replication
