/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/cli.h"

#include "services/bw/config_views.h"
#include "services/bw/doctor.h"
#include "services/bw/help.h"
#include "services/bw/kill.h"
#include "services/bw/logs.h"
#include "services/bw/recovery_views.h"
#include "services/bw/schema.h"
#include "services/bw/simulate.h"
#include "services/bw/steering.h"
#include "services/bw/up.h"
#include "services/bw/views.h"
#include "services/simulate/options.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define NO_OPTIONS NULL, 0
#define OPTIONS(list) list, LENGTH(list)

const struct cli_option cli_common_options[] = {
	{"profile", 0, "NAME",
         "a folder below conf/, or any folder with a stack.yaml (default demo)"},
	{"state", 0, "DIR", "journals, logs, sockets (default ~/.local/state/breakwater/PROFILE)"},
	{"json", 0, NULL, "data as JSON"},
	{"no-color", 0, NULL, "plain text, also on a terminal"},
};
const size_t cli_common_option_count = LENGTH(cli_common_options);

static const struct cli_option up_options[] = {
	{"exit-after", 0, "TIME", "end by itself after so long, like 60s or 5m"},
	{"report", 0, "FILE", "write what the run came to as JSON"},
	{"plain", 0, NULL, "lines instead of a live screen, also on a terminal"},
};

static const struct cli_option orders_options[] = {
	{"all", 'a', NULL, "also the newest that have ended"},
	{"number", 'n', "N", "at most so many (default 100)"},
};

static const struct cli_option alerts_options[] = {
	{"number", 'n', "N", "at most so many (default 20)"},
};

static const struct cli_option logs_options[] = {
	{"follow", 'f', NULL, "go on with what comes, until Ctrl-C"},
	{"number", 'n', "N", "the last N lines first (default 50)"},
};

static const struct cli_option reason_options[] = {
	{"reason", 'r', "TEXT", "why, for the journal (required)"},
};

static const struct cli_option kill_options[] = {
	{"reason", 'r', "TEXT", "why, for the journal (required)"},
	{"level", 'l', "N",
         "1 no new risk, 2 also cancel entries and exits (default), 3 cancel "
         "all and sell"},
	{"now", 0, NULL, "without asking"},
};

static const struct cli_option recovery_options[] = {
	{"now", 0, NULL, "compare now, and wait for it"},
};

static const struct cli_option halt_options[] = {
	{"reason", 'r', "TEXT", "why, for the journal (required)"},
	{"level", 'l', "N", "how far it goes, 1 to 4 (default 2)"},
};

static const struct cli_option show_options[] = {
	{"origin", 0, NULL, "where each value comes from"},
};

static const char up_help[] =
	"Checks every configuration file, then starts the supervisor, which starts the services\n"
	"and starts them again when they end. On a terminal a live screen shows the stack, else\n"
	"lines on standard error tell what happens.\n\n"
	"Ctrl-C, SIGTERM, q on the screen, bw down and --exit-after end it in order: entries are\n"
	"shut, entry and exit orders cancelled and seen confirmed, protective orders stay, our\n"
	"books are compared with the exchange's, services end. A second Ctrl-C ends at once.\n\n"
	"Exit code 6: a stack runs already on this state directory; 8: books and exchange differ.";

static const char down_help[] =
	"Waits until the last service has ended. Exit code 4: none was running.";

static const char status_help[] = "Exit code 7 while trading is halted, 4 when no stack runs.";

static const char halt_help[] =
	"Tells the executor and risk. Latched: it stays through restarts until bw arm, and no\n"
	"second halt lowers it.\n\n"
	"  1  no new risk; open orders stay\n"
	"  2  entries and exits are cancelled, protective orders and positions stay\n"
	"  3  everything is cancelled and every position of a bot sold at the market\n"
	"  4  as 3, for the executor\n\n"
	"What level 3 can't sell is named in an alert (halt.residue). Positions of nobody "
        "(manual)\n"
	"are never touched.";

static const char resolve_help[] =
	"ORDER is the client id of a DISPUTED order, 32 hex digits as bw orders shows them.\n"
	"It ends as FILLED or CANCELED with the executions that are accounted; a last cancel goes\n"
	"out before. Look at the exchange's own list of orders first: nothing else is as sure.";

static const char kill_help[] =
	"Works with everything else dead. The executor is asked first; when it doesn't answer it "
	"is\nkilled, and recovery does in its place, over its journal and by an exchange client of "
	"its\nown, what it was asked to. Latched: the executor comes back halted until bw arm.\n\n"
	"Exit code 0: nothing is left that was to go; 1: what is left was listed by name.";

static const char recovery_help[] =
	"Three numbers for each symbol and asset: by our books, by the exchange, and when both "
	"last\nsaid the same; then every difference. Exit code 8: they differ, or weren't "
        "compared.";

static const char logs_help[] =
	"Reads <state>/logs/SERVICE/combined-DAY.log; without SERVICE all of them, merged by "
	"time.\n"
	"SERVICE.console beside them holds what a service said outside its log.";

const struct cli_command cli_commands[] = {
	{"up", "", 0, "start the stack and show it", OPTIONS(up_options), up_help, up_run},
	{"down", "", 0, "stop the running stack in order", NO_OPTIONS, down_help, steer_down},
	{"status", "", 0, "one screen about the running stack", NO_OPTIONS, status_help,
         view_status},
	{"orders", "", 0, "open orders", OPTIONS(orders_options), NULL, view_orders},
	{"positions", "", 0, "what the bots hold", NO_OPTIONS, NULL, view_positions},
	{"balances", "", 0, "the account as the exchange last told", NO_OPTIONS, NULL,
         view_balances},
	{"alerts", "", 0, "the last alerts", OPTIONS(alerts_options), NULL, view_alerts},
	{"logs", "[SERVICE]", 1, "log lines of one service or all", OPTIONS(logs_options),
         logs_help, logs_run},
	{"halt", "", 0, "no new risk until armed again", OPTIONS(halt_options), halt_help,
         steer_halt},
	{"arm", "", 0, "end a halt", OPTIONS(reason_options), NULL, steer_arm},
	{"resolve", "ORDER", 1, "end a disputed order after a look at the account",
         OPTIONS(reason_options), resolve_help, steer_resolve},
	{"reconcile", "", 0, "compare orders, executions and balances with the exchange now",
         NO_OPTIONS, NULL, steer_reconcile},
	{"kill", "", 0, "halt, cancel and sell, whatever is dead", OPTIONS(kill_options), kill_help,
         kill_run},
	{"recovery", "", 0, "whether books and exchange agree", OPTIONS(recovery_options),
         recovery_help, view_recovery},
	{"doctor", "", 0, "check this machine and the stack", NO_OPTIONS,
         "Exit code 1 when a check fails. Every line that isn't ok names its remedy.", doctor_run},
	{"config check", "", 0, "check every configuration file", NO_OPTIONS,
         "Errors name file, line and column. Exit code 3 when there is one.", config_check_run},
	{"config show", "[SERVICE]", 1, "values in force", OPTIONS(show_options), NULL,
         config_show_run},
	{"schema", "[NAME]", 1, "messages, enums and configuration keys", NO_OPTIONS,
         "NAME: a message, an enum or a configuration table; without one, everything.", schema_run},
	{"simulate", "", 0, "prove the order core in a simulated world", simulate_options,
         SIMULATE_OPTION_COUNT, simulate_help, simulate_run},
	{"help", "[COMMAND]", 2, "about bw or a command", NO_OPTIONS, NULL, help_run},
};
const size_t cli_command_count = LENGTH(cli_commands);
