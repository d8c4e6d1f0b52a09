#pragma once

namespace driftless {

/// Prints the broken assumption and aborts: a bug must stop the node before it writes nonsense.
[[noreturn]] void assertionFailed(const char *condition, const char *file, int line);

} // namespace driftless

/// Stays on in release builds. For bugs only; bad input is an Error (core/result.h).
#define DRIFTLESS_ASSERT(condition)                                                                \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            ::driftless::assertionFailed(#condition, __FILE__, __LINE__);                          \
        }                                                                                          \
    } while (false)
