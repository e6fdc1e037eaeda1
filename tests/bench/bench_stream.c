/* SPDX-License-Identifier: Apache-2.0 */
/* Feed to strategy, flat out: ticks through our bus, codec and stream check, or (raw) the same
   bytes through bare PUB/SUB. The receiver counts from the first to the last; nothing may be lost.
     bench_stream ours|raw COUNT */
#include "tests/bench/measure.h"

#include "common/io/bus.h"
#include "common/io/streams.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

static char folder[] = "/tmp/breakwater-stream-XXXXXX";

static struct tick tick_number(uint64_t number)
{
	return (struct tick){
		.symbol = name_from("BTCUSDT"),
		.bid = decimal_make(6183763 + (int64_t)(number % 1000), -2),
		.bid_qty = decimal_make(378826, -5),
		.ask = decimal_make(6183764 + (int64_t)(number % 1000), -2),
		.ask_qty = decimal_make(154698, -5),
		.book_id = 50093239212u + number,
		.at = 1723161254087891268 + (nanos_t)number,
		.stamp = 81234567890123 + (nanos_t)number,
	};
}

static size_t pack(uint64_t number, uint8_t *frame)
{
	size_t size;
	struct tick tick = tick_number(number);
	struct envelope envelope = {
		.version = 1,
		.type = MESSAGE_TICK,
		.sender = name_from("feed"),
		.epoch = 1,
		.sequence = number + 1,
		.sent = 1723161254087891268,
	};
	if (codec_pack(&envelope, &tick, frame, FRAME_MAX, &size, NULL) != OK)
		exit(EXIT_FAILURE);
	return size;
}

static void *raw_socket(int type)
{
	int hwm = 100000, linger = 0, nodrop = 1;
	char address[128];
	void *socket = zmq_socket(zmq_ctx_new(), type);
	zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
	zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
	snprintf(address, sizeof address, "ipc://%s/raw", folder);
	if (type == ZMQ_SUB) {
		zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
		zmq_connect(socket, address);
	} else {
		zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &nodrop, sizeof nodrop);
		zmq_bind(socket, address);
	}
	return socket;
}

/* Both senders wait for room instead of dropping: the figure is what the receiver can take. */
static void send_all(bool is_raw, uint64_t count)
{
	static uint8_t frame[FRAME_MAX];
	char subscription[8];
	void *socket = raw_socket(ZMQ_XPUB);
	zmq_recv(socket, subscription, sizeof subscription, 0);
	size_t size = pack(0, frame);
	for (uint64_t i = 0; i < count; i++) {
		if (!is_raw)
			size = pack(i, frame);
		while (zmq_send(socket, frame, size, 0) < 0)
			;
	}
	pause();
}

static void receive_raw(uint64_t count)
{
	static uint8_t frame[FRAME_MAX];
	void *socket = raw_socket(ZMQ_SUB);
	uint64_t start = 0;
	for (uint64_t i = 0; i < count; i++) {
		zmq_recv(socket, frame, sizeof frame, 0);
		if (i == 0)
			start = measure_now();
	}
	measure_print("stream.raw", (double)(count - 1) * 1e9 / (double)(measure_now() - start));
}

/* What the strategy host does with each tick before its bots see it. */
static void receive_ours(uint64_t count)
{
	static uint8_t frame[FRAME_MAX];
	static struct streams streams;
	void *socket = raw_socket(ZMQ_SUB);
	uint64_t start = 0;
	streams_init(&streams, NANOS_S);
	streams_add(&streams, "feed");
	for (uint64_t i = 0; i < count; i++) {
		struct envelope envelope;
		struct tick tick;
		int size = zmq_recv(socket, frame, sizeof frame, 0);
		if (i == 0)
			start = measure_now();
		if (codec_unpack(frame, (size_t)size, &envelope, &tick, sizeof tick, NULL) != OK ||
		    streams_arrived(&streams, &envelope, (nanos_t)start) != STREAM_DELIVER ||
		    streams.gaps != 0)
			exit(EXIT_FAILURE);
	}
	measure_print("stream.ours", (double)(count - 1) * 1e9 / (double)(measure_now() - start));
}

int main(int argc, char **argv)
{
	if (argc != 3 || mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	bool is_raw = strcmp(argv[1], "raw") == 0;
	uint64_t count = strtoull(argv[2], NULL, 10);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		send_all(is_raw, count);
	}
	if (is_raw)
		receive_raw(count);
	else
		receive_ours(count);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	char path[128];
	snprintf(path, sizeof path, "%s/raw", folder);
	unlink(path);
	rmdir(folder);
	return EXIT_SUCCESS;
}
