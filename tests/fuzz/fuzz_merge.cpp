#include "fuzz_target.h"
#include "storage_history.h"

// The real merge against the slow model (tests/sim): the bytes decide what copies write, exchange,
// lose, restore and quarantine; after every step the judge looks at what changed.
namespace driftless::fuzz {

void run(QByteArrayView input)
{
    sim::StorageHistory history(1, nullptr, input.toByteArray());
    const auto fault = history.run();
    require(!fault, "the merge is what the judge says", fault.value_or(QByteArray()));
}

} // namespace driftless::fuzz
