#pragma once

#include "host/command_line.h"

namespace driftless::app {

/// Runs a node without a display until SIGTERM or SIGINT. Answers the exit code of the process
/// (node/host/README.md).
int headlessMain(int &argc, char **argv, const host::CommandLine &line);

} // namespace driftless::app
