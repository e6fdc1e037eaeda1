/* SPDX-License-Identifier: Apache-2.0 */
/* A desk with a resting exit that is to be replaced or amended. */
#ifndef TESTS_LIB_REPLACE_DESK_H
#define TESTS_LIB_REPLACE_DESK_H

#include "services/executor/replace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/desk.h"

struct fixture {
	struct desk *desk;
	ident_t old, new; /* intents */
};

/* What a test asks the executor to do, and what it said. */
struct wish {
	ident_t old;
	struct order wanted;
	const struct approval *approval;
	bool begun;
};

static inline void decide(struct executor *executor, void *context)
{
	struct wish *wish = context;
	struct order_slot *old = orders_by_intent(&executor->books.orders, wish->old);

	assert_non_null(old);
	wish->begun = wish->approval != NULL
	                      ? replace_start_approved(executor, old, wish->approval, "test")
	                      : replace_start(executor, old, &wish->wanted, "test");
}

static inline struct order wanted_order(ident_t intent, const char *qty, const char *price)
{
	return (struct order){
		.intent_id = intent,
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.purpose = PURPOSE_EXIT,
		.side = SIDE_SELL,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of(qty),
		.price = decimal_of(price),
	};
}

static inline bool when_replaced(struct fixture *self, const char *qty, const char *price)
{
	struct wish wish = {.old = self->old, .wanted = wanted_order(self->new, qty, price)};

	desk_within(self->desk, decide, &wish);
	return wish.begun;
}

/* Holds 1, and a sell of 0.5 rests at 100. */
static inline struct fixture given_a_resting_exit(void)
{
	struct fixture self = {.desk = desk_open(), .new = {7, 7}};

	desk_start(self.desk);
	desk_order(self.desk, "BUY", "1", "90");
	desk_answer(self.desk, CALL_KIND_ORDER);
	desk_stream_fill(self.desk, desk_execute(self.desk, desk_last(self.desk), "1"));
	self.old = desk_order(self.desk, "SELL", "0.5", "100");
	desk_answer(self.desk, CALL_KIND_ORDER);
	assert_int_equal(desk_book(self.desk, self.old).status, ORDER_STATUS_LIVE);
	desk_forget(self.desk);
	return self;
}

static inline struct desk_order *at_exchange(struct fixture *self, ident_t intent)
{
	ident_t id = desk_book(self->desk, intent).client_id;

	for (size_t i = 0; i < self->desk->order_count; i++)
		if (ident_equals(self->desk->orders[i].told.client_id, id))
			return &self->desk->orders[i];
	return NULL;
}

static inline void then(struct fixture *self, enum order_status old, enum order_status new,
                        enum replace_status replace)
{
	assert_int_equal(desk_book(self->desk, self->old).status, old);
	assert_int_equal(desk_book(self->desk, self->new).status, new);
	assert_int_equal(desk_book(self->desk, self->old).replace, replace);
}

static inline void then_qty(struct fixture *self, ident_t intent, const char *qty)
{
	char text[DECIMAL_TEXT_SIZE];

	assert_string_equal(decimal_print(desk_book(self->desk, intent).qty, text), qty);
}

#endif
