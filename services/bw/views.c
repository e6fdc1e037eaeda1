/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/views.h"

#include "common/io/exit_code.h"
#include "services/bw/lists.h"
#include "services/bw/session.h"

#include <stdlib.h>
#include <string.h>

enum { ALERTS_SHOWN = 20, ORDERS_SHOWN = 100 };

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *services_json(const struct picture *picture, nanos_t now)
{
	json_t *list = json_array();
	for (size_t i = 0; i < picture->service_count; i++) {
		const struct picture_service *service = &picture->services[i];
		enum service_status status = picture_status(picture, service, now);
		json_t *object = list_message(MESSAGE_HEARTBEAT, &service->heartbeat);
		json_object_del(object, "sequences");
		set(object, "name", json_string(service->name.text));
		set(object, "state", json_string(enum_print(&enum_service_status, (int)status)));
		set(object, "pid", json_integer((json_int_t)picture_pid(service)));
		set(object, "restarts", json_integer((json_int_t)picture_restarts(service)));
		set(object, "reason", json_string(service->child.reason.text));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *markets_json(const struct picture *picture, nanos_t now)
{
	json_t *list = json_array();
	for (size_t i = 0; i < picture->market_count; i++) {
		const struct picture_market *market = &picture->markets[i];
		json_t *object = list_message(MESSAGE_MARKET_STATE, &market->state);
		if (market->ticked != 0) {
			set(object, "tick", list_message(MESSAGE_TICK, &market->tick));
			set(object, "tick_age_ms", json_integer((now - market->ticked) / NANOS_MS));
		}
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *items_json(enum message_type type, const void *items, size_t size, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, list_message(type, (const char *)items + i * size));
	return list;
}

static json_t *money_json(const struct picture_sums *sums)
{
	char text[DECIMAL_TEXT_SIZE];
	json_t *object = json_object();
	set(object, "quote", json_string(sums->quote.text));
	set(object, "equity", json_string(decimal_print(sums->equity, text)));
	set(object, "equity_complete", json_boolean(sums->is_valued));
	set(object, "unrealised", json_string(decimal_print(sums->unrealised, text)));
	set(object, "realised", json_string(decimal_print(sums->realised, text)));
	set(object, "fees", json_string(decimal_print(sums->fees, text)));
	return object;
}

static json_t *status_json(const struct session *session, nanos_t now)
{
	const struct picture *picture = &session->picture;
	const struct trading_state *trading = picture_trading(picture);
	struct picture_sums sums;
	json_t *root = json_object();
	picture_sum(picture, now, &sums);
	set(root, "profile", json_string(session->stack.profile.text));
	set(root, "state", json_string(session->paths.state));
	set(root, "trading",
	    trading != NULL ? list_message(MESSAGE_TRADING_STATE, trading) : json_null());
	set(root, "whole",
	    picture->stack.status != 0 ? list_message(MESSAGE_STACK_STATE, &picture->stack)
	                               : json_null());
	set(root, "services", services_json(picture, now));
	set(root, "markets", markets_json(picture, now));
	set(root, "orders", list_message(MESSAGE_ORDER_COUNTS, &picture->counts));
	set(root, "positions",
	    items_json(MESSAGE_POSITION, picture->positions, sizeof *picture->positions,
	               picture->position_count));
	set(root, "money", money_json(&sums));
	set(root, "bots",
	    items_json(MESSAGE_BOT_STATE, picture->bots, sizeof *picture->bots,
	               picture->bot_count));
	set(root, "latencies",
	    items_json(MESSAGE_LATENCY, picture->latencies, sizeof *picture->latencies,
	               picture->latency_count));
	return root;
}

static int meet_all(struct session *session)
{
	int code = session_meet(session);
	if (code != EXIT_CODE_OK)
		return code;
	return session_collect_all(session) ? EXIT_CODE_OK : EXIT_CODE_TIMEOUT;
}

int view_status(const struct cli *cli)
{
	struct session *session = session_make(cli);
	int code = meet_all(session);
	if (code == EXIT_CODE_OK) {
		nanos_t now = client_now(session->client);
		const struct trading_state *trading = picture_trading(&session->picture);
		if (cli_has(cli, "json"))
			list_write(status_json(session, now), stdout);
		else
			list_summary(&session->picture, now, stdout, cli->colour);
		if (trading != NULL && trading->status == TRADING_STATUS_HALTED)
			code = EXIT_CODE_HALTED;
	}
	session_close(&session);
	return code;
}

/* Meets the stack and waits for these services' state. */
static struct session *look_at(const struct cli *cli, const char *const *services, size_t count,
                               int *code)
{
	struct session *session = session_make(cli);
	*code = session_meet(session);
	if (*code == EXIT_CODE_OK && !session_collect(session, services, count))
		*code = EXIT_CODE_TIMEOUT;
	return session;
}

static void write_orders(const struct picture *picture, bool all, size_t count)
{
	static size_t indices[PICTURE_ORDERS_MAX];
	size_t found = orders_sorted(picture, all, indices);
	json_t *list = json_array();
	for (size_t i = 0; i < found && i < count; i++)
		json_array_append_new(list,
		                      list_message(MESSAGE_ORDER, &picture->orders[indices[i]]));
	list_write(list, stdout);
}

int view_orders(const struct cli *cli)
{
	static const char *const services[] = {"executor"};
	unsigned long count;
	int code;
	bool all = cli_has(cli, "all");
	if (!cli_number(cli, "number", ORDERS_SHOWN, PICTURE_ORDERS_MAX, &count))
		return EXIT_CODE_USAGE;
	struct session *session = look_at(cli, services, 1, &code);
	if (code == EXIT_CODE_OK && cli_has(cli, "json"))
		write_orders(&session->picture, all, count);
	else if (code == EXIT_CODE_OK)
		list_orders(&session->picture, all, count, stdout, cli->colour);
	session_close(&session);
	return code;
}

int view_positions(const struct cli *cli)
{
	static const char *const services[] = {"executor", "feed"};
	int code;
	struct session *session = look_at(cli, services, 2, &code);
	const struct picture *picture = &session->picture;
	if (code == EXIT_CODE_OK && cli_has(cli, "json"))
		list_write(items_json(MESSAGE_POSITION, picture->positions,
		                      sizeof *picture->positions, picture->position_count),
		           stdout);
	else if (code == EXIT_CODE_OK)
		list_positions(picture, stdout, cli->colour);
	session_close(&session);
	return code;
}

int view_balances(const struct cli *cli)
{
	static const char *const services[] = {"executor"};
	int code;
	struct session *session = look_at(cli, services, 1, &code);
	const struct picture *picture = &session->picture;
	if (code == EXIT_CODE_OK && cli_has(cli, "json"))
		list_write(items_json(MESSAGE_BALANCE, picture->balances, sizeof *picture->balances,
		                      picture->balance_count),
		           stdout);
	else if (code == EXIT_CODE_OK)
		list_balances(picture, stdout, cli->colour);
	session_close(&session);
	return code;
}

int view_alerts(const struct cli *cli)
{
	static const char *const services[] = {"alert"};
	unsigned long count;
	int code;
	if (!cli_number(cli, "number", ALERTS_SHOWN, PICTURE_ALERTS_MAX, &count))
		return EXIT_CODE_USAGE;
	struct session *session = look_at(cli, services, 1, &code);
	const struct picture *picture = &session->picture;
	size_t shown = picture->alert_count < count ? picture->alert_count : count;
	if (code == EXIT_CODE_OK && cli_has(cli, "json"))
		list_write(items_json(MESSAGE_ALERT, &picture->alerts[picture->alert_count - shown],
		                      sizeof *picture->alerts, shown),
		           stdout);
	else if (code == EXIT_CODE_OK)
		list_alerts(picture, shown, stdout, cli->colour);
	session_close(&session);
	return code;
}
