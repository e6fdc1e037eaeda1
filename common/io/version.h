/* SPDX-License-Identifier: Apache-2.0 */
/* The program's version and git revision, stamped by the build: "0.1.0+1a2b3c4d5e6f". */
#ifndef IO_VERSION_H
#define IO_VERSION_H

extern const char version_build[];

#endif
