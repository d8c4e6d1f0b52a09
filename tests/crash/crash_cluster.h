#pragma once

#include "core/result.h"
#include "node_process.h"
#include "seeded_random.h"
#include "writer.h"

#include <chrono>
#include <map>
#include <memory>
#include <vector>

namespace driftless::crash {

/// What became of it all, over any number of cycles.
struct Numbers
{
    qint64 cycles = 0;
    qint64 kills = 0;
    qint64 killsInStop = 0; ///< of these, between SIGTERM and the end
    qint64 killsInStart = 0; ///< beyond these, while it opened what the last kill left
    qint64 acknowledged = 0; ///< atomic writes
    qint64 missing = 0;
    qint64 halfWrites = 0;
    qint64 openMade = 0; ///< sent, never acknowledged, and there
    qint64 openUnmade = 0;
    std::chrono::microseconds slowestReopening {}; ///< until the node serves

    void add(const Numbers &other);
};

/// One node or several that are peers of each other, each with its writers and its folder. A cycle
/// is: write, kill at a random moment, start again, and check all that was promised. Random by its
/// seed, as far as processes allow. One thread (the writers have their own).
class CrashCluster
{
public:
    /// Its data goes to `folder`, which is there and empty.
    CrashCluster(int nodeCount, std::uint64_t seed, QByteArray folder);
    ~CrashCluster();
    CrashCluster(const CrashCluster &) = delete;
    CrashCluster &operator=(const CrashCluster &) = delete;

    /// Errors of all three: Internal, with what was found in words.
    Result<void> start();
    Result<void> cycle();
    /// Checks every document ever written, stops the nodes, and checks their files.
    Result<void> finish();

    [[nodiscard]] Numbers numbers() const;

private:
    struct Till
    {
        QByteArray nodeId;
        QByteArray folder; ///< of its files
        std::unique_ptr<NodeProcess> process;
        std::vector<std::unique_ptr<Writer>> writers;
    };

    std::vector<Till *> drawVictims();
    void spin(std::chrono::microseconds atMost);
    Result<void> killAt(const std::vector<Till *> &victims);
    Result<void> reopen(Till &till);
    Result<void> tellPeers(const Till &till);
    Result<void> resolve(Till &till);
    Result<void> endWriters(Till &till);
    Result<void> awaitConvergence();
    Result<void> checkTill(const Till &till, bool everything);
    Result<void> closeBooks();
    [[nodiscard]] Result<std::map<QByteArray, qint64>> counters(const Till &till) const;
    Error told(const Till &till, const Verdict &verdict);

    const QByteArray m_folder;
    support::SeededRandom m_random;
    std::unique_ptr<AnswerCount> m_answers; ///< outlives the writers
    std::vector<Till> m_tills;
    std::map<QByteArray, qint64> m_counters; ///< when the books were last closed
    std::chrono::microseconds m_lastStart;
    Numbers m_numbers;
};

} // namespace driftless::crash
