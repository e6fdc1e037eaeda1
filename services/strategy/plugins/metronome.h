/* SPDX-License-Identifier: Apache-2.0 */
/* Measures: sends an IOC buy far below the market on every n-th tick, which never fills. For
   benchmarks and tests of the order path; it earns nothing. */
#ifndef STRATEGY_METRONOME_H
#define STRATEGY_METRONOME_H

#include "services/strategy/plugin.h"

extern const struct strategy metronome;

#endif
