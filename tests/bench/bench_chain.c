/* SPDX-License-Identifier: Apache-2.0 */
/* Baseline: the order path with the work taken out. Four processes on one CPU pass a message on
   over bare libzmq, PUB→SUB then DEALER→ROUTER twice, in the sizes of our own frames.
   bench_chain
   RATE COUNT EVERY   every EVERY-th tick becomes an order; its latency is taken at the end */
#include "tests/bench/measure.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { TICK_SIZE = 120, ORDER_SIZE = 260, HIGH_WATER = 100000 };

struct tick {
	uint64_t number, sent;
};

static char endpoint[3][128];

static void *open_socket(void *context, int type, const char *address, int binds)
{
	int hwm = HIGH_WATER, linger = 0, interval = 1;
	void *socket = zmq_socket(context, type);
	zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
	zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
	zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &interval, sizeof interval);
	if (type == ZMQ_SUB)
		zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
	if ((binds ? zmq_bind : zmq_connect)(socket, address) != 0)
		exit(EXIT_FAILURE);
	return socket;
}

static void receive(void *socket, int is_router, void *bytes, size_t size)
{
	if (is_router)
		zmq_recv(socket, bytes, size, 0);
	if (zmq_recv(socket, bytes, size, 0) < 0)
		exit(EXIT_FAILURE);
}

static void run_feed(uint64_t rate, uint64_t count)
{
	char bytes[TICK_SIZE] = {0}, subscription[8];
	void *context = zmq_ctx_new();
	void *out = open_socket(context, ZMQ_XPUB, endpoint[0], 1);
	prctl(PR_SET_TIMERSLACK, 1);
	zmq_recv(out, subscription, sizeof subscription, 0);
	usleep(200000);
	uint64_t start = measure_now();
	for (uint64_t i = 0; i < count; i++) {
		measure_sleep_until(start + i * 1000000000u / rate);
		struct tick tick = {i, measure_now()};
		memcpy(bytes, &tick, sizeof tick);
		zmq_send(out, bytes, sizeof bytes, 0);
	}
	pause();
}

static void run_middle(int stage, uint64_t every)
{
	char bytes[ORDER_SIZE] = {0};
	struct tick tick;
	void *context = zmq_ctx_new();
	void *in = open_socket(context, stage == 1 ? ZMQ_SUB : ZMQ_ROUTER, endpoint[stage - 1],
	                       stage != 1);
	void *out = open_socket(context, ZMQ_DEALER, endpoint[stage], 0);
	for (;;) {
		receive(in, stage != 1, bytes, sizeof bytes);
		memcpy(&tick, bytes, sizeof tick);
		if (stage > 1 || tick.number % every == 0)
			zmq_send(out, bytes, sizeof bytes, 0);
	}
}

static void run_executor(uint64_t orders)
{
	char bytes[ORDER_SIZE];
	struct tick tick;
	uint64_t *latencies = calloc(orders, sizeof *latencies);
	void *context = zmq_ctx_new();
	void *in = open_socket(context, ZMQ_ROUTER, endpoint[2], 1);
	for (uint64_t i = 0; i < orders; i++) {
		receive(in, 1, bytes, sizeof bytes);
		uint64_t now = measure_now();
		memcpy(&tick, bytes, sizeof tick);
		latencies[i] = now - tick.sent;
	}
	measure_print_latency("chain", latencies, orders);
	free(latencies);
}

int main(int argc, char **argv)
{
	pid_t children[3];
	if (argc != 4)
		return EXIT_FAILURE;
	uint64_t rate = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
	uint64_t every = strtoull(argv[3], NULL, 10);
	char folder[] = "/tmp/breakwater-chain-XXXXXX";
	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	for (int i = 0; i < 3; i++)
		snprintf(endpoint[i], sizeof endpoint[i], "ipc://%s/%d", folder, i);
	measure_pin(0);
	for (int stage = 0; stage < 3; stage++) {
		if ((children[stage] = fork()) != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (stage == 0)
			run_feed(rate, count);
		else
			run_middle(stage, every);
	}
	run_executor((count + every - 1) / every);
	for (int i = 0; i < 3; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
		unlink(endpoint[i] + strlen("ipc://"));
	}
	rmdir(folder);
	return EXIT_SUCCESS;
}
