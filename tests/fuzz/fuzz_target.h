#pragma once

#include <QByteArray>

namespace driftless::fuzz {

/// One run of a target: reads whatever the bytes are, and `require`s what must hold. Each target
/// defines it; libFuzzer calls it, or the replay (replay_main.cpp). One thread. `input` stands in
/// memory of exactly its size, so that a step beyond it is seen by ASan.
void run(QByteArrayView input);

/// Ends the process where `isTrue` is false, which is a finding: says the property and, for a
/// person, what goes with it.
void require(bool isTrue, const char *property, QByteArrayView detail = {});

} // namespace driftless::fuzz
