/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/version.h"

#ifndef BREAKWATER_VERSION
#define BREAKWATER_VERSION "0.0.0"
#endif
#ifndef BREAKWATER_REVISION
#define BREAKWATER_REVISION "unknown"
#endif

const char version_build[] = BREAKWATER_VERSION "+" BREAKWATER_REVISION;
