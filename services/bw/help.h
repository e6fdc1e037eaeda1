/* SPDX-License-Identifier: Apache-2.0 */
/* What `bw` says about itself. On standard output. */
#ifndef BW_HELP_H
#define BW_HELP_H

#include "services/bw/cli.h"

void help_all(void);
void help_command(const struct cli_command *command);
/* Program, revision, libraries. */
void help_version(void);

/* `bw help [COMMAND]` */
int help_run(const struct cli *cli);

#endif
