/* SPDX-License-Identifier: Apache-2.0 */
/* The program: reads its arguments, runs what is asked for, prints and reports it. */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

/* The exit code. */
int simulate_main(int argc, char **argv);

#endif
