/* SPDX-License-Identifier: Apache-2.0 */
/* To be preloaded: the FAIL_AT-th call named FAIL_CALL that the program itself makes fails, once.
   When it does, a line is appended to the file FAIL_TOLD, so that the test knows that there was
   such a call. What libraries call among themselves is theirs: libzmq aborts by design. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static const char *chosen;
static long at;
static atomic_long calls;
static uintptr_t program_begin, program_end;

/* The first module is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	program_begin = UINTPTR_MAX;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		if (begin < program_begin)
			program_begin = begin;
		if (begin + info->dlpi_phdr[i].p_memsz > program_end)
			program_end = begin + info->dlpi_phdr[i].p_memsz;
	}
	return 1;
}

__attribute__((constructor)) static void choose(void)
{
	const char *number = getenv("FAIL_AT");

	dl_iterate_phdr(find_program, NULL);
	at = number == NULL ? 0 : atol(number);
	chosen = getenv("FAIL_CALL");
}

static void tell(const char *name)
{
	const char *path = getenv("FAIL_TOLD");
	long fd = path == NULL ? -1
	                       : syscall(SYS_openat, AT_FDCWD, path,
	                                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	syscall(SYS_write, fd, name, strlen(name));
	syscall(SYS_write, fd, "\n", 1);
	syscall(SYS_close, fd);
}

static int fails(const char *name, int error, const void *caller)
{
	uintptr_t from = (uintptr_t)caller;

	if (chosen == NULL || strcmp(chosen, name) != 0 || from < program_begin ||
	    from >= program_end || atomic_fetch_add(&calls, 1) + 1 != at)
		return 0;
	tell(name);
	errno = error;
	return 1;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
	return fails("malloc", ENOMEM, CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails("calloc", ENOMEM, CALLER) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails("realloc", ENOMEM, CALLER) ? NULL : __libc_realloc(old, size);
}

/* The call behind this one. */
#define NEXT(name) \
	static __typeof__(&(name)) next; \
	if (next == NULL) \
	next = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

#define FAILING(type, name, error, failed, declared, given) \
	type name declared \
	{ \
		NEXT(name); \
		return fails(#name, error, CALLER) ? (failed) : next given; \
	}

FAILING(ssize_t, write, ENOSPC, -1, (int fd, const void *bytes, size_t size), (fd, bytes, size))
FAILING(ssize_t, read, EIO, -1, (int fd, void *bytes, size_t size), (fd, bytes, size))
FAILING(ssize_t, pwrite, ENOSPC, -1, (int fd, const void *bytes, size_t size, off_t offset),
        (fd, bytes, size, offset))
FAILING(ssize_t, pread, EIO, -1, (int fd, void *bytes, size_t size, off_t offset),
        (fd, bytes, size, offset))
FAILING(int, fsync, EIO, -1, (int fd), (fd))
FAILING(int, fdatasync, EIO, -1, (int fd), (fd))
FAILING(int, fallocate, ENOSPC, -1, (int fd, int mode, off_t offset, off_t size),
        (fd, mode, offset, size))
FAILING(int, ftruncate, EIO, -1, (int fd, off_t size), (fd, size))
FAILING(int, rename, EIO, -1, (const char *from, const char *to), (from, to))
FAILING(int, link, EIO, -1, (const char *from, const char *to), (from, to))
FAILING(int, unlink, EIO, -1, (const char *path), (path))
FAILING(int, mkdir, ENOSPC, -1, (const char *path, mode_t mode), (path, mode))
FAILING(int, fstat, EIO, -1, (int fd, struct stat *info), (fd, info))
FAILING(int, flock, ENOLCK, -1, (int fd, int operation), (fd, operation))
FAILING(FILE *, fopen, EMFILE, NULL, (const char *path, const char *mode), (path, mode))
FAILING(void *, mmap, ENOMEM, MAP_FAILED,
        (void *place, size_t size, int protection, int flags, int fd, off_t offset),
        (place, size, protection, flags, fd, offset))
FAILING(int, socket, EMFILE, -1, (int domain, int type, int protocol), (domain, type, protocol))
FAILING(int, connect, ECONNREFUSED, -1, (int fd, const struct sockaddr *address, socklen_t size),
        (fd, address, size))
FAILING(int, bind, EADDRINUSE, -1, (int fd, const struct sockaddr *address, socklen_t size),
        (fd, address, size))
FAILING(int, listen, EADDRINUSE, -1, (int fd, int backlog), (fd, backlog))
FAILING(int, epoll_create1, EMFILE, -1, (int flags), (flags))
FAILING(int, epoll_ctl, ENOMEM, -1, (int epoll, int operation, int fd, struct epoll_event *event),
        (epoll, operation, fd, event))
FAILING(void *, aligned_alloc, ENOMEM, NULL, (size_t alignment, size_t size), (alignment, size))
FAILING(int, signalfd, EMFILE, -1, (int fd, const sigset_t *set, int flags), (fd, set, flags))
FAILING(int, epoll_wait, EINTR, -1, (int epoll, struct epoll_event *events, int count, int timeout),
        (epoll, events, count, timeout))
FAILING(int, poll, EINTR, -1, (struct pollfd * items, nfds_t count, int timeout),
        (items, count, timeout))
FAILING(int, eventfd, EMFILE, -1, (unsigned value, int flags), (value, flags))
FAILING(int, pthread_create, EAGAIN, EAGAIN,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *self),
        (thread, attributes, run, self))

int open(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0;
	va_end(arguments);
	return fails("open", EMFILE, CALLER)
	               ? -1
	               : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
