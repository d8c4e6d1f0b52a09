#pragma once

#include "core/assert.h"

#include <atomic>
#include <thread>

namespace driftless {

/// Remembers the first thread that asks and says whether a later caller is the same one.
class ThreadChecker
{
public:
    bool isOwner() const
    {
        std::thread::id none;
        const auto self = std::this_thread::get_id();
        return m_owner.compare_exchange_strong(none, self) || none == self;
    }
    /// The object moves to another thread, which is the next to ask.
    void release() { m_owner = std::thread::id(); }

private:
    mutable std::atomic<std::thread::id> m_owner {};
};

} // namespace driftless
