/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <czmq.h>

struct worker {
	zactor_t *actor;
	void (*run)(struct worker *worker, void *self);
	void *self;
	int wake_fd, ended_fd;
	atomic_bool stopping, ended;
};

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void worker_actor(zsock_t *pipe, void *args)
{
	struct worker *worker = args;

	block_signals();
	zsock_signal(pipe, 0);
	worker->run(worker, worker->self);
	int ended_fd = worker->ended_fd;
	atomic_store(&worker->ended, true);
	eventfd_write(ended_fd, 1);
	free(zstr_recv(pipe)); /* $TERM: an actor must not end before it was told to */
}

static void free_worker(struct worker *worker)
{
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
	if (worker->ended_fd >= 0)
		close(worker->ended_fd);
	free(worker);
}

enum err worker_open(struct worker **out, void (*run)(struct worker *worker, void *self),
                     void *self)
{
	struct worker *worker = calloc(1, sizeof *worker);

	if (worker == NULL)
		return ERR_IO;
	worker->run = run;
	worker->self = self;
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*out = worker;
	if (worker->wake_fd >= 0 && worker->ended_fd >= 0)
		worker->actor = zactor_new(worker_actor, worker);
	if (worker->actor == NULL) {
		free_worker(worker);
		*out = NULL;
		return ERR_IO;
	}
	return OK;
}

void worker_wake(struct worker *worker)
{
	eventfd_write(worker->wake_fd, 1);
}

static int wait_readable(int fd, int timeout_ms)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};
	int count;

	do
		count = poll(&item, 1, timeout_ms);
	while (count < 0 && errno == EINTR);
	return count;
}

bool worker_sleep(struct worker *worker, int timeout_ms)
{
	eventfd_t wakes;

	if (!atomic_load(&worker->stopping) && wait_readable(worker->wake_fd, timeout_ms) > 0)
		eventfd_read(worker->wake_fd, &wakes);
	return !atomic_load(&worker->stopping);
}

bool worker_close(struct worker **worker, nanos_t patience)
{
	struct worker *self = *worker;

	*worker = NULL;
	atomic_store(&self->stopping, true);
	worker_wake(self);
	int timeout_ms = patience / NANOS_MS < 3600000 ? (int)(patience / NANOS_MS) : 3600000;
	if (wait_readable(self->ended_fd, timeout_ms) <= 0 || !atomic_load(&self->ended))
		return false;
	zactor_destroy(&self->actor);
	free_worker(self);
	return true;
}
