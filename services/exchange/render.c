/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/render.h"

#include "services/exchange/money.h"

json_t *render_decimal(decimal_t value)
{
	char text[DECIMAL_TEXT_SIZE];
	enum err err = decimal_print_fixed(value, MONEY_PLACES, text);
	if (err != OK)
		decimal_print(value, text); /* a turnover of more places */
	return json_string(text);
}

int64_t render_time(nanos_t at)
{
	return at / NANOS_MS;
}

const char *render_side(enum side side)
{
	return enum_print(&enum_side, side);
}

const char *render_type(enum order_type type)
{
	return enum_print(&enum_order_type, type);
}

const char *render_time_in_force(enum time_in_force time_in_force)
{
	return enum_print(&enum_time_in_force, time_in_force);
}

const char *render_status(enum venue_status status)
{
	return enum_print(&enum_venue_status, status);
}

const char *render_contingency(enum contingency contingency)
{
	return contingency == CONTINGENCY_OCO ? "OCO" : "OTO";
}

const char *render_list_type(bool is_open)
{
	return is_open ? "EXEC_STARTED" : "ALL_DONE";
}

const char *render_list_status(bool is_open)
{
	return is_open ? "EXECUTING" : "ALL_DONE";
}

/* Fields that every answer about an order shares, from price to side. */
static void add_terms(json_t *object, const struct account_order *order)
{
	json_object_set_new(object, "price", render_decimal(order->price));
	json_object_set_new(object, "origQty", render_decimal(order->qty));
	json_object_set_new(object, "executedQty", render_decimal(order->executed));
	json_object_set_new(object, "origQuoteOrderQty", render_decimal(order->quote_qty));
	json_object_set_new(object, "cummulativeQuoteQty", render_decimal(order->turnover));
	json_object_set_new(object, "status", json_string(render_status(order->status)));
	json_object_set_new(object, "timeInForce",
	                    json_string(render_time_in_force(order->time_in_force)));
	json_object_set_new(object, "type", json_string(render_type(order->type)));
	json_object_set_new(object, "side", json_string(render_side(order->side)));
}

static void add_working(json_t *object, const struct account_order *order)
{
	json_object_set_new(object, "workingTime",
	                    json_integer(order->working ? render_time(order->worked) : -1));
	json_object_set_new(object, "selfTradePreventionMode", json_string("NONE"));
	if (order->reason.size > 0)
		json_object_set_new(object, "expiryReason", json_string(order->reason.text));
}

/* -1 stands for none. */
static json_int_t list_id(uint64_t id)
{
	return id == 0 ? -1 : (json_int_t)id;
}

json_t *render_order(const struct exchange *self, const struct account_order *order)
{
	json_t *object = json_pack("{s:s, s:I, s:I, s:s}", "symbol",
	                           self->instruments[order->symbol].symbol.text, "orderId",
	                           (json_int_t)order->id, "orderListId", list_id(order->list_id),
	                           "clientOrderId", order->client);
	add_terms(object, order);
	json_object_set_new(object, "stopPrice", render_decimal(order->stop_price));
	json_object_set_new(object, "icebergQty", render_decimal(DECIMAL_ZERO));
	json_object_set_new(object, "time", json_integer(render_time(order->created)));
	json_object_set_new(object, "updateTime", json_integer(render_time(order->updated)));
	json_object_set_new(object, "isWorking", json_boolean(order->working));
	add_working(object, order);
	return object;
}

static json_t *render_fill(const struct exchange *self, const struct account_fill *fill)
{
	const name_t *asset = account_received_asset(&self->instruments[fill->symbol], fill->side);
	return json_pack("{s:o, s:o, s:o, s:s, s:I}", "price", render_decimal(fill->price), "qty",
	                 render_decimal(fill->qty), "commission", render_decimal(fill->fee),
	                 "commissionAsset", asset->text, "tradeId", (json_int_t)fill->trade_id);
}

static json_t *last_fills(const struct exchange *self, uint64_t count)
{
	json_t *array = json_array();
	uint64_t kept = account_fills_kept(&self->account);
	for (uint64_t i = kept - count; i < kept; i++)
		json_array_append_new(array, render_fill(self, account_fill(&self->account, i)));
	return array;
}

json_t *render_placed(const struct exchange *self, const struct account_order *order,
                      enum respond respond, uint64_t fills)
{
	json_t *object = json_pack("{s:s, s:I, s:I, s:s, s:I}", "symbol",
	                           self->instruments[order->symbol].symbol.text, "orderId",
	                           (json_int_t)order->id, "orderListId", list_id(order->list_id),
	                           "clientOrderId", order->client, "transactTime",
	                           (json_int_t)render_time(order->updated));
	if (respond == RESPOND_ACK)
		return object;
	add_terms(object, order);
	if (!money_is_zero(order->stop_price))
		json_object_set_new(object, "stopPrice", render_decimal(order->stop_price));
	add_working(object, order);
	if (respond == RESPOND_FULL)
		json_object_set_new(object, "fills", last_fills(self, fills));
	return object;
}

json_t *render_cancelled(const struct exchange *self, const struct account_order *order,
                         const char *client)
{
	json_t *object = json_pack(
		"{s:s, s:s, s:I, s:I, s:s, s:I}", "symbol",
		self->instruments[order->symbol].symbol.text, "origClientOrderId", order->client,
		"orderId", (json_int_t)order->id, "orderListId", list_id(order->list_id),
		"clientOrderId", client, "transactTime", (json_int_t)render_time(order->updated));
	add_terms(object, order);
	if (!money_is_zero(order->stop_price))
		json_object_set_new(object, "stopPrice", render_decimal(order->stop_price));
	json_object_set_new(object, "selfTradePreventionMode", json_string("NONE"));
	return object;
}

/* It spells two members otherwise than every other answer. */
json_t *render_amended(const struct exchange *self, const struct account_order *order,
                       const char *before)
{
	json_t *object = json_pack("{s:s, s:I, s:I, s:s, s:s}", "symbol",
	                           self->instruments[order->symbol].symbol.text, "orderId",
	                           (json_int_t)order->id, "orderListId", list_id(order->list_id),
	                           "origClientOrderId", before, "clientOrderId", order->client);
	add_terms(object, order);
	json_object_del(object, "origQty");
	json_object_del(object, "origQuoteOrderQty");
	json_object_del(object, "cummulativeQuoteQty");
	json_object_set_new(object, "qty", render_decimal(order->qty));
	json_object_set_new(object, "preventedQty", render_decimal(DECIMAL_ZERO));
	json_object_set_new(object, "quoteOrderQty", render_decimal(order->quote_qty));
	json_object_set_new(object, "cumulativeQuoteQty", render_decimal(order->turnover));
	if (!money_is_zero(order->stop_price))
		json_object_set_new(object, "stopPrice", render_decimal(order->stop_price));
	add_working(object, order);
	return json_pack("{s:I, s:I, s:o}", "transactTime", (json_int_t)render_time(order->updated),
	                 "executionId", (json_int_t)self->account.records, "amendedOrder", object);
}

json_t *render_trade(const struct exchange *self, const struct account_fill *fill)
{
	const struct instrument *instrument = &self->instruments[fill->symbol];
	const struct account_order *order = account_order(&self->account, fill->order_id);
	json_t *object =
		json_pack("{s:s, s:I, s:I, s:I}", "symbol", instrument->symbol.text, "id",
	                  (json_int_t)fill->trade_id, "orderId", (json_int_t)fill->order_id,
	                  "orderListId", list_id(order == NULL ? 0 : order->list_id));
	json_object_set_new(object, "price", render_decimal(fill->price));
	json_object_set_new(object, "qty", render_decimal(fill->qty));
	json_object_set_new(object, "quoteQty",
	                    render_decimal(money_multiply(fill->price, fill->qty)));
	json_object_set_new(object, "commission", render_decimal(fill->fee));
	json_object_set_new(object, "commissionAsset",
	                    json_string(account_received_asset(instrument, fill->side)->text));
	json_object_set_new(object, "time", json_integer(render_time(fill->at)));
	json_object_set_new(object, "isBuyer", json_boolean(fill->side == SIDE_BUY));
	json_object_set_new(object, "isMaker", json_boolean(fill->maker));
	json_object_set_new(object, "isBestMatch", json_true());
	return object;
}

static json_t *render_members(const struct exchange *self, const struct account_list *list)
{
	json_t *array = json_array();
	for (unsigned i = 0; i < list->count; i++) {
		const struct account_order *order = account_order(&self->account, list->orders[i]);
		if (order != NULL)
			json_array_append_new(array,
			                      json_pack("{s:s, s:I, s:s}", "symbol",
			                                self->instruments[list->symbol].symbol.text,
			                                "orderId", (json_int_t)order->id,
			                                "clientOrderId", order->client));
	}
	return array;
}

json_t *render_list(const struct exchange *self, const struct account_list *list, json_t *reports)
{
	bool is_open = account_list_is_open(&self->account, list);
	json_t *object = json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:o}", "orderListId", (json_int_t)list->id,
		"contingencyType", render_contingency(list->contingency), "listStatusType",
		render_list_type(is_open), "listOrderStatus", render_list_status(is_open),
		"listClientOrderId", list->client, "transactionTime",
		(json_int_t)render_time(list->at), "symbol",
		self->instruments[list->symbol].symbol.text, "orders", render_members(self, list));
	if (reports != NULL)
		json_object_set_new(object, "orderReports", reports);
	return object;
}

static json_t *render_balances(const struct account *account, bool omit_zero)
{
	json_t *array = json_array();
	for (unsigned i = 0; i < account->asset_count; i++) {
		const struct account_asset *asset = &account->assets[i];
		if (omit_zero && money_is_zero(asset->free) && money_is_zero(asset->locked))
			continue;
		json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "asset", asset->name.text,
		                                       "free", render_decimal(asset->free),
		                                       "locked", render_decimal(asset->locked)));
	}
	return array;
}

static int basis_points(decimal_t rate)
{
	return (int)(decimal_to_double(rate) * 10000 + 0.5);
}

json_t *render_account(const struct exchange *self, bool omit_zero)
{
	const struct exchange_config *config = self->config;
	json_t *rates =
		json_pack("{s:o, s:o, s:o, s:o}", "maker", render_decimal(config->fee_maker),
	                  "taker", render_decimal(config->fee_taker), "buyer",
	                  render_decimal(DECIMAL_ZERO), "seller", render_decimal(DECIMAL_ZERO));
	json_t *object = json_pack("{s:i, s:i, s:i, s:i, s:o, s:b, s:b, s:b, s:b, s:b, s:b}",
	                           "makerCommission", basis_points(config->fee_maker),
	                           "takerCommission", basis_points(config->fee_taker),
	                           "buyerCommission", 0, "sellerCommission", 0, "commissionRates",
	                           rates, "canTrade", 1, "canWithdraw", 0, "canDeposit", 0,
	                           "brokered", 0, "requireSelfTradePrevention", 0, "preventSor", 0);
	json_object_set_new(object, "updateTime", json_integer(render_time(self->account.updated)));
	json_object_set_new(object, "accountType", json_string("SPOT"));
	json_object_set_new(object, "balances", render_balances(&self->account, omit_zero));
	json_object_set_new(object, "permissions", json_pack("[s]", "SPOT"));
	json_object_set_new(object, "uid", json_integer(1));
	return object;
}

static json_t *grid(const char *filter, const char *low, decimal_t min, const char *high,
                    decimal_t max, const char *step_name, decimal_t step)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "filterType", filter, low, render_decimal(min),
	                 high, render_decimal(max), step_name, render_decimal(step));
}

static json_t *render_filters(const struct instrument *in)
{
	json_t *array = json_array();
	json_array_append_new(array, grid("PRICE_FILTER", "minPrice", in->price_min, "maxPrice",
	                                  in->price_max, "tickSize", in->tick));
	json_array_append_new(array, grid("LOT_SIZE", "minQty", in->qty_min, "maxQty", in->qty_max,
	                                  "stepSize", in->lot));
	json_array_append_new(array, json_pack("{s:s, s:I}", "filterType", "ICEBERG_PARTS", "limit",
	                                       (json_int_t)in->iceberg_parts));
	json_array_append_new(array, grid("MARKET_LOT_SIZE", "minQty", in->market_qty_min, "maxQty",
	                                  in->market_qty_max, "stepSize", in->market_lot));
	json_array_append_new(
		array, json_pack("{s:s, s:I, s:I, s:I, s:I}", "filterType", "TRAILING_DELTA",
	                         "minTrailingAboveDelta", (json_int_t)in->trailing_above_min,
	                         "maxTrailingAboveDelta", (json_int_t)in->trailing_above_max,
	                         "minTrailingBelowDelta", (json_int_t)in->trailing_below_min,
	                         "maxTrailingBelowDelta", (json_int_t)in->trailing_below_max));
	json_array_append_new(array, json_pack("{s:s, s:o, s:o, s:o, s:o, s:I}", "filterType",
	                                       "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp",
	                                       render_decimal(in->bid_up), "bidMultiplierDown",
	                                       render_decimal(in->bid_down), "askMultiplierUp",
	                                       render_decimal(in->ask_up), "askMultiplierDown",
	                                       render_decimal(in->ask_down), "avgPriceMins",
	                                       (json_int_t)in->average_minutes));
	json_array_append_new(array,
	                      json_pack("{s:s, s:o, s:b, s:o, s:b, s:I}", "filterType", "NOTIONAL",
	                                "minNotional", render_decimal(in->notional_min),
	                                "applyMinToMarket", in->notional_min_market, "maxNotional",
	                                render_decimal(in->notional_max), "applyMaxToMarket",
	                                in->notional_max_market, "avgPriceMins",
	                                (json_int_t)in->average_minutes));
	json_array_append_new(array, json_pack("{s:s, s:I}", "filterType", "MAX_NUM_ORDERS",
	                                       "maxNumOrders", (json_int_t)in->orders_max));
	json_array_append_new(array,
	                      json_pack("{s:s, s:I}", "filterType", "MAX_NUM_ALGO_ORDERS",
	                                "maxNumAlgoOrders", (json_int_t)in->algo_orders_max));
	json_array_append_new(array, json_pack("{s:s, s:i}", "filterType", "MAX_NUM_ORDER_LISTS",
	                                       "maxNumOrderLists", EXCHANGE_LISTS_MAX));
	json_array_append_new(array, json_pack("{s:s, s:i}", "filterType", "MAX_NUM_ORDER_AMENDS",
	                                       "maxNumOrderAmends", EXCHANGE_AMENDS_MAX));
	return array;
}

json_t *render_symbol(const struct instrument *in)
{
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:i, s:i}", "symbol", in->symbol.text,
		"status", "TRADING", "baseAsset", in->base.text, "baseAssetPrecision",
		(json_int_t)in->base_places, "quoteAsset", in->quote.text, "quotePrecision",
		(json_int_t)in->quote_places, "quoteAssetPrecision", (json_int_t)in->quote_places,
		"baseCommissionPrecision", MONEY_PLACES, "quoteCommissionPrecision", MONEY_PLACES);
	json_t *types = json_array();
	for (size_t i = 0; i < enum_order_type.count; i++)
		json_array_append_new(types, json_string(enum_order_type.values[i].name));
	json_object_set_new(object, "orderTypes", types);
	static const struct {
		const char *name;
		bool value;
	} flags[] = {
		{"icebergAllowed", false},
		{"ocoAllowed", true},
		{"otoAllowed", true},
		{"opoAllowed", false},
		{"quoteOrderQtyMarketAllowed", true},
		{"allowTrailingStop", false},
		{"cancelReplaceAllowed", true},
		{"amendAllowed", true},
		{"pegInstructionsAllowed", false},
		{"isSpotTradingAllowed", true},
		{"isMarginTradingAllowed", false},
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		json_object_set_new(object, flags[i].name, json_boolean(flags[i].value));
	json_object_set_new(object, "filters", render_filters(in));
	json_object_set_new(object, "permissions", json_array());
	json_object_set_new(object, "permissionSets", json_pack("[[s]]", "SPOT"));
	json_object_set_new(object, "defaultSelfTradePreventionMode", json_string("NONE"));
	json_object_set_new(object, "allowedSelfTradePreventionModes", json_pack("[s]", "NONE"));
	return object;
}

json_t *render_limits(const struct limits *limits, bool counted)
{
	static const struct {
		const char *type, *interval;
		int number;
	} names[LIMIT_KINDS] = {
		[LIMIT_WEIGHT] = {"REQUEST_WEIGHT", "MINUTE", 1},
		[LIMIT_ORDERS_10S] = {"ORDERS", "SECOND", 10},
		[LIMIT_ORDERS_DAY] = {"ORDERS", "DAY", 1},
	};
	json_t *array = json_array();
	for (int kind = 0; kind < LIMIT_KINDS; kind++) {
		json_t *limit = json_pack("{s:s, s:s, s:i, s:I}", "rateLimitType", names[kind].type,
		                          "interval", names[kind].interval, "intervalNum",
		                          names[kind].number, "limit",
		                          (json_int_t)limits->windows[kind].max);
		if (counted)
			json_object_set_new(limit, "count",
			                    json_integer((json_int_t)limits->windows[kind].used));
		json_array_append_new(array, limit);
	}
	return array;
}

json_t *render_levels(const struct level *levels, uint32_t count)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(array, json_pack("[o, o]", render_decimal(levels[i].price),
		                                       render_decimal(levels[i].qty)));
	return array;
}

size_t render_text(struct exchange *self, json_t *root)
{
	size_t size = json_dumpb(root, self->text, sizeof self->text - 1, JSON_COMPACT);
	assert(size < sizeof self->text);
	self->text[size] = '\0';
	json_decref(root);
	return size;
}
