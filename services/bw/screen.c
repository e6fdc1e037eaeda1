/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/screen.h"

#include "services/bw/lists.h"
#include "services/bw/wording.h"

#include <curses.h>
#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADVICE_MAX = 3, WIDE = 150, TALL = 30, ALERTS_MIN = 3 };

/* Where the next line goes. */
struct pen {
	int row, left, bottom, width;
};

bool screen_open(void)
{
	const char *terminal = getenv("TERM");
	if (terminal == NULL || strcmp(terminal, "dumb") == 0)
		return false;
	setlocale(LC_CTYPE, "");
	if (newterm(terminal, stdout, stdin) == NULL)
		return false;
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	const char *none = getenv("NO_COLOR");
	if (has_colors() && (none == NULL || none[0] == '\0')) {
		start_color();
		use_default_colors();
		init_pair(TINT_GOOD, COLOR_GREEN, -1);
		init_pair(TINT_WARN, COLOR_YELLOW, -1);
		init_pair(TINT_BAD, COLOR_RED, -1);
	}
	return true;
}

void screen_close(void)
{
	endwin();
}

static int attributes_of(enum tint tint)
{
	switch (tint) {
	case TINT_GOOD:
	case TINT_WARN:
	case TINT_BAD: return (int)COLOR_PAIR(tint) | (tint == TINT_BAD ? (int)A_BOLD : 0);
	case TINT_DIM: return (int)A_DIM;
	case TINT_BOLD: return (int)A_BOLD;
	case TINT_NONE: break;
	}
	return (int)A_NORMAL;
}

/* At a column of the pen's line, never beyond its width or over its end. */
static void put(const struct pen *pen, int column, enum tint tint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void put(const struct pen *pen, int column, enum tint tint, const char *format, ...)
{
	char text[GRID_CELL_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	if (pen->row >= pen->bottom || column >= pen->width)
		return;
	attron(attributes_of(tint));
	mvaddnstr(pen->row, pen->left + column, text, pen->width - column);
	attroff(attributes_of(tint));
}

/* Right-aligned so that it ends at `end`. */
static void put_number(const struct pen *pen, int end, enum tint tint, const char *text)
{
	int column = end - (int)text_width(text);
	put(pen, column < 0 ? 0 : column, tint, "%s", text);
}

static void put_title(struct pen *pen, const char *text)
{
	pen->row++;
	put(pen, 0, TINT_BOLD, "%s", text);
	pen->row++;
}

static void draw_head(const struct picture *picture, const struct screen_facts *facts, nanos_t now,
                      int width)
{
	struct pen pen = {.bottom = 3, .width = width};
	const struct trading_state *trading = picture_trading(picture);
	struct picture_sums sums;
	char a[WORDING_MAX], b[WORDING_MAX];
	picture_sum(picture, now, &sums);
	attron(A_REVERSE);
	mvhline(0, 0, ' ', width);
	mvprintw(0, 1, "Breakwater %s   up %s   %s UTC   %s", facts->profile,
	         word_span(now - facts->started, a), word_clock(now, b), facts->state);
	attroff(A_REVERSE);
	pen.row = 1;
	put(&pen, 1, trading == NULL ? TINT_WARN : tint_of_trading(trading->status), "%s",
	    trading == NULL ? "starting" : enum_print(&enum_trading_status, (int)trading->status));
	put(&pen, 11, TINT_NONE, "%s", trading == NULL ? "" : trading->reason.text);
	if (sums.quote.size == 0)
		return;
	pen.row = 2;
	put(&pen, 1, TINT_NONE, "equity %s %s", word_money(sums.equity, 2, a), sums.quote.text);
	put(&pen, 30, tint_of_amount(sums.realised), "profit %s", word_money(sums.realised, 2, a));
	put(&pen, 47, tint_of_amount(sums.unrealised), "open %s",
	    word_money(sums.unrealised, 2, a));
	put(&pen, 62, TINT_NONE, "fees %s", word_money(sums.fees, 2, a));
}

static void draw_services(struct pen *pen, const struct picture *picture, nanos_t now)
{
	char text[WORDING_MAX];
	put_title(pen, "Service      state          pid  restarts   memory");
	for (size_t i = 0; i < picture->service_count; i++, pen->row++) {
		const struct picture_service *service = &picture->services[i];
		enum service_status status = picture_status(picture, service, now);
		put(pen, 0, TINT_NONE, "%.12s", service->name.text);
		put(pen, 13, tint_of_status(status), "%s",
		    word_lower(&enum_service_status, (int)status, text));
		snprintf(text, sizeof text, "%" PRIu64, picture_pid(service));
		put_number(pen, 31, TINT_DIM, picture_pid(service) != 0 ? text : "-");
		snprintf(text, sizeof text, "%" PRIu64, picture_restarts(service));
		put_number(pen, 41, picture_restarts(service) > 0 ? TINT_WARN : TINT_NONE, text);
		put_number(pen, 50, TINT_NONE,
		           service->heard != 0 ? word_bytes(service->heartbeat.rss_bytes, text)
		                               : "-");
	}
}

/* For a low terminal: who is well is only counted. */
static void draw_services_short(struct pen *pen, const struct picture *picture, nanos_t now)
{
	size_t healthy = 0;
	char text[WORDING_MAX];
	for (size_t i = 0; i < picture->service_count; i++)
		healthy += picture_status(picture, &picture->services[i], now) ==
		           SERVICE_STATUS_HEALTHY;
	put(pen, 0, TINT_BOLD, "Services: %zu of %zu healthy", healthy, picture->service_count);
	pen->row++;
	for (size_t i = 0; i < picture->service_count; i++) {
		enum service_status status = picture_status(picture, &picture->services[i], now);
		if (status == SERVICE_STATUS_HEALTHY)
			continue;
		put(pen, 0, TINT_NONE, "%.12s", picture->services[i].name.text);
		put(pen, 13, tint_of_status(status), "%s",
		    word_lower(&enum_service_status, (int)status, text));
		pen->row++;
	}
}

static void draw_markets(struct pen *pen, const struct picture *picture, nanos_t now)
{
	char text[WORDING_MAX], number[DECIMAL_TEXT_SIZE];
	put_title(pen, "Market      state            bid           ask   tick age  messages  gaps");
	for (size_t i = 0; i < picture->market_count; i++, pen->row++) {
		const struct picture_market *market = &picture->markets[i];
		nanos_t age = now - market->ticked;
		put(pen, 0, TINT_NONE, "%.11s", market->symbol.text);
		put(pen, 12, tint_of_market(market->state.status), "%s",
		    word_lower(&enum_market_status, (int)market->state.status, text));
		if (market->ticked != 0) {
			put_number(pen, 32, TINT_NONE, decimal_print(market->tick.bid, number));
			put_number(pen, 46, TINT_NONE, decimal_print(market->tick.ask, number));
			put_number(pen, 57, age > NANOS_S ? TINT_WARN : TINT_NONE,
			           word_span(age, text));
		}
		snprintf(text, sizeof text, "%" PRIu64, market->state.messages);
		put_number(pen, 67, TINT_NONE, text);
		snprintf(text, sizeof text, "%" PRIu64, market->state.gaps);
		put_number(pen, 73, market->state.gaps > 0 ? TINT_WARN : TINT_NONE, text);
	}
}

static void draw_positions(struct pen *pen, const struct picture *picture)
{
	char text[WORDING_MAX], number[DECIMAL_TEXT_SIZE];
	put_title(pen,
	          "Position    bot                   qty          entry        open      profit");
	for (size_t i = 0; i < picture->position_count; i++, pen->row++) {
		const struct position *position = &picture->positions[i];
		decimal_t unrealised = DECIMAL_ZERO;
		bool has_price = picture_unrealised(picture, position, &unrealised);
		put(pen, 0, TINT_NONE, "%.11s", position->symbol.text);
		put(pen, 12, TINT_NONE, "%.12s", position->bot.text);
		put_number(pen, 37, TINT_NONE, decimal_print(position->qty, number));
		put_number(pen, 52, TINT_NONE, word_money(position->entry_price, 4, text));
		put_number(pen, 64, tint_of_amount(unrealised),
		           has_price ? word_money(unrealised, 2, text) : "-");
		put_number(pen, 76, tint_of_amount(position->realised),
		           word_money(position->realised, 2, text));
	}
}

static void draw_order(const struct pen *pen, const struct order *order)
{
	char text[WORDING_MAX], number[DECIMAL_TEXT_SIZE];
	put(pen, 0, TINT_DIM, "%s", word_clock(order->created, text));
	put(pen, 10, TINT_NONE, "%.10s", order->symbol.text);
	put(pen, 21, order->side == SIDE_BUY ? TINT_GOOD : TINT_WARN, "%s",
	    word_lower(&enum_side, (int)order->side, text));
	put_number(pen, 38, TINT_NONE, decimal_print(order->qty, number));
	put_number(pen, 51, TINT_NONE, decimal_print(order->price, number));
	put(pen, 53, tint_of_order(order->status), "%s%s",
	    word_lower(&enum_order_status, (int)order->status, text),
	    order->cancel == CANCEL_STATUS_SENT ? ", cancelling" : "");
	put(pen, 74, TINT_DIM, "%.12s", order->bot.text);
}

static void draw_orders(struct pen *pen, const struct picture *picture, int lines)
{
	static size_t indices[PICTURE_ORDERS_MAX];
	const struct order_counts *counts = &picture->counts;
	char title[GRID_CELL_MAX];
	size_t count = orders_sorted(picture, false, indices);
	snprintf(title, sizeof title,
	         "Orders: %zu open; %" PRIu64 " sent, %" PRIu64 " filled, %" PRIu64
	         " cancelled, %" PRIu64 " rejected, %" PRIu64 " unknown; %" PRIu64 " fills",
	         count, counts->sent, counts->filled, counts->cancelled, counts->rejected,
	         counts->unknown, counts->fills);
	put_title(pen, title);
	for (size_t i = 0; i < count && (int)i < lines; i++, pen->row++)
		draw_order(pen, &picture->orders[indices[i]]);
}

static void draw_alerts(struct pen *pen, const struct picture *picture)
{
	char text[WORDING_MAX];
	put_title(pen, "Alerts");
	int lines = pen->bottom - pen->row;
	size_t shown = lines < 0 ? 0 : (size_t)lines;
	size_t first = picture->alert_count > shown ? picture->alert_count - shown : 0;
	for (size_t i = first; i < picture->alert_count; i++, pen->row++) {
		const struct alert *alert = &picture->alerts[i];
		put(pen, 0, TINT_DIM, "%s", word_clock(alert->at, text));
		put(pen, 10, tint_of_severity(alert->severity), "%.8s",
		    word_lower(&enum_severity, (int)alert->severity, text));
		put(pen, 19, TINT_NONE, "%s: %s", alert->origin.text, alert->text.text);
	}
}

static int draw_foot(const struct picture *picture, const struct screen_facts *facts, nanos_t now,
                     int rows, int width)
{
	text_t lines[ADVICE_MAX];
	size_t count = advice(picture, now, lines, ADVICE_MAX);
	struct pen pen = {
		.row = rows - 2 - (int)count, .left = 1, .bottom = rows, .width = width - 1};
	int top = pen.row;
	for (size_t i = 0; i < count; i++, pen.row++)
		put(&pen, 0, TINT_WARN, "%s %s", i == 0 ? "Look at:" : "        ", lines[i].text);
	put(&pen, 0, TINT_BOLD, "%s", facts->message);
	pen.row++;
	put(&pen, 0, TINT_DIM,
	    "q or Ctrl-C: stop in order (twice: at once)   elsewhere: bw status, bw logs -f, bw "
	    "orders, bw halt");
	return top;
}

/* Services and orders to the left, markets and positions to the right of a wide terminal; else
 * below. */
static int draw_middle(const struct picture *picture, nanos_t now, int bottom, int width)
{
	bool is_tall = bottom >= TALL;
	bool is_wide = width >= WIDE;
	struct pen left = {
		.row = 3, .left = 1, .bottom = bottom, .width = is_wide ? 64 : width - 1};
	struct pen right = {.row = 3, .left = 66, .bottom = bottom, .width = width - 66};
	struct pen *second = is_wide ? &right : &left;
	if (is_tall)
		draw_services(&left, picture, now);
	else
		draw_services_short(&left, picture, now);
	if (picture->market_count > 0)
		draw_markets(second, picture, now);
	if (picture->position_count > 0)
		draw_positions(second, picture);
	return left.row > second->row ? left.row : second->row;
}

void screen_draw(const struct picture *picture, const struct screen_facts *facts, nanos_t now)
{
	int rows, width;
	getmaxyx(stdscr, rows, width);
	erase();
	draw_head(picture, facts, now, width);
	int bottom = draw_foot(picture, facts, now, rows, width);
	struct pen pen = {.left = 1, .bottom = bottom, .width = width - 1};
	pen.row = draw_middle(picture, now, bottom, width);
	draw_orders(&pen, picture, bottom - pen.row - 4 - ALERTS_MIN);
	draw_alerts(&pen, picture);
	refresh();
}

int screen_key(void)
{
	int key;
	while ((key = getch()) == KEY_RESIZE)
		;
	return key == ERR ? 0 : key;
}
