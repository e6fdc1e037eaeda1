/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"

#include "common/io/config_file.h"
#include "common/io/exit_code.h"
#include "common/io/host.h"
#include "common/io/keyfile.h"
#include "common/io/paths.h"
#include "common/io/restore.h"
#include "common/io/version.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>

enum { OVERRIDES_MAX = 32 };

struct arguments {
	const char *profile, *state, *instance;
	const char *overrides[OVERRIDES_MAX];
	size_t override_count;
};

static void print_help(const struct service *service)
{
	printf("%s: %s\n\n"
	       "  %s [--profile DIR] [--state DIR] [--instance NAME] [--set KEY=VALUE]...\n\n"
	       "  --profile DIR    folder with stack.yaml and %s.yaml (default demo)\n"
	       "  --state DIR      journals, logs, sockets (default "
	       "~/.local/state/breakwater/PROFILE)\n"
	       "  --instance NAME  default %s\n"
	       "  --set KEY=VALUE  overrides a key of stack.yaml (stack.KEY) or %s.yaml\n"
	       "  --version\n\nbw up starts every service; one by hand is for moving it to another "
	       "place.\n",
	       service->name, service->doc, service->name, service->name, service->name,
	       service->name);
}

/* OK to go on; ERR_EXISTS when help or version was all that was asked. */
static enum err read_arguments(const struct service *service, int argc, char **argv,
                               struct arguments *out)
{
	static const struct option options[] = {{"profile", required_argument, NULL, 'p'},
	                                        {"state", required_argument, NULL, 's'},
	                                        {"instance", required_argument, NULL, 'i'},
	                                        {"set", required_argument, NULL, 'o'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {"version", no_argument, NULL, 'v'},
	                                        {NULL, 0, NULL, 0}};
	*out = (struct arguments){.profile = "demo", .instance = service->name};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'p')
			out->profile = optarg;
		else if (option == 's')
			out->state = optarg;
		else if (option == 'i')
			out->instance = optarg;
		else if (option == 'o' && out->override_count < OVERRIDES_MAX)
			out->overrides[out->override_count++] = optarg;
		else if (option == 'h' || option == 'v') {
			if (option == 'h')
				print_help(service);
			else
				printf("%s %s\n", service->name, version_build);
			return ERR_EXISTS;
		} else
			return ERR_INVALID;
	}
	return optind == argc ? OK : ERR_INVALID;
}

static enum err override(const struct service *service, const struct arguments *arguments,
                         struct host *host, struct config_reading *reading)
{
	enum err err = OK;
	for (size_t i = 0; err == OK && i < arguments->override_count; i++) {
		const char *assignment = arguments->overrides[i];
		if (strncmp(assignment, "stack.", 6) == 0)
			err = config_override(&stack_config_type, assignment + 6, &host->stack,
			                      reading);
		else
			err = config_override(service->config, assignment, host->config, reading);
	}
	return err;
}

static enum err read_config(const struct service *service, const struct arguments *arguments,
                            struct host *host)
{
	static struct config_reading reading;
	char path[700];
	snprintf(path, sizeof path, "%s/stack.yaml", host->paths.profile);
	enum err err = config_read(&stack_config_type, path, false, &host->stack, &reading);
	if (err == OK) {
		reading.origin_count = 0;
		snprintf(path, sizeof path, "%s/%s.yaml", host->paths.profile, service->name);
		err = config_read(service->config, path, true, host->config, &reading);
	}
	if (err == OK)
		err = override(service, arguments, host, &reading);
	if (err != OK)
		fprintf(stderr, "%s: %s\n", service->name, reading.error);
	return err;
}

/* For who must know the holder: see runlock and the seize hook. */
static void write_holder(int lock)
{
	char text[24];
	int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(lock, 0) != 0 || pwrite(lock, text, (size_t)size, 0) != size)
		errno = 0; /* the lock holds all the same */
}

/* Held until the process ends: two of one instance would take each other's sockets. */
static enum err lock_own(struct host *host, text_t *why)
{
	enum { TRIES_MAX = 50 };
	char path[700];
	bool is_held = false;
	snprintf(path, sizeof path, "%s/instance.lock", host->paths.own);
	host->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; host->lock >= 0 && i < TRIES_MAX; i++) {
		if (flock(host->lock, LOCK_EX | LOCK_NB) == 0) {
			write_holder(host->lock);
			return OK;
		}
		is_held = errno == EWOULDBLOCK;
		if (!is_held || host->service->seize == NULL)
			break;
		enum err err = host->service->seize(path, why);
		if (err != OK)
			return err;
	}
	*why = is_held ? text_format("%s runs already on this state directory: %.150s is locked",
	                             host->identity.instance.text, path)
	               : text_format("can't lock %.150s: %s", path, strerror(errno));
	return is_held ? ERR_EXISTS : ERR_IO;
}

static enum err open_log(struct host *host, text_t *why)
{
	char directory[600];
	const struct stack_config *stack = &host->stack;
	int level = enum_parse(&enum_severity, name_is(&stack->log_level, "debug")   ? "DEBUG"
	                                       : name_is(&stack->log_level, "warn")  ? "WARNING"
	                                       : name_is(&stack->log_level, "error") ? "ERROR"
	                                                                             : "INFO");
	snprintf(directory, sizeof directory, "%s/logs", host->paths.state);
	struct log_options options = {
		.instance = host->identity.instance,
		.level = (enum severity)level,
		.console = stack->log_console,
		.console_json = name_is(&stack->log_format, "json"),
		.files = stack->log_file,
		.directory = stack->log_dir.size > 0 ? stack->log_dir.text : directory,
		.files_max = (unsigned)stack->log_files_max,
	};
	enum err err = log_open(&host->log, &options);
	if (err != OK)
		*why = text_format("can't start the log: %s", err_text(err));
	return err;
}

static void log_start(struct host *host)
{
	char text[400], symbols[200];
	const struct config_key *key = config_key_named(&stack_config_type, "symbols");
	config_print(&stack_config_type, &host->stack, key, symbols, sizeof symbols);
	snprintf(text, sizeof text, "%s %s exchange=%s mode=%s symbols=%s level=%s epoch=%016llx",
	         host->identity.instance.text, host->identity.build.text, host->stack.venue.text,
	         host->stack.venue_profile.text, symbols, host->stack.log_level.text,
	         (unsigned long long)host->identity.epoch);
	log_header(host->log, clock_now(&host->clock), text);
}

static enum err open_keys(struct host *host, text_t *why)
{
	char path[700];
	enum err err = OK;
	if ((host->service->needs & NEEDS_SEAL) != 0) {
		snprintf(path, sizeof path, "%s/keys/seal.key", host->paths.state);
		err = seal_open(&host->seal, path, why);
	}
	if (err != OK || (host->service->needs & NEEDS_VENUE_KEY) == 0)
		return err;
	static struct venue_key key;
	bool is_own = host->stack.key_file.size == 0;
	snprintf(path, sizeof path, "%s/keys/venue.key", host->paths.state);
	if (is_own)
		err = keyfile_make(path, why);
	if (err == OK)
		err = keyfile_read(is_own ? path : host->stack.key_file.text, &key, why);
	if (err != OK)
		return err;
	host->key = &key;
	log_hide(host->log, key.api_key);
	if (key.secret[0] != '\0')
		log_hide(host->log, key.secret);
	return OK;
}

static void redis_address(const struct host *host, char *out, size_t capacity)
{
	if (strcmp(host->stack.redis.text, "private") == 0)
		snprintf(out, capacity, "unix:%s/redis.sock", host->paths.run);
	else
		snprintf(out, capacity, "%s", host->stack.redis.text);
}

static void write_port(const struct host *host, unsigned port)
{
	char path[700];
	snprintf(path, sizeof path, "%s/%s.port", host->paths.state, host->identity.instance.text);
	FILE *file = fopen(path, "we");
	if (file == NULL || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0)
		fprintf(stderr, "%s: can't write %s\n", host->service->name, path);
}

/* After a crash the old port is taken again, so that clients come back by themselves. */
static unsigned old_port(const struct host *host)
{
	char path[700];
	unsigned port = 0;
	snprintf(path, sizeof path, "%s/%s.port", host->paths.state, host->identity.instance.text);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%u", &port) != 1 || port > 65535)
		port = 0;
	fclose(file);
	return port;
}

static enum err open_listener(struct host *host, text_t *why)
{
	unsigned port = host->service->port(host->config), bound = 0;
	enum err err = host->service->listener->open(
		&host->listener, "127.0.0.1", port != 0 ? port : old_port(host), &bound, why);
	if (err != OK && port == 0)
		err = host->service->listener->open(&host->listener, "127.0.0.1", 0, &bound, why);
	if (err == OK)
		write_port(host, bound);
	return err;
}

static enum err open_actors(struct host *host, text_t *why)
{
	const struct service *service = host->service;
	char redis[700];
	enum err err = OK;
	if (service->dialect != NULL) {
		host->dialect = host->service->dialect(host->stack.venue.text);
		if (host->dialect == NULL) {
			*why = text_format("stack.yaml: venue %s is not known",
			                   host->stack.venue.text);
			return ERR_CONFIG;
		}
	}
	if (service->http != NULL)
		err = service->http->open(&host->http, why);
	if (err == OK && service->links != NULL)
		err = service->links->open(&host->links, why);
	if (err == OK && service->listener != NULL)
		err = open_listener(host, why);
	if (err == OK && (service->needs & NEEDS_PROCESSES))
		err = processes_open(&host->processes);
	redis_address(host, redis, sizeof redis);
	if (err == OK && strcmp(redis, "off") != 0)
		err = view_open(&host->view, redis, &host->identity.instance, host->identity.epoch,
		                clock_now(&host->clock), why);
	return err;
}

/* The CPU of a hot service, or -1 for none. */
static int hot_cpu(const struct host *host)
{
	const char *setting = host->stack.hot_cpu.text;
	if ((host->service->needs & NEEDS_HOT_CPU) == 0 || strcmp(setting, "none") == 0)
		return -1;
	if (strcmp(setting, "auto") == 0)
		return sysconf(_SC_NPROCESSORS_ONLN) < 2 ? -1 : 0;
	return atoi(setting);
}

/* The bus's own I/O thread sits beside the main thread: a wake-up across CPUs costs more than the
   work (decision record 0013). Before the first socket. */
static void pin_bus(const struct host *host)
{
	if (hot_cpu(host) >= 0)
		zsys_thread_affinity_cpu_add(hot_cpu(host));
}

/* The main thread, once its actors exist: they stay free to run elsewhere. */
static void pin_main(struct host *host)
{
	cpu_set_t set;
	int cpu = hot_cpu(host);
	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) != 0)
		host_log(host, SEVERITY_INFO, "cpu.free", "can't stay on CPU %d: running free",
		         cpu);
}

static enum err boot(struct host *host, const struct arguments *arguments, text_t *why)
{
	const struct service *service = host->service;
	host->identity.instance = name_from(arguments->instance);
	host->identity.service = name_from(service->name);
	host->identity.epoch = clock_entropy() | 1;
	host->identity.build = name_from(version_build);
	host->identity.stack = &host->stack;
	random_init(&host->random, clock_entropy());
	clock_open(&host->clock);
	pin_bus(host);
	enum err err = paths_make(&host->paths, why);
	if (err == OK)
		err = lock_own(host, why);
	if (err == OK)
		err = open_log(host, why);
	if (err != OK)
		return err;
	log_start(host);
	err = open_keys(host, why);
	if (err == OK && service->prepare != NULL)
		err = service->prepare(host->config, &host->stack, &host->paths, why);
	if (err != OK)
		return err;
	service->logic->init(host->state, &host->identity, host->config);
	err = host_restore(host, why);
	if (err == OK)
		err = open_actors(host, why);
	return err == OK ? host_open(host, why) : err;
}

static void prepare_process(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread: they come by signalfd */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	setenv("ZSYS_SIGHANDLER", "false", 1);
	prctl(PR_SET_DUMPABLE, 0); /* keys never reach a core file (S-06) */
}

static int exit_code_of(const struct host *host, enum err err)
{
	if (err == OK && host->service->verdict != NULL)
		return host->service->verdict(host->state);
	return err == OK ? EXIT_CODE_OK : err == ERR_EXISTS ? EXIT_CODE_RUNNING : EXIT_CODE_FAILURE;
}

static int run(const struct service *service, const struct arguments *arguments)
{
	static struct host host; /* large; one per process */
	text_t why = text_from("no memory");
	host.service = service;
	host.config = calloc(1, service->config->size);
	host.state = calloc(1, service->logic->state_size);
	if (host.config == NULL || host.state == NULL ||
	    paths_find(arguments->profile, arguments->state, arguments->instance, &host.paths,
	               &why) != OK) {
		fprintf(stderr, "%s: %s\n", service->name, why.text);
		return EXIT_CODE_CONFIG;
	}
	if (read_config(service, arguments, &host) != OK)
		return EXIT_CODE_CONFIG;
	enum err err = boot(&host, arguments, &why);
	if (err == OK) {
		pin_main(&host);
		host_run(&host);
	} else {
		fprintf(stderr, "%s: %s (%s)\n", service->name, why.text, err_text(err));
		if (host.log != NULL)
			host_log(&host, SEVERITY_CRITICAL, "boot.failed", "%s (%s)", why.text,
			         err_text(err));
	}
	host_close(&host);
	int code = exit_code_of(&host, err);
	if (host.log != NULL)
		log_close(&host.log);
	free(host.config);
	free(host.state);
	return code;
}

int service_main(const struct service *service, int argc, char **argv)
{
	struct arguments arguments;
	enum err err = read_arguments(service, argc, argv, &arguments);
	if (err == ERR_EXISTS)
		return EXIT_CODE_OK;
	if (err != OK) {
		fprintf(stderr, "Try: %s --help\n", service->name);
		return EXIT_CODE_USAGE;
	}
	prepare_process();
	return run(service, &arguments);
}
