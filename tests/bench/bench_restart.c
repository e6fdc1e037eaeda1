/* SPDX-License-Identifier: Apache-2.0 */
/* SIGKILL to next good reply.
     bench_restart raw ROUNDS           a bare ROUTER process, started again at once by this parent
     bench_restart ours ROUNDS STATE    risk in a running stack on STATE, started again by its
   supervisor; a question with its answer is the good reply And what a bare process with three
   ZeroMQ sockets weighs (raw only). */
#include "tests/bench/measure.h"

#include "common/io/bus.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { ROUNDS_MAX = 1000 };

static uint64_t taken[ROUNDS_MAX];
static char address[128];

static void bare_router(void)
{
	char identity[64], body[64];
	void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
	while (zmq_bind(router, address) != 0)
		usleep(100);
	for (;;) {
		int size = zmq_recv(router, identity, sizeof identity, 0);
		int body_size = zmq_recv(router, body, sizeof body, 0);
		zmq_send(router, identity, (size_t)size, ZMQ_SNDMORE);
		zmq_send(router, body, (size_t)body_size, 0);
	}
}

static void print_pss(void)
{
	char line[128];
	unsigned long kib = 0;
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "Pss: %lu", &kib) == 1)
			break;
	if (file != NULL)
		fclose(file);
	measure_print("pss.raw", (double)kib);
}

static int bare_memory(void)
{
	void *context = zmq_ctx_new(), *sub = zmq_socket(context, ZMQ_SUB),
	     *dealer = zmq_socket(context, ZMQ_DEALER);
	void *router = zmq_socket(context, ZMQ_ROUTER);
	zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "", 0);
	zmq_connect(sub, "ipc://@breakwater-none-1");
	zmq_connect(dealer, "ipc://@breakwater-none-2");
	zmq_bind(router, "ipc://@breakwater-none-3");
	usleep(200000);
	print_pss();
	return EXIT_SUCCESS;
}

static pid_t start(const char *role)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/proc/self/exe", "bench_restart", role, address, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void run_raw(unsigned rounds)
{
	char folder[] = "/tmp/breakwater-restart-XXXXXX", body[64];
	int interval = 1, linger = 0;
	waitpid(start("memory"), NULL, 0);
	if (mkdtemp(folder) == NULL)
		exit(EXIT_FAILURE);
	snprintf(address, sizeof address, "ipc://%s/router", folder);
	void *dealer = zmq_socket(zmq_ctx_new(), ZMQ_DEALER);
	zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &interval, sizeof interval);
	zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
	zmq_connect(dealer, address);
	pid_t pid = start("router");
	for (unsigned i = 0; i <= rounds; i++) {
		uint64_t from = measure_now();
		if (i > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			pid = start("router");
		}
		zmq_send(dealer, "ping", 4, 0);
		zmq_recv(dealer, body, sizeof body, 0);
		if (i > 0)
			taken[i - 1] = measure_now() - from;
		usleep(2000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(address + strlen("ipc://"));
	rmdir(folder);
	measure_print_latency("restart.raw", taken, rounds);
}

/* ours */

struct asker {
	struct bus *bus;
	uint64_t number;
	uint64_t pid, epoch; /* of risk, from its heartbeat */
};

static void take(struct asker *self, const struct bus_frame *frame)
{
	struct envelope envelope;
	struct heartbeat heartbeat;
	if (codec_unpack(frame->data, frame->size, &envelope, &heartbeat, sizeof heartbeat, NULL) !=
	            OK ||
	    envelope.type != MESSAGE_HEARTBEAT)
		return;
	self->pid = heartbeat.pid;
	self->epoch = envelope.epoch;
}

/* True when an answer came from a run other than `old_epoch`. */
static bool drain(struct asker *self, uint64_t old_epoch)
{
	struct bus_frame frame;
	struct envelope envelope;
	enum bus_source source;
	bool good = false;
	for (size_t i = 0; i < bus_fd_count(self->bus); i++)
		bus_signalled(self->bus, i);
	while ((source = bus_receive(self->bus, &frame)) != BUS_SOURCE_NONE) {
		if (source == BUS_SOURCE_PUBLISHED)
			take(self, &frame);
		else if (codec_peek(frame.data, frame.size, &envelope) == OK)
			good |= envelope.epoch != old_epoch;
	}
	return good;
}

/* A question that changes nothing: what is published is said again. */
static void ask(struct asker *self)
{
	static uint8_t frame[FRAME_MAX];
	size_t size;
	struct resync_request request = {.nonce = ++self->number};
	struct envelope envelope = {
		.version = 1,
		.type = MESSAGE_RESYNC_REQUEST,
		.sender = name_from("bw.bench"),
		.epoch = (uint64_t)getpid(),
		.sequence = self->number,
		.sent = 1,
		.correlation = self->number,
	};
	if (codec_pack(&envelope, &request, frame, sizeof frame, &size, NULL) == OK &&
	    bus_ask(self->bus, "risk", frame, size) != OK)
		return; /* not connected: the next round asks again */
}

static void wait_for_answer(struct asker *self, uint64_t old_epoch)
{
	uint64_t give_up = measure_now() + 30000000000ull, again = 0;
	while (!drain(self, old_epoch)) {
		struct pollfd fds[BUS_PEERS_MAX];
		if (measure_now() >= again) {
			ask(self);
			again = measure_now() + 1000000;
		}
		for (size_t i = 0; i < bus_fd_count(self->bus); i++)
			fds[i] = (struct pollfd){.fd = bus_fd(self->bus, i), .events = POLLIN};
		poll(fds, bus_fd_count(self->bus), 1);
		if (measure_now() > give_up) {
			fprintf(stderr, "bench_restart: risk did not come back within 30 s\n");
			exit(EXIT_FAILURE);
		}
	}
}

static void wait_for_heartbeat(struct asker *self, uint64_t old_epoch)
{
	uint64_t give_up = measure_now() + 30000000000ull;
	while (self->epoch == old_epoch && measure_now() < give_up) {
		drain(self, old_epoch);
		usleep(1000);
	}
	if (self->epoch != old_epoch && self->pid > 0)
		return;
	fprintf(stderr, "bench_restart: risk is not heard\n");
	exit(EXIT_FAILURE); /* never a signal to process 0, which is our whole group */
}

static void run_ours(unsigned rounds, const char *state)
{
	static struct stack_config stack;
	struct addresses addresses = {.stack = &stack};
	struct asker asker = {0};
	text_t why = text_from("");
	config_defaults(&stack_config_type, &stack);
	snprintf(addresses.run, sizeof addresses.run, "%s/run", state);
	if (bus_open(&asker.bus, &addresses, "bw.bench", false, &why) != OK ||
	    bus_listen(asker.bus, "risk", MESSAGE_HEARTBEAT, &why) != OK ||
	    bus_reach(asker.bus, "risk", &why) != OK)
		exit(EXIT_FAILURE);
	wait_for_heartbeat(&asker, 0);
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t old_epoch = asker.epoch, from = measure_now();
		kill((pid_t)asker.pid, SIGKILL);
		wait_for_answer(&asker, old_epoch);
		taken[i] = measure_now() - from;
		wait_for_heartbeat(&asker, old_epoch);
	}
	bus_close(&asker.bus);
	measure_print_latency("restart.ours", taken, rounds);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return EXIT_FAILURE;
	snprintf(address, sizeof address, "%s", argv[2]);
	if (strcmp(argv[1], "router") == 0)
		bare_router();
	if (strcmp(argv[1], "memory") == 0)
		return bare_memory();
	unsigned rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (rounds < 1 || rounds > ROUNDS_MAX)
		return EXIT_FAILURE;
	if (strcmp(argv[1], "raw") == 0)
		run_raw(rounds);
	else if (argc == 4)
		run_ours(rounds, argv[3]);
	return EXIT_SUCCESS;
}
