/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include "services/executor/send.h"

#include <stdio.h>
#include <string.h>

#define PROMPT (100 * NANOS_MS)

static uint32_t cell_of(ident_t client_id)
{
	return (uint32_t)(ident_hash(client_id) % ACCOUNT_CELLS);
}

struct account *account_of(struct witness *self, ident_t client_id)
{
	uint32_t cell = cell_of(client_id);
	if (ident_is_none(client_id))
		return NULL;
	for (; self->cells[cell] != 0; cell = (cell + 1) % ACCOUNT_CELLS)
		if (ident_equals(self->accounts[self->cells[cell] - 1].client_id, client_id))
			return &self->accounts[self->cells[cell] - 1];
	if (self->account_count == ACCOUNTS_MAX)
		return NULL;
	struct account *account = &self->accounts[self->account_count++];
	self->cells[cell] = (uint16_t)self->account_count;
	*account = (struct account){.client_id = client_id};
	return account;
}

static const char *parameter(const struct http_request *request, const char *name)
{
	size_t size = strlen(name);
	const char *at = request->query;
	while (at != NULL && *at != '\0') {
		if (strncmp(at, name, size) == 0 && at[size] == '=')
			return at + size + 1;
		at = strchr(at, '&');
		at = at == NULL ? NULL : at + 1;
	}
	return NULL;
}

bool request_ident(const struct http_request *request, const char *name, ident_t *out)
{
	const char *value = parameter(request, name);
	return value != NULL && strlen(value) >= IDENT_TEXT_SIZE - 1 &&
	       ident_parse(value, IDENT_TEXT_SIZE - 1, out) == OK;
}

/* POST makes an order, also as the second half of a cancelReplace. */
bool request_is_order(const struct http_request *request)
{
	return request->method == HTTP_POST;
}

static text_t about(const char *format, ident_t client_id)
{
	char id[IDENT_TEXT_SIZE];
	char text[TEXT_MAX_SIZE];
	snprintf(text, sizeof text, "order %s %s", ident_print(client_id, id), format);
	return text_from(text);
}

static bool raises_exposure(enum purpose purpose)
{
	return purpose == PURPOSE_ENTRY;
}

static void check_left(struct witness *self, const struct account *account)
{
	if (!account->durable_before)
		violate(self, "I-01",
		        "Each order has exactly one SEND record, durable before it leaves.",
		        about("left before its SEND record was durable", account->client_id));
	if (account->transmissions > 1)
		violate(self, "I-04", "One SEND is transmitted at most once.",
		        about("left a second time", account->client_id));
	if (account->left_at - witness_clock_doubt(self) > account->valid_until)
		violate(self, "I-08", "No request leaves behind its validity window.",
		        about("left behind its window", account->client_id));
	if (self->damaged[CAST_EXECUTOR] && !self->is_armed && raises_exposure(account->purpose))
		violate(self, "I-33",
		        "With a damaged journal no entry leaves until a person armed.",
		        about("is an entry and left while records were lost", account->client_id));
	if (account->was_halted && raises_exposure(account->purpose))
		violate(self, "I-14", "While halted nothing leaves that raises exposure.",
		        about("is an entry and left while a halt was durable", account->client_id));
}

/* W4: what leaves is what the record says, byte for byte. */
static void check_bytes(struct witness *self, const struct account *account,
                        const struct http_request *request)
{
	struct journal_send left;
	if (account->sends == 0)
		return;
	send_hash_request(request, &left);
	if (!ident_equals(left.hash_high, account->hash_high) ||
	    !ident_equals(left.hash_low, account->hash_low))
		violate(self, "W-04", "The bytes that leave are those of the SEND record.",
		        about("left with other bytes than its record", account->client_id));
}

/* Nothing but its record may hold an order back: not the view, not another service. */
static void check_promptness(struct witness *self, const struct account *account)
{
	if (account->durable_at == 0 || account->left_at - account->durable_at <= PROMPT ||
	    world_figures(self->world)->hits[FAULT_HANG] > 0)
		return;
	violate(self, "D-03",
	        "An order leaves when its record is durable; nothing else is awaited.",
	        about("waited for something else than its record", account->client_id));
}

void orders_left(struct witness *self, unsigned node, const struct http_request *request)
{
	ident_t client_id;
	if (!request_is_order(request) || !request_ident(request, "newClientOrderId", &client_id))
		return;
	struct account *account = account_of(self, client_id);
	if (account == NULL)
		return;
	account->transmissions++;
	account->left_at = world_now(self->world);
	account->valid_until = request->valid_until;
	account->durable_before = account->sends > 0;
	account->was_halted = self->executor_halted;
	account->epoch = world_epoch(self->world, node);
	check_left(self, account);
	check_bytes(self, account, request);
	check_promptness(self, account);
	if (account->purpose == PURPOSE_ENTRY && account->epoch != self->entry_epoch) {
		self->entry_epoch = account->epoch;
		self->entries_since = account->left_at;
	}
}

/* The gate of the exchange took it: nothing of an older run, once the entries of a new one leave.
 */
void orders_admitted(struct witness *self, const struct http_request *request)
{
	ident_t client_id;
	if (!request_is_order(request) || !request_ident(request, "newClientOrderId", &client_id))
		return;
	const struct account *account = account_of(self, client_id);
	if (account == NULL || self->entry_epoch == 0 || account->epoch == self->entry_epoch ||
	    account->left_at > self->entries_since)
		return;
	violate(self, "I-28", "Once entries of a new run leave, nothing of an older one is taken.",
	        about("is of an older run, and was taken behind the new run's first entry",
	              client_id));
}

static nanos_t queue_bound(const struct witness *self)
{
	return (nanos_t)world_exchange(self->world)->profile->queue_ms * NANOS_MS;
}

void orders_executed(struct witness *self, const struct http_request *request)
{
	ident_t client_id;
	if (!request_is_order(request) || !request_ident(request, "newClientOrderId", &client_id))
		return;
	struct account *account = account_of(self, client_id);
	const struct sim_order *order = sim_exchange_order(world_exchange(self->world), client_id);
	if (account == NULL || order == NULL)
		return;
	account->executions++;
	self->outcome->orders++;
	if (account->executions > 1)
		violate(self, "I-02", "An attempt is at most one order at the exchange.",
		        about("was taken by the exchange twice", client_id));
	guard_executed(self, account, order);
	if (account->never)
		violate(self, "I-06", "What ended NEVER never turns up.",
		        about("was concluded NEVER and then reached the exchange", client_id));
	if (account->was_unknown)
		self->outcome->rare[RARE_UNKNOWN_EXISTED]++;
	if (account->valid_until != 0 && order->accepted_at != 0 &&
	    order->accepted_at >
	            account->valid_until + queue_bound(self) + witness_clock_doubt(self))
		violate(self, "I-08", "The exchange accepts nothing behind its window.",
		        about("was accepted behind its window", client_id));
}

static void count_unknown(struct witness *self, const struct journal_unknown *record)
{
	struct account *account = account_of(self, record->client_id);
	const char *reason = record->reason.text;
	const struct sim_order *order =
		sim_exchange_order(world_exchange(self->world), record->client_id);
	if (account != NULL)
		account->was_unknown = true;
	if (strstr(reason, "restarted") != NULL)
		self->outcome->rare[RARE_UNKNOWN_RESTART]++;
	else if (strstr(reason, "in time") != NULL || strstr(reason, "no answer") != NULL)
		self->outcome->rare[RARE_UNKNOWN_SILENT]++;
	else
		self->outcome->rare[RARE_UNKNOWN_ANSWERED]++;
	if (order != NULL)
		self->outcome->rare[RARE_UNKNOWN_EXISTED]++;
}

static bool is_at_rest(enum venue_status status)
{
	return status != VENUE_STATUS_NEW && status != VENUE_STATUS_PARTIALLY_FILLED &&
	       status != VENUE_STATUS_PENDING_NEW;
}

/* I-07 at the moment of the conclusion; the exchange's ledger knows. */
static void check_end(struct witness *self, const struct journal_end *end)
{
	static const char rule[] = "An ended order is not open, and its executions add up.";
	const struct sim_order *order =
		sim_exchange_order(world_exchange(self->world), end->client_id);
	bool existed = order != NULL && order->status != VENUE_STATUS_REJECTED;
	if (end->status == ORDER_STATUS_DISPUTED || self->damaged[CAST_EXECUTOR])
		return;
	if (end->status == ORDER_STATUS_NEVER && existed)
		violate(self, "I-06", "What ended NEVER never turns up.",
		        about("was concluded NEVER, but the exchange has it", end->client_id));
	else if ((end->status == ORDER_STATUS_REJECTED || end->status == ORDER_STATUS_UNSENT) &&
	         existed && (!is_at_rest(order->status) || decimal_sign(order->executed) > 0))
		violate(self, "I-07", rule,
		        about("was concluded never to have been taken, but the exchange has it",
		              end->client_id));
	else if (existed && !is_at_rest(order->status))
		violate(self, "I-07", rule, about("ended, but is on the book", end->client_id));
	else if (existed && !decimal_equals(order->executed, end->executed))
		violate(self, "I-07", rule,
		        about("ended with another executed quantity than the exchange has",
		              end->client_id));
}

static void count_end(struct witness *self, const struct journal_end *end)
{
	uint64_t *rare = self->outcome->rare;
	bool partial = decimal_sign(end->executed) > 0;
	struct account *account = account_of(self, end->client_id);
	switch (end->status) {
	case ORDER_STATUS_NEVER:
		rare[RARE_FENCE_WAITED]++;
		if (account != NULL)
			account->never = true;
		break;
	case ORDER_STATUS_DISPUTED: rare[RARE_DISPUTED]++; break;
	case ORDER_STATUS_REJECTED: rare[RARE_REJECTED]++; break;
	case ORDER_STATUS_UNSENT: rare[RARE_UNSENT]++; break;
	case ORDER_STATUS_CANCELED: rare[RARE_PARTIAL_CANCEL] += partial; break;
	default: break;
	}
}

static void take_intent(struct witness *self, const struct journal_intent *intent)
{
	struct account *account = account_of(self, intent->client_id);
	if (account == NULL)
		return;
	if (account->has_intent)
		violate(self, "I-35", "A request has at most one effect.",
		        about("has two INTENT records", intent->client_id));
	account->has_intent = true;
	account->intent_id = intent->intent_id;
	account->symbol = intent->symbol;
	account->bot = intent->bot;
	account->side = intent->side;
	account->purpose = intent->purpose;
	account->qty = intent->qty;
}

static void take_send(struct witness *self, const struct journal_send *send)
{
	struct account *account = account_of(self, send->client_id);
	if (account == NULL)
		return;
	account->durable_at = world_now(self->world);
	account->hash_high = send->hash_high;
	account->hash_low = send->hash_low;
	if (++account->sends > 1)
		violate(self, "I-01",
		        "Each order has exactly one SEND record, durable before it leaves.",
		        about("has two SEND records", send->client_id));
}

static void take_fill(struct witness *self, const struct fill *fill)
{
	for (uint32_t i = 0; i < self->fill_count; i++)
		if (self->fills[i].trade_id == fill->trade_id &&
		    name_equals(&self->fills[i].symbol, &fill->symbol))
			violate(self, "I-15", "Each execution is accounted exactly once.",
			        text_format("execution %llu of %s was accounted twice",
			                    (unsigned long long)fill->trade_id, fill->symbol.text));
	if (self->fill_count < FILLS_MAX)
		self->fills[self->fill_count++] = *fill;
}

static void take_cancel_end(struct witness *self, const struct journal_cancel_end *end)
{
	const struct sim_order *order =
		sim_exchange_order(world_exchange(self->world), end->client_id);
	if (end->status == CANCEL_STATUS_REFUSED && order != NULL &&
	    order->status == VENUE_STATUS_FILLED)
		self->outcome->rare[RARE_CANCEL_TOO_LATE]++;
}

static void note_latch(struct witness *self, const struct journal_latch *latch)
{
	self->executor_halted = latch->halted;
	self->is_armed |= !latch->halted;
}

void orders_saved(struct witness *self, enum message_type type, const void *record)
{
	switch (type) {
	case MESSAGE_JOURNAL_INTENT: take_intent(self, record); break;
	case MESSAGE_JOURNAL_SEND: take_send(self, record); break;
	case MESSAGE_JOURNAL_UNKNOWN: count_unknown(self, record); break;
	case MESSAGE_JOURNAL_CANCEL_END: take_cancel_end(self, record); break;
	case MESSAGE_FILL: take_fill(self, record); break;
	case MESSAGE_JOURNAL_END:
		count_end(self, record);
		check_end(self, record);
		break;
	case MESSAGE_JOURNAL_LATCH:
		note_latch(self, record);
		break;
	default: break;
	}
}
