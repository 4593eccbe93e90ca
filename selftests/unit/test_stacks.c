// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is shown of stacks, and what is not believed of the process that reads them.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "array.h"
#include "stacks/demangler.h"
#include "stacks/kernel.h"
#include "stacks/records.h"
#include "tap.h"
#include "tree.h"

#define LIBC	.module = "libc.so.6"
#define APP	.module = "app"

/*
 * Frames
 */

struct form {
	const char *want;
	struct frame frame;
};

static const struct form forms[] = {
	{ "take+0x12 at queue.c:34 in libqueue.so",
	  { .function = "take", .offset = 0x12, .file = "queue.c", .line = 34,
	    .module = "libqueue.so" } },
	{ "take+0x12 in libqueue.so",
	  { .function = "take", .offset = 0x12, .module = "libqueue.so" } },
	{ "lock at lock.h:7 in app (inlined)",
	  { FRAME_INLINE, "lock", .file = "lock.h", .line = 7, APP } },
	{ "app+0x1139 (build id abcd)", { .address = 0x1139, .build_id = "abcd", APP } },
	{ "app+0x1139", { .address = 0x1139, APP } },
	{ "0x7f00, which is in no file", { .address = 0x7f00 } },
	{ "<signal handler called>", { FRAME_SIGNAL, "__restore_rt", LIBC } },
	{ "<signal handler called: SIGPROF>",
	  { FRAME_SIGNAL, "__restore_rt", .signal = SIGPROF, LIBC } },
	{ "<signal handler called: signal 34>",
	  { FRAME_SIGNAL, "__restore_rt", .signal = 34, LIBC } },
	{ "Jobs.take at jobs.py:17 (Python)",
	  { FRAME_PYTHON, "Jobs.take", .file = "jobs.py", .line = 17 } },
	/* As the manual calls it. */
	{ "pthread_mutex_lock+0x4c in libc.so.6",
	  { .function = "__pthread_mutex_lock", .offset = 0x4c, LIBC } },
	{ "_sem_wait at jobs.py:7 (Python)",
	  { FRAME_PYTHON, "_sem_wait", .file = "jobs.py", .line = 7 } },
};

static void test_forms(void)
{
	char text[FRAME_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		is_str(format_frame(text, &forms[i].frame), forms[i].want, forms[i].want);
}

struct fold {
	const char *name;
	const char *want;	/* what is shown, with commas */
	struct frame frames[8];
};

static const struct fold folds[] = {
	{ "the outermost function that waits stands for all",
	  "pthread_mutex_lock in libc.so.6, take in app, main in app",
	  { { .function = "futex_wait", LIBC }, { .function = "__GI___lll_lock_wait", LIBC },
	    { .function = "___pthread_mutex_lock", .offset = 9, .file = "x.c", LIBC },
	    { .function = "take", APP }, { .function = "main", APP },
	    { .function = "__libc_start_call_main", LIBC }, { .function = "_start", APP } } },
	{ "inner functions have the names of those that a program calls",
	  "pthread_join in libc.so.6, main in app",
	  { { .function = "__futex_abstimed_wait_common64", LIBC },
	    { .function = "__pthread_clockjoin_ex", .offset = 9, LIBC },
	    { .function = "main", APP } } },
	{ "functions of Python stand for those of its interpreter",
	  "sem_wait in libc.so.6, join at threading.py:7 (Python), job in _job.so",
	  { { .function = "sem_wait", LIBC },
	    { .function = "PyThread_acquire_lock_timed", .module = "python3.11" },
	    { FRAME_PYTHON, "join", .file = "threading.py", .line = 7 },
	    { .function = "_PyEval_Vector", .module = "libpython3.11.so.1.0" },
	    { .function = "job", .module = "_job.so" } } },
	{ "but only if they are known",
	  "sem_wait in libc.so.6, PyThread_acquire_lock_timed in python3.12",
	  { { .function = "sem_wait", LIBC },
	    { .function = "PyThread_acquire_lock_timed", .module = "python3.12" } } },
	{ "below a signal handler, too",
	  "syscall in libc.so.6, handle in app, <signal handler called>, "
	  "pthread_mutex_lock+0x4c in libc.so.6, main in app",
	  { { .function = "syscall", LIBC }, { .function = "handle", APP },
	    { FRAME_SIGNAL, LIBC }, { .function = "___pthread_mutex_lock", .offset = 0x4c, LIBC },
	    { .function = "main", APP } } },
	{ "without symbols of the C library, too", "pthread_mutex_lock in libc.so.6, take in app",
	  { { LIBC, .address = 1 }, { LIBC, .address = 2 },
	    { .function = "pthread_mutex_lock", LIBC }, { .function = "take", APP },
	    { LIBC, .address = 3 } } },
	{ "what is called in the C library is shown", "localtime in libc.so.6, now in app",
	  { { LIBC, .address = 1 }, { .function = "localtime", LIBC },
	    { .function = "now", APP } } },
	{ "the build of a file is named once, and what starts threads in C++ is left out",
	  "app+0x1 (build id ab), app+0x2, take in app",
	  { { APP, .address = 1, .build_id = "ab" }, { APP, .address = 2, .build_id = "ab" },
	    { .function = "take", APP, .build_id = "ab" },
	    { .module = "libstdc++.so.6.0.30", .address = 3, .build_id = "cd" } } },
	{ "no name at all", "libc.so.6+0x2, take in app",
	  { { LIBC, .address = 1 }, { LIBC, .address = 2 }, { .function = "take", APP } } },
	{ "the C library's functions in between are shown",
	  "syscall in libc.so.6, compare in app, qsort in libc.so.6, main in app",
	  { { .function = "syscall", LIBC }, { .function = "compare", APP },
	    { .function = "qsort", LIBC }, { .function = "main", APP },
	    { .function = "start_thread", LIBC } } },
	{ "a handler at the end is shown", "pause in libc.so.6, <signal handler called>",
	  { { .function = "pause", LIBC }, { FRAME_SIGNAL, LIBC } } },
	{ "a program that is linked statically", "pthread_mutex_lock in app, main in app",
	  { { .function = "__lll_lock_wait", APP }, { .function = "__pthread_mutex_lock", APP },
	    { .function = "main", APP }, { .function = "__libc_start_main", APP },
	    { .function = "_start", APP } } },
	{ "a thread that only waits", "pthread_cond_wait in libc.so.6",
	  { { .function = "pthread_cond_wait", LIBC }, { .function = "start_thread", LIBC } } },
	{ "none", "", { { 0 } } },
};

static void test_fold(const struct fold *fold)
{
	struct stack stack = { .frames = (struct frame *)fold->frames };
	char line[FRAME_SIZE], got[4 * FRAME_SIZE] = "";
	struct shown_frames shown;

	while (stack.nr_frames < ARRAY_SIZE(fold->frames) &&
	       (fold->frames[stack.nr_frames].function || fold->frames[stack.nr_frames].module))
		stack.nr_frames++;
	fold_frames(&shown, &stack);
	for (size_t i = 0; i < shown.nr; i++) {
		strcat(got, i ? ", " : "");
		strcat(got, format_frame(line, &shown.frames[i]));
	}
	is_str(got, fold->want, fold->name);
}

static void test_same(void)
{
	struct frame a[] = { { .function = "a", .address = 1 }, { APP, .address = 2 } };
	struct frame b[] = { { .function = "a", .address = 1 }, { APP, .address = 3 } };
	struct stack x = { .frames = a, .nr_frames = 2 }, y = { .frames = b, .nr_frames = 2 };
	struct stack none = { 0 };

	ok(same_frames(&x, &x), "a stack is the same as itself");
	ok(!same_frames(&x, &y), "one that differs in a frame is another");
	ok(!same_frames(&none, &none), "those that were not read are not the same");
	y.nr_frames = 1;
	ok(!same_frames(&x, &y), "one that is shorter is another");
}

/*
 * Places
 */

struct word {
	const char *want;
	const char *note;
	struct place place;
};

static const struct word words[] = {
	{ "main_arena in libc.so.6", "malloc's lock", { .symbol = "main_arena", LIBC } },
	{ "libc.so.6+0x1d2c60", "a lock of the C library", { .offset = 0x1d2c60, LIBC } },
	{ "_rtld_global+0xa08 in ld-linux-x86-64.so.2", "a lock of the dynamic linker",
	  { .symbol = "_rtld_global", .offset = 0xa08, .module = "ld-linux-x86-64.so.2" } },
	{ "config.locks[1] (pthread_mutex_t) in app", NULL,
	  { .symbol = "config.locks[1]", .type = "pthread_mutex_t", APP } },
	{ "main_arena in app", NULL, { .symbol = "main_arena", APP } },
	{ "the heap", NULL, { .mapping = "the heap" } },
	{ NULL, NULL, { .offset = 1 } },
};

static void test_words(void)
{
	char text[FRAME_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		is_str(format_place(text, &words[i].place), words[i].want, words[i].want);
		is_str(place_note(&words[i].place), words[i].note, words[i].note);
	}
}

/*
 * Types
 */

struct typed {
	const char *name;
	enum primitive was;
	const char *type;
	enum primitive is;
	bool is_typed;
	bool has_owner;
};

static const struct typed types[] = {
	{ "a mutex", PTHREAD_MUTEX, "pthread_mutex_t", PTHREAD_MUTEX, true, true },
	{ "a robust mutex", ROBUST_MUTEX, "pthread_mutex_t", ROBUST_MUTEX, true, true },
	{ "a semaphore like a mutex", PTHREAD_MUTEX, "sem_t", SEM, true, false },
	{ "a mutex like a rwlock", PTHREAD_RWLOCK, "pthread_mutex_t", PTHREAD_MUTEX, true, false },
	{ "what no words are like", PRIMITIVE_UNKNOWN, "pthread_cond_t", PTHREAD_COND, true, false },
	{ "the GIL", CPYTHON_GIL, "pthread_cond_t", CPYTHON_GIL, true, true },
	{ "a type of a name that others have", PTHREAD_MUTEX, "mutex", PTHREAD_MUTEX, false, true },
	{ "a type that is no lock's", PTHREAD_MUTEX, "int", PTHREAD_MUTEX, false, true },
	{ "no type", PTHREAD_MUTEX, NULL, PTHREAD_MUTEX, false, true },
};

/* A thread whose stack was read, others on the same word, and one on another. */
static void test_type(const struct typed *t)
{
	struct waiter waiters[] = {
		{ .tid = 11, .mm = 0, .known = W_WAITS_ON, .waits_on = 0x2000 },
		{ .tid = 12, .mm = 0, .known = W_WAITS_ON, .waits_on = 0x1000 },
		{ .tid = 13, .mm = 0, .known = W_WAITS_ON, .waits_on = 0x1000 },
		{ .tid = 14, .mm = 1, .known = W_WAITS_ON, .waits_on = 0x1000 },
	};
	struct snapshot s = { .waiters = waiters, .nr_waiters = ARRAY_SIZE(waiters) };
	struct stacks st = { 0 };

	for (size_t i = 0; i < s.nr_waiters; i++)
		waiters[i].lock = (struct lock){ .primitive = t->was, .owner = 10 };
	add_stack(&st, (struct stack){ .tid = 13, .word = 0x1000, .place.base_type = t->type });
	ok(correct_locks(&s, &st) == !t->has_owner, "%s: whether it is judged anew", t->name);
	for (size_t i = 1; i < 3; i++) {
		const struct lock *lock = &waiters[i].lock;

		ok(lock->primitive == t->is && lock->is_typed == t->is_typed &&
		   (lock->owner == 10) == t->has_owner, "%s: what it is", t->name);
	}
	ok(!waiters[0].lock.is_typed && waiters[0].lock.owner == 10, "another word");
	ok(!waiters[3].lock.is_typed && waiters[3].lock.owner == 10, "another address space");
	ok(!correct_locks(&s, &st), "once is enough");
	stacks_free(&st);
}

static void test_demangle(const char *symbol, const char *want)
{
	char *got = demangle(symbol);

	is_str(got, want, symbol);
	free(got);
}

static void test_names(void)
{
	test_demangle("_ZN4Bank7AccountIiE7depositEi", "Bank::Account<int>::deposit");
	test_demangle("_ZN4core3ptr4read17h0123456789abcdefE", "core::ptr::read");
	test_demangle("_RNvCs15kBYyAo9fc_7mycrate7example", "mycrate::example");
	test_demangle("pthread_mutex_lock@@GLIBC_2.2.5", "pthread_mutex_lock");
	test_demangle("main", "main");
	test_demangle(NULL, NULL);
}

static void test_kernel(const char *text, const char *want)
{
	char *got = parse_kernel_stack(text);

	is_str(got, want, want);
	free(got);
}

/*
 * Records
 */

static void free_stack(struct stack stack)
{
	struct stacks st = { 0 };

	array_push(st.all, st.nr, stack);
	stacks_free(&st);
}

/* What comes out of a pipe, as text. */
static void read_pipe(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);

	buf[n < 0 ? 0 : n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

static void test_round(void)
{
	const struct frame frame = {
		FRAME_INLINE, "a\tb\n\033[1m", 0x12, "lib\\x", UINT64_MAX, "abcd", "f.c", 34,
	};
	const struct place place = { .symbol = "lock", .offset = 8, .type = "mutex",
				     .base_type = "pthread_mutex_t", .module = "app" };
	struct stack got = { 0 };
	char line[RECORD_SIZE];
	int ends[2];

	if (pipe(ends))
		ok(false, "pipe");
	write_frame(ends[1], &frame);
	read_pipe(ends[0], line, sizeof(line));
	is_num(read_record(&got, line), RECORD_FRAME, "a frame is read");
	is_str(got.frames[0].function, "a\\011b\\012\\033[1m", "text is escaped");
	ok(got.frames[0].address == UINT64_MAX && got.frames[0].line == 34 &&
	   got.frames[0].kind == FRAME_INLINE, "numbers are as they were");
	write_place(ends[1], &place);
	read_pipe(ends[0], line, sizeof(line));
	is_num(read_record(&got, line), RECORD_PLACE, "a place is read");
	ok(!strcmp(got.place.symbol, "lock") && got.place.offset == 8 && !got.place.mapping &&
	   !strcmp(got.place.type, "mutex") &&
	   !strcmp(got.place.base_type, "pthread_mutex_t") && !strcmp(got.place.module, "app"),
	   "it is as it was");
	write_end(ends[1], STACK_NO_MEMORY);
	read_pipe(ends[0], line, sizeof(line));
	is_num(read_record(&got, line), RECORD_END, "the end is read");
	is_num(got.error, STACK_NO_MEMORY, "with its error");
	close(ends[0]);
	close(ends[1]);
	free_stack(got);
}

static void test_long(void)
{
	char name[4 * RECORD_SIZE], line[2 * RECORD_SIZE];
	struct frame frame = { .function = name, .module = name, .build_id = name, .file = name };
	struct stack got = { 0 };
	int ends[2];

	memset(name, '\n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (pipe(ends))
		ok(false, "pipe");
	write_frame(ends[1], &frame);
	read_pipe(ends[0], line, sizeof(line));
	is_num(read_record(&got, line), RECORD_FRAME, "names that are too long are cut");
	is_num(strlen(got.frames[0].function), NAME_SIZE, "to this length");
	close(ends[0]);
	close(ends[1]);
	free_stack(got);
}

static const char *const bad_records[] = {
	"", "X", "F", "F0\t", "F0\tf\t0\tm\t0\t\t\t0\t0", "F9\tf\t0\tm\t0\t\t\t0\t0\t",
	"F0\tf\tx\tm\t0\t\t\t0\t0\t", "F0\tf\t-1\tm\t0\t\t\t0\t0\t", "F0\tf\t\tm\t0\t\t\t0\t0\t",
	"F0\tf\t10000000000000000\tm\t0\t\t\t0\t0\t", "F0\tf\033[1m\t0\tm\t0\t\t\t0\t0\t",
	"F0\tf\t0\tm\t0\t\t\t0\t0\tmore\t", "F0\tf\t0\tm\t0\t\t\t100000000\t0\t", "F2\tf\t0\tm\t0\t\t\t0\t41\t", "P", "P\ts\t0\tm\t", "P\ts\t0\tt\tm\t\t",
	"Px\ts\t0\tm\t\t", "E", "E\t", "E99\t", "E0\tx\t",
};

static void test_bad(void)
{
	struct stack stack = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad_records); i++)
		is_num(read_record(&stack, bad_records[i]), RECORD_BAD, bad_records[i]);
	for (size_t i = 0; i < MAX_FRAMES; i++)
		read_record(&stack, "F0\tf\t0\tm\t0\t\t\t0\t0\t");
	is_num(stack.nr_frames, MAX_FRAMES, "as many frames as there may be");
	is_num(read_record(&stack, "F0\tf\t0\tm\t0\t\t\t0\t0\t"), RECORD_BAD, "one too many");
	free_stack(stack);
}

/*
 * The process that reads
 */

#define SLEEPS	"202 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffc00000000 0x7f00\n"

static void read_one(const char *name, const char *call, enum stack_error want)
{
	struct stacks st = { 0 };

	add_stack(&st, (struct stack){ .tid = 10, .tgid = 10, .word = 0x5000 });
	if (call)
		create_thread(10, 10, 'S', 1, 0, call);
	read_stacks(root, &st);
	is_num(st.all[0].error, want, name);
	is_num(st.all[0].nr_frames, 0, "without frames");
	stacks_free(&st);
}

static size_t told_done, told_nr, nr_told;

static void note_progress(size_t done, size_t nr)
{
	told_done = done;
	told_nr = nr;
	nr_told++;
}

/* The first process, whose mappings hang, takes two seconds. */
static void test_progress(void)
{
	struct stacks st = { .progress = note_progress };

	add_stack(&st, (struct stack){ .tid = 10, .tgid = 10 });
	add_stack(&st, (struct stack){ .tid = 11, .tgid = 11 });
	add_stack(&st, (struct stack){ .tid = 12, .tgid = 12 });
	read_stacks(root, &st);
	is_num(nr_told, 1, "who waits for more than a second is told how far it is");
	ok(told_done == 1 && told_nr == 3, "of how many");
	stacks_free(&st);
}

/* What hangs is a file that nobody writes. */
static void test_reader(void)
{
	char path[PATH_SIZE];

	new_tree();
	read_one("a thread that has ended", NULL, STACK_GONE);
	read_one("a thread that runs", "running\n", STACK_RUNS);
	read_one("memory that cannot be opened", SLEEPS, STACK_GONE);
	create_file("", "10/task/10/mem");
	create_file("", "10/task/10/pagemap");
	read_one("no mappings", SLEEPS, STACK_GONE);
	create_file("what is this?\n", "10/task/10/maps");
	read_one("mappings that are none", SLEEPS, STACK_GONE);
	snprintf(path, sizeof(path), "%s/10/task/10/maps", root);
	remove(path);
	if (mkfifo(path, 0600))
		ok(false, "mkfifo");
	read_one("a file that does not answer", SLEEPS, STACK_TIMEOUT);
	test_progress();
	remove_tree();
	ok(waitpid(-1, NULL, WNOHANG) < 0, "no process is left over");
}

int main(void)
{
	tap_start();
	test_forms();
	for (size_t i = 0; i < ARRAY_SIZE(folds); i++)
		test_fold(&folds[i]);
	test_same();
	test_words();
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		test_type(&types[i]);
	test_names();
	test_kernel("[<0>] pipe_read+0x1a/0x60\n[<0>] vfs_read+0x2/0x3\n"
		    "[<0>] do_syscall_64+0x1/0x2\n[<0>] more+0x1/0x2\n", "pipe_read, vfs_read");
	test_kernel("[<ffffffff81000000>] f.cold+0x1/0x2\n", "f.cold");
	test_kernel("[<0>] \033[1m+0x1\n", NULL);
	test_kernel("", NULL);
	test_round();
	test_long();
	test_bad();
	test_reader();
	return tap_end();
}
