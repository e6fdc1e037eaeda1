/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/binance.h"

#include "common/venue/binance/answer.h"
#include "common/venue/binance/frame.h"
#include "common/venue/binance/linked.h"
#include "common/venue/binance/request.h"
#include "common/venue/binance/sign.h"
#include "common/venue/binance/stream.h"

const struct dialect binance_dialect = {
	.name = "binance",
	.sign = binance_sign,
	.key_header = binance_key_header,
	.read_answer = binance_read_answer,
	.read_frame = binance_read_frame,
	.sign_frame = binance_sign_frame,
};

const struct venue binance_venue = {
	.name = "binance",
	.dialect = &binance_dialect,
	.order = binance_order,
	.cancel = binance_cancel,
	.query = binance_query,
	.replace = binance_replace,
	.amend = binance_amend,
	.list = binance_list,
	.cancel_list = binance_cancel_list,
	.query_list = binance_query_list,
	.open_orders = binance_open_orders,
	.fills = binance_fills,
	.balances = binance_balances,
	.time = binance_time,
	.instruments = binance_instruments,
	.book = binance_book,
	.market_path = binance_market_path,
	.user_path = binance_user_path,
	.user_subscribe = binance_user_subscribe,
};
