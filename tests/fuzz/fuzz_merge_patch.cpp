#include "core/json.h"
#include "fuzz_target.h"
#include "slow_json.h"

// JSON Merge Patch: the bytes that come out mean what RFC 7396 says, by a second implementation.
// The input is the target, a NUL, and the patch; without a NUL there is no target.
namespace driftless::fuzz {

void run(QByteArrayView input)
{
    const qsizetype border = input.indexOf('\0');
    QByteArrayView target = border < 0 ? QByteArrayView() : input.first(border);
    QByteArrayView patch = input.sliced(border + 1);
    std::optional<SlowValue> slowTarget;
    if (border >= 0) {
        const auto checked = json::checkValue(target);
        if (!checked) {
            return;
        }
        target = *checked;
        slowTarget = slowValue(target);
        require(slowTarget.has_value(), "both readers take the target", target);
    }
    const auto checked = json::checkValue(patch);
    if (!checked) {
        return;
    }
    patch = *checked;
    const auto slowPatch = slowValue(patch);
    require(slowPatch.has_value(), "both readers take the patch", patch);

    const QByteArray merged = json::mergePatchValue(target, patch);
    const auto result = slowValue(merged);
    require(json::checkValue(merged).isOk() && result, "a patched value is a value", merged);
    const SlowValue wanted = slowMergePatch(slowTarget, *slowPatch);
    require(*result == wanted, "the patch does what RFC 7396 says", merged);
    require(json::mergePatchValue(merged, patch) == merged
            || !(slowMergePatch(wanted, *slowPatch) == wanted),
        "a patch that is made twice changes nothing more",
        merged);
}

} // namespace driftless::fuzz
