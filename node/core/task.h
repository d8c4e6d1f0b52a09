#pragma once

#include <functional>

namespace driftless {

/// A piece of work that carries its values with it. Copyable, because std::function asks for it.
using Task = std::function<void()>;

} // namespace driftless
