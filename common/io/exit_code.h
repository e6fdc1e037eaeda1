/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes of every program: branch on the code, not on the text. */
#ifndef IO_EXIT_CODE_H
#define IO_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILURE = 1,     /* something went wrong; the text says what */
	EXIT_CODE_USAGE = 2,       /* the command line is wrong */
	EXIT_CODE_CONFIG = 3,      /* a configuration file is wrong */
	EXIT_CODE_NOT_RUNNING = 4, /* there is no stack on this state directory */
	EXIT_CODE_TIMEOUT = 5,     /* no answer in time */
	EXIT_CODE_RUNNING = 6,     /* a stack runs already on this state directory */
	EXIT_CODE_HALTED = 7,      /* trading is halted */
	EXIT_CODE_DIFFERENCE = 8,  /* books and ledger differ */
	EXIT_CODE_VIOLATED = 9,    /* the simulator found an invariant violated */
};

#endif
