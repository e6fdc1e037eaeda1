/* SPDX-License-Identifier: Apache-2.0 */
/* Tick to order over the real services: this program stands in for the feed, publishes RATE ticks a
   second to the real strategy (a metronome bot), risk and executor (orders go to the built-in
   exchange), and prints what the executor measured from the tick's stamp until it handed the order
   to its journal. Then the memory of each process. bench_stack PROGRAMS PROFILE STATE RATE COUNT */
#include "tests/bench/measure.h"

#include "common/io/bus.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 4, PATIENCE_S = 20 };

static const char *const names[CHILDREN] = {"exchange", "executor", "risk", "strategy"};

struct feed {
	struct bus *bus;
	uint64_t sequences[MESSAGE_TYPES_MAX];
	uint8_t frame[FRAME_MAX];
	uint64_t ticks, resyncs, orders;
	struct latency latency[3];
	uint64_t beat_at;
};

static pid_t children[CHILDREN];

static nanos_t utc_now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * NANOS_S + time.tv_nsec;
}

static size_t pack(struct feed *self, enum message_type type, const void *body,
                   uint64_t correlation)
{
	size_t size;
	struct envelope envelope = {
		.version = message_info(type)->version,
		.type = type,
		.sender = name_from("feed"),
		.epoch = 1,
		.sequence = ++self->sequences[type],
		.sent = utc_now(),
		.correlation = correlation,
	};
	if (codec_pack(&envelope, body, self->frame, sizeof self->frame, &size, NULL) != OK)
		exit(EXIT_FAILURE);
	return size;
}

static void publish(struct feed *self, enum message_type type, const void *body)
{
	size_t size = pack(self, type, body, 0);
	bus_publish(self->bus, self->frame, size);
}

static struct tick next_tick(struct feed *self)
{
	uint64_t number = ++self->ticks;
	return (struct tick){
		.symbol = name_from("BTCUSDT"),
		.bid = decimal_make(6183763 + (int64_t)(number % 7), -2),
		.bid_qty = decimal_make(378826, -5),
		.ask = decimal_make(6183764 + (int64_t)(number % 7), -2),
		.ask_qty = decimal_make(154698, -5),
		.book_id = number,
		.at = utc_now(),
		.stamp = (nanos_t)measure_now(),
	};
}

static void publish_state(struct feed *self)
{
	struct market_state market = {
		.symbol = name_from("BTCUSDT"), .status = MARKET_STATUS_LIVE, .last = utc_now()};
	struct instrument instrument = {
		.symbol = market.symbol,
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.trading = true,
		.base_places = 8,
		.quote_places = 8,
		.tick = decimal_of("0.01"),
		.lot = decimal_of("0.00001"),
		.qty_min = decimal_of("0.00001"),
		.qty_max = decimal_of("9000"),
		.notional_min = decimal_of("5"),
		.orders_max = 200,
	};
	publish(self, MESSAGE_INSTRUMENT, &instrument);
	publish(self, MESSAGE_MARKET_STATE, &market);
}

/* As the feed does: a price now and then for risk. */
static void publish_tick(struct feed *self)
{
	struct tick tick = next_tick(self);
	publish(self, MESSAGE_TICK, &tick);
	if (self->ticks % 50 != 25) /* away from the ticks that become orders */
		return;
	struct mark mark = {.symbol = tick.symbol, .bid = tick.bid, .ask = tick.ask, .at = tick.at};
	publish(self, MESSAGE_MARK, &mark);
}

static void beat(struct feed *self)
{
	struct heartbeat heartbeat = {
		.status = SERVICE_STATUS_HEALTHY,
		.pid = (uint64_t)getpid(),
		.progress = self->ticks,
		.started = 1,
	};
	publish(self, MESSAGE_HEARTBEAT, &heartbeat);
	self->beat_at = measure_now() + 200000000u;
}

static void answer_resync(struct feed *self, const struct bus_frame *frame)
{
	struct envelope envelope;
	struct resync_request request;
	if (codec_unpack(frame->data, frame->size, &envelope, &request, sizeof request, NULL) != OK)
		return;
	struct resync_receipt receipt = {.nonce = request.nonce};
	struct resync_done done = {.requester = envelope.sender, .nonce = request.nonce};
	size_t size = pack(self, MESSAGE_RESYNC_RECEIPT, &receipt, envelope.correlation);
	if (bus_answer(self->bus, frame->identity, frame->identity_size, self->frame, size) != OK)
		return;
	publish_state(self);
	publish(self, MESSAGE_RESYNC_DONE, &done);
	self->resyncs++;
}

static void take_published(struct feed *self, const struct bus_frame *frame)
{
	static const char *const stages[] = {"tick_to_intent", "tick_to_approval", "tick_to_order"};
	struct envelope envelope;
	struct latency latency;
	if (codec_peek(frame->data, frame->size, &envelope) != OK ||
	    envelope.type != MESSAGE_LATENCY ||
	    codec_unpack(frame->data, frame->size, &envelope, &latency, sizeof latency, NULL) != OK)
		return;
	for (int i = 0; i < 3; i++)
		if (name_is(&latency.stage, stages[i]))
			self->latency[i] = latency;
}

static void drain(struct feed *self)
{
	struct bus_frame frame;
	enum bus_source source;
	for (size_t i = 0; i < bus_fd_count(self->bus); i++)
		bus_signalled(self->bus, i);
	while ((source = bus_receive(self->bus, &frame)) != BUS_SOURCE_NONE) {
		if (source == BUS_SOURCE_ASKED)
			answer_resync(self, &frame);
		else if (source == BUS_SOURCE_PUBLISHED)
			take_published(self, &frame);
	}
	if (measure_now() >= self->beat_at)
		beat(self);
}

static void start_children(char **argv)
{
	for (int i = 0; i < CHILDREN; i++) {
		char path[600];
		if ((children[i] = fork()) != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snprintf(path, sizeof path, "%s/%s", argv[1], names[i]);
		execl(path, names[i], "--profile", argv[2], "--state", argv[3], (char *)NULL);
		_exit(127);
	}
}

static void print_memory(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		char path[64], line[128], name[32];
		unsigned long kib = 0;
		snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)children[i]);
		FILE *file = fopen(path, "r");
		while (file != NULL && fgets(line, sizeof line, file) != NULL)
			if (sscanf(line, "Pss: %lu", &kib) == 1)
				break;
		if (file != NULL)
			fclose(file);
		snprintf(name, sizeof name, "pss.%s", names[i]);
		measure_print(name, (double)kib);
	}
}

/* Slow ticks until the first orders went through: everybody knows everybody. */
static void warm_up(struct feed *self)
{
	uint64_t give_up = measure_now() + PATIENCE_S * 1000000000ull;
	while (self->latency[2].samples < 3) {
		publish_tick(self);
		measure_sleep_until(measure_now() + 2000000);
		drain(self);
		if (measure_now() < give_up)
			continue;
		fprintf(stderr, "bench_stack: no order went through within %d s (%llu resyncs)\n",
		        PATIENCE_S, (unsigned long long)self->resyncs);
		exit(EXIT_FAILURE);
	}
}

static void run(struct feed *self, uint64_t rate, uint64_t count)
{
	uint64_t start = measure_now();
	for (uint64_t i = 0; i < count; i++) {
		measure_sleep_until(start + i * 1000000000u / rate);
		publish_tick(self);
		if (i % 50 == 35)
			drain(self);
	}
	for (int i = 0; i < 30; i++) { /* the last figures are published each second */
		measure_sleep_until(measure_now() + 50000000);
		drain(self);
	}
}

static void print_latency(const struct latency *latency)
{
	printf("{\"name\": \"%s\", \"samples\": %llu, \"p50\": %lld, \"p99\": %lld}\n",
	       latency->stage.text, (unsigned long long)latency->samples, (long long)latency->p50,
	       (long long)latency->p99);
}

int main(int argc, char **argv)
{
	static struct feed feed;
	static struct stack_config stack;
	struct addresses addresses = {.stack = &stack};
	text_t why = text_from("");
	if (argc != 6)
		return EXIT_FAILURE;
	config_defaults(&stack_config_type, &stack);
	snprintf(addresses.run, sizeof addresses.run, "%s/run", argv[3]);
	start_children(argv);
	measure_pin(0);
	prctl(PR_SET_TIMERSLACK, 1);
	measure_sleep_until(measure_now() + 500000000); /* the run directory stands */
	if (bus_open(&feed.bus, &addresses, "feed", true, &why) != OK ||
	    bus_listen(feed.bus, "executor", MESSAGE_LATENCY, &why) != OK ||
	    bus_listen(feed.bus, "risk", MESSAGE_LATENCY, &why) != OK ||
	    bus_listen(feed.bus, "strategy", MESSAGE_LATENCY, &why) != OK) {
		fprintf(stderr, "bench_stack: %s\n", why.text);
		return EXIT_FAILURE;
	}
	warm_up(&feed);
	run(&feed, strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
	for (int i = 0; i < 3; i++)
		print_latency(&feed.latency[i]);
	print_memory();
	for (int i = CHILDREN - 1; i >= 0; i--) {
		kill(children[i], SIGTERM);
		waitpid(children[i], NULL, 0);
	}
	bus_close(&feed.bus);
	return EXIT_SUCCESS;
}
