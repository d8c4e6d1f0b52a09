#pragma once

#include "copy_watch.h"
#include "poison.h"
#include "random_requests.h"
#include "temporary_folder.h"

#include <functional>
#include <memory>

namespace driftless::sim {

/// A random history of a few copies of one database, made of the real storage and nothing else:
/// local groups, streams in log order that break off, rollbacks, restarts, files set back, files
/// copied to another node, quarantine. After every step the judge looks at what changed. All from
/// one seed, and from `choices` before it (seeded_random.h); one thread.
class StorageHistory
{
public:
    using Trace = std::function<void(const QByteArray &line)>;

    explicit StorageHistory(std::uint64_t seed, Trace trace = nullptr, QByteArray choices = {});
    ~StorageHistory();

    /// Nothing if all went as the judge says; else what did not.
    std::optional<QByteArray> run();

private:
    struct Copy;
    struct Planned;
    using Groups = std::vector<std::vector<storage::Operation>>;

    void step();
    void write(Copy &copy);
    bool planDocument(Copy &copy,
        const ModelKey &key,
        const std::vector<RandomRequest> &requests,
        std::vector<Planned> &plans);
    void checkPlan(Copy &copy,
        const ModelState &before,
        const RandomRequest &request,
        const storage::PlannedWrite *plan,
        const Incarnation &own);
    void applyLocal(Copy &copy, const std::vector<Planned> &plans);
    void stream(Copy &from, Copy &to, std::size_t countMax);
    Groups news(Copy &from, const Copy &to);
    void restart(Copy &copy);
    void save(Copy &copy);
    void goBack(Copy &copy);
    void cloneOnto(Copy &source, Copy &target);
    void close(Copy &copy);
    void reopen(Copy &copy);
    void release(Copy &copy);
    void poison(Copy &copy);
    void heal();

    void look(Copy &copy);
    void checkPairs();
    void expect(const CopyWatch::Fault &fault);
    void fail(const QByteArray &what);
    [[nodiscard]] bool isFine() const { return !m_fault; }
    void say(const QByteArray &line) const;
    template <typename T> bool worked(const Result<T> &result, const char *what);

    support::SeededRandom m_random; ///< decides what happens
    support::SeededRandom m_numbers; ///< names incarnations, no two alike whatever was chosen
    RandomRequests m_requests;
    PoisonMaker m_poison;
    const bool m_hasPoison;
    Trace m_trace;
    support::TemporaryFolder m_folder;
    Judge m_judge;
    std::vector<std::unique_ptr<Copy>> m_copies;
    std::uint64_t m_wall = 1'000;
    int m_files = 0;
    bool m_isHealing = false;
    std::optional<QByteArray> m_fault;
};

} // namespace driftless::sim
