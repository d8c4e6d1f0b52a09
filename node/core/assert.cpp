#include "core/assert.h"

#include <cstdio>
#include <cstdlib>

namespace driftless {

void assertionFailed(const char *condition, const char *file, int line)
{
    std::fprintf(stderr,
        "driftless: broken assumption \"%s\" at %s:%d; the node stops.\n",
        condition,
        file,
        line);
    std::fflush(stderr);
    std::abort();
}

} // namespace driftless
