/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES_MAX = 64 };

struct process {
	name_t name;
	pid_t pid; /* 0: free */
	int pidfd;
};

struct processes {
	int epoll;
	struct process items[PROCESSES_MAX];
};

/* What the child needs, gathered before the fork: after it only system calls are safe. */
struct launch {
	char *const *argv;
	int input, output; /* output -1: inherited */
	int trouble;       /* errno goes here; closed by exec */
	pid_t parent;
};

static enum err fail(const char *what, text_t *why)
{
	enum err err = errno == ENOENT || errno == EACCES ? ERR_NOT_FOUND : ERR_IO;

	*why = text_format("%s: %s", what, strerror(errno));
	return err;
}

enum err processes_open(struct processes **out)
{
	struct processes *self = calloc(1, sizeof *self);

	if (self == NULL)
		return ERR_IO;
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (self->epoll < 0) {
		free(self);
		return ERR_IO;
	}
	*out = self;
	return OK;
}

static struct process *process_named(struct processes *self, const name_t *name)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (self->items[i].pid != 0 && name_equals(&self->items[i].name, name))
			return &self->items[i];
	return NULL;
}

static struct process *free_place(struct processes *self)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (self->items[i].pid == 0)
			return &self->items[i];
	return NULL;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const struct launch *launch)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* Between fork and prctl the parent may have died unseen. */
	if (getppid() != launch->parent)
		_exit(127);
	reset_signals();
	dup2(launch->input, STDIN_FILENO);
	if (launch->output >= 0) {
		dup2(launch->output, STDOUT_FILENO);
		dup2(launch->output, STDERR_FILENO);
	}
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	execvp(launch->argv[0], launch->argv);
	int error = errno;
	ssize_t put = write(launch->trouble, &error, sizeof error);
	_exit(put > 0 ? 127 : 126);
}

/* Reads what exec said: nothing when it succeeded. */
static enum err learn_of_exec(int trouble, pid_t pid, const char *program, text_t *why)
{
	int error;
	ssize_t got;

	do
		got = read(trouble, &error, sizeof error);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof error)
		return OK;
	waitpid(pid, NULL, 0);
	errno = error;
	return fail(program, why);
}

static enum err fork_and_exec(struct launch *launch, pid_t *pid, text_t *why)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail("pipe", why);
	launch->trouble = ends[1];
	launch->parent = getpid();
	*pid = fork();
	if (*pid == 0)
		become(launch);
	close(ends[1]);
	enum err err =
		*pid < 0 ? fail("fork", why) : learn_of_exec(ends[0], *pid, launch->argv[0], why);
	close(ends[0]);
	return err;
}

static enum err run(char *const argv[], const char *output, pid_t *pid, text_t *why)
{
	struct launch launch = {.argv = argv, .output = -1};

	launch.input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (launch.input < 0)
		return fail("/dev/null", why);
	enum err err = OK;
	if (output != NULL) {
		launch.output = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		err = launch.output < 0 ? fail(output, why) : OK;
	}
	if (err == OK)
		err = fork_and_exec(&launch, pid, why);
	close(launch.input);
	if (launch.output >= 0)
		close(launch.output);
	return err;
}

static enum err watch(struct processes *self, struct process *process, text_t *why)
{
	struct epoll_event event = {.events = EPOLLIN,
	                            .data.u64 = (uint64_t)(process - self->items)};

	process->pidfd = pidfd_open(process->pid, 0);
	if (process->pidfd >= 0 &&
	    epoll_ctl(self->epoll, EPOLL_CTL_ADD, process->pidfd, &event) == 0)
		return OK;
	enum err err = fail("pidfd", why);
	kill(process->pid, SIGKILL);
	waitpid(process->pid, NULL, 0);
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pid = 0;
	return err;
}

enum err processes_start(struct processes *self, const name_t *name, char *const argv[],
                         const char *output, uint64_t *pid, text_t *why)
{
	struct process *process = free_place(self);

	if (process_named(self, name) != NULL) {
		*why = text_format("%s runs already", name->text);
		return ERR_EXISTS;
	}
	if (process == NULL) {
		*why = text_format("more than %d processes", PROCESSES_MAX);
		return ERR_FULL;
	}
	pid_t started = 0;
	enum err err = run(argv, output, &started, why);
	if (err != OK)
		return err;
	*process = (struct process){.name = *name, .pid = started};
	err = watch(self, process, why);
	if (err == OK)
		*pid = (uint64_t)started;
	return err;
}

enum err processes_signal(struct processes *self, const name_t *name, int number)
{
	struct process *process = process_named(self, name);

	if (process == NULL)
		return ERR_NOT_FOUND;
	return pidfd_send_signal(process->pidfd, number, NULL, 0) == 0 ? OK : ERR_IO;
}

int processes_fd(const struct processes *self)
{
	return self->epoll;
}

static text_t reason_of(int status)
{
	if (WIFEXITED(status))
		return text_format("exit code %d", WEXITSTATUS(status));
	const char *name = sigabbrev_np(WTERMSIG(status));
	if (name == NULL)
		return text_format("killed by signal %d", WTERMSIG(status));
	return text_format("killed by SIG%s%s", name, WCOREDUMP(status) ? ", core dumped" : "");
}

bool processes_next(struct processes *self, struct process_end *end)
{
	struct epoll_event event;
	int status;

	if (epoll_wait(self->epoll, &event, 1, 0) <= 0)
		return false;
	struct process *process = &self->items[event.data.u64];
	pid_t pid = waitpid(process->pid, &status, WNOHANG);
	if (pid == 0)
		return false;
	if (pid < 0) /* reaped by somebody else: it is gone all the same */
		status = 0;
	*end = (struct process_end){process->name, (uint64_t)process->pid, status,
	                            reason_of(status)};
	close(process->pidfd);
	process->pid = 0;
	return true;
}

void processes_close(struct processes **self)
{
	if (*self == NULL)
		return;
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		struct process *process = &(*self)->items[i];
		if (process->pid == 0)
			continue;
		pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
		waitpid(process->pid, NULL, 0);
		close(process->pidfd);
	}
	close((*self)->epoll);
	free(*self);
	*self = NULL;
}
