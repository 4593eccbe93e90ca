// SPDX-License-Identifier: GPL-2.0-only
/* The parser: what it reads, and what it says of what it cannot read. */
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

#include "source.h"
#include "array.h"
#include "analyze.h"
#include "output.h"
#include "text_format.h"
#include "tap.h"

#define HEADER	"futexinspect version=1\n"
#define MM	"mm id=1 live=1 live_threads=7 hidden=0\n"
#define END	"end\n"
#define AGAIN	": copy the file again, whole"

static int parse(struct snapshot *s, const char *text, size_t len, char *error)
{
	char *copy = xrealloc(NULL, len + 1);

	memcpy(copy, text, len);
	snapshot_init(s, &source_file);
	return parse_text(copy, len, "copy", s, error);
}

/* What is refused, and the one line that says so. */
static const struct {
	const char *name;
	const char *text;
	const char *error;
} refused[] = {
	{ "empty", "", "copy: the file is empty" AGAIN },
	{ "foreign", "root:x:0:0\n",
	  "copy:1: does not begin with \"futexinspect\": this is not a file of the module" },
	{ "foreign with our beginning", "futexinspector\n",
	  "copy:1: does not begin with \"futexinspect\": this is not a file of the module" },
	{ "no version", "futexinspect module=0.1\n" END,
	  "copy:1: futexinspect: no version: this is not a file of the module" },
	{ "unknown version", "futexinspect version=?\n" END,
	  "copy:1: futexinspect: no version: this is not a file of the module" },
	{ "newer version", "futexinspect version=2\nwhatever\n",
	  "copy:1: format version 2 is newer than this tool reads (1): "
	  "use the futexinspect of the same release as the module" },
	{ "no end", HEADER MM,
	  "copy:2: cut off: no \"end\" record" AGAIN },
	{ "half a line", HEADER "mm id=1 live=1 liv",
	  "copy:2: cut off: the last line has no newline" AGAIN },
	{ "half an end", HEADER "end",
	  "copy:2: cut off: the last line has no newline" AGAIN },
	{ "too few waiters", HEADER "end waiters=3\n",
	  "copy:2: cut off: the \"end\" record counts 3 waiter records, but there are 0" AGAIN },
	{ "too many mms", HEADER MM "end mms=0\n",
	  "copy:3: cut off: the \"end\" record counts 0 mm records, but there are 1" AGAIN },
	{ "too few processes", HEADER "end processes=1\n",
	  "copy:2: cut off: the \"end\" record counts 1 process records, but there are 0" AGAIN },
	{ "too few threads", HEADER "end threads=1\n",
	  "copy:2: cut off: the \"end\" record counts 1 thread records, but there are 0" AGAIN },
	{ "too few errors", HEADER "end errors=1\n",
	  "copy:2: cut off: the \"end\" record counts 1 error records, but there are 0" AGAIN },
	{ "too few shared words", HEADER "end shared=1\n",
	  "copy:2: cut off: the \"end\" record counts 1 shared records, but there are 0" AGAIN },
	{ "a shared word mapped by nobody named", HEADER MM "shared mms=1,,1\n" END,
	  "copy:3: shared: mms=1,,1: not ids of address spaces" },
	{ "a shared word mapped by an address space without record",
	  HEADER MM "shared mms=1,2\n" END,
	  "copy:3: shared: mm=2: there is no mm record with this id" AGAIN },
	{ "two copies", HEADER END HEADER END,
	  "copy:3: more after the \"end\" record: one file must hold one copy" },
	{ "empty line", HEADER "\n" END,
	  "copy:2: a line without a record" AGAIN },
	{ "no number", HEADER "waiter tid=x\n" END,
	  "copy:2: waiter: tid=x: not a number" },
	{ "empty number", HEADER "waiter tid=\n" END,
	  "copy:2: waiter: tid=: not a number" },
	{ "number with a tail", HEADER "waiter uaddr=0x12g\n" END,
	  "copy:2: waiter: uaddr=0x12g: not a number" },
	{ "only 0x", HEADER "waiter uaddr=0x\n" END,
	  "copy:2: waiter: uaddr=0x: not a number" },
	{ "negative number", HEADER "waiter tid=-1\n" END,
	  "copy:2: waiter: tid=-1: not a number" },
	{ "id too large", HEADER "waiter tid=2147483648\n" END,
	  "copy:2: waiter: tid=2147483648: the number is too large" },
	{ "32-bit overflow", HEADER "waiter expected=4294967296\n" END,
	  "copy:2: waiter: expected=4294967296: the number is too large" },
	{ "64-bit overflow", HEADER "waiter asleep_ns=18446744073709551616\n" END,
	  "copy:2: waiter: asleep_ns=18446744073709551616: the number is too large" },
	{ "64-bit overflow in hex", HEADER "waiter uaddr=0x10000000000000000\n" END,
	  "copy:2: waiter: uaddr=0x10000000000000000: the number is too large" },
	{ "no value", HEADER "waiter tid\n" END,
	  "copy:2: waiter: a field is not KEY=VALUE" AGAIN },
	{ "no key", HEADER "waiter =7\n" END,
	  "copy:2: waiter: a field is not KEY=VALUE" AGAIN },
	{ "two spaces", HEADER "waiter tid=7  tgid=7\n" END,
	  "copy:2: waiter: a field is not KEY=VALUE" AGAIN },
	{ "space at the end", HEADER "waiter tid=7 \n" END,
	  "copy:2: waiter: a space at the end of the line" AGAIN },
	{ "bad field of an unknown record", HEADER "future x\n" END,
	  "copy:2: future: a field is not KEY=VALUE" AGAIN },
	{ "a key twice", HEADER "waiter tid=7 tid=8\n" END,
	  "copy:2: waiter: tid=8: a second field of this name" },
	{ "escape character", HEADER "waiter comm=a\033[2J\n" END,
	  "copy:2: unexpected byte 0x1b" AGAIN },
	{ "tab", HEADER "waiter\ttid=7\n" END,
	  "copy:2: unexpected byte 0x09" AGAIN },
	{ "UTF-8 in an unknown key", HEADER "waiter new=\xc3\xa4\n" END,
	  "copy:2: unexpected byte 0xc3" AGAIN },
	{ "carriage return", "futexinspect version=1\r\n" END,
	  "copy:1: unexpected byte 0x0d" AGAIN },
	{ "bad escape", HEADER "waiter comm=a\\9\n" END,
	  "copy:2: waiter: comm=a\\9: a backslash without three octal digits" },
	{ "escape over 377", HEADER "waiter comm=\\400\n" END,
	  "copy:2: waiter: comm=\\400: a backslash without three octal digits" },
	{ "five arguments", HEADER "waiter args=1,2,3,4,5\n" END,
	  "copy:2: waiter: args=1,2,3,4,5: not six numbers" },
	{ "seven arguments", HEADER "waiter args=1,2,3,4,5,6,7\n" END,
	  "copy:2: waiter: args=1,2,3,4,5,6,7: not six numbers" },
	{ "words without offset", HEADER "waiter words=00000001\n" END,
	  "copy:2: waiter: words=00000001: no offset in bytes and colon" },
	{ "an empty word", HEADER "waiter words=0:1,,2\n" END,
	  "copy:2: waiter: words=0:1,,2: a word is not one to eight hex digits" },
	{ "a long word", HEADER "waiter words=0:000000012\n" END,
	  "copy:2: waiter: words=0:000000012: a word is not one to eight hex digits" },
	{ "no times", HEADER "waiter words=0:0*\n" END,
	  "copy:2: waiter: words=0:0*: no number of times after an asterisk" },
	{ "zero times", HEADER "waiter words=0:0*0\n" END,
	  "copy:2: waiter: words=0:0*0: no number of times after an asterisk" },
	{ "too many times", HEADER "waiter words=0:?*4097\n" END,
	  "copy:2: waiter: words=0:?*4097: no number of times after an asterisk" },
	{ "a comma too many", HEADER "waiter words=0:00000001,\n" END,
	  "copy:2: waiter: words=0:00000001,: a word is not one to eight hex digits" },
	{ "neither yes nor no", HEADER "waiter stable=maybe\n" END,
	  "copy:2: waiter: stable=maybe: neither yes nor no" },
	{ "two states", HEADER "thread state=SS\n" END,
	  "copy:2: thread: state=SS: not one letter" },
	{ "no state", HEADER "thread state=\n" END,
	  "copy:2: thread: state=: not one letter" },
	{ "falling ranges", HEADER "mm id=1 live_threads=5-3\n" END,
	  "copy:2: mm: live_threads=5-3: not ranges of ids" },
	{ "a range from 0", HEADER "mm id=1 live_threads=0-5\n" END,
	  "copy:2: mm: live_threads=0-5: not ranges of ids" },
	{ "open range", HEADER "mm id=1 live_threads=1-\n" END,
	  "copy:2: mm: live_threads=1-: not ranges of ids" },
	{ "range without end", HEADER "mm id=1 live_threads=1,\n" END,
	  "copy:2: mm: live_threads=1,: not ranges of ids" },
	{ "range of impossible ids", HEADER "mm id=1 live_threads=1-4294967296\n" END,
	  "copy:2: mm: live_threads=1-4294967296: not ranges of ids" },
	{ "mm without id", HEADER "mm live=1\n" END,
	  "copy:2: mm: no id" AGAIN },
	{ "duplicate mm", HEADER MM MM END,
	  "copy:3: mm: id=1: a second record of this address space" },
	{ "dangling mm", HEADER "waiter tid=7 mm=2\n" MM END,
	  "copy:2: waiter: mm=2: there is no mm record with this id" AGAIN },
	{ "dangling mm of a thread", HEADER MM "thread tid=7 mm=2\n" END,
	  "copy:3: thread: mm=2: there is no mm record with this id" AGAIN },
	{ "duplicate thread", HEADER "thread tid=7\nthread tid=7\n" END,
	  "copy: two thread records for tid 7" AGAIN },
	{ "duplicate process", HEADER "process tgid=7\nprocess tgid=7\n" END,
	  "copy: two process records for tgid 7" AGAIN },
	{ "a timer without a time", HEADER "process armed=14\n" END,
	  "copy:2: process: armed=14: not signals and times" },
	{ "a timer with an empty time", HEADER "process armed=14:,15:1\n" END,
	  "copy:2: process: armed=14:,15:1: not signals and times" },
	{ "a timer of no signal", HEADER "process armed=65:1\n" END,
	  "copy:2: process: armed=65:1: not signals and times" },
	{ "more behind the last timer", HEADER "process armed=?,14:1\n" END,
	  "copy:2: process: armed=?,14:1: not signals and times" },
	{ "a timer too few", HEADER "process armed=14:1,\n" END,
	  "copy:2: process: armed=14:1,: not signals and times" },
	{ "one handler", HEADER "process libc_handlers=0x1\n" END,
	  "copy:2: process: libc_handlers=0x1: not two addresses" },
	{ "three handlers", HEADER "process libc_handlers=0x1,0x2,0x3\n" END,
	  "copy:2: process: libc_handlers=0x1,0x2,0x3: not two addresses" },
	{ "a long value is cut in the message", HEADER
	  "waiter tid=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee\n" END,
	  "copy:2: waiter: tid=aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd: not a number" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char error[PARSE_ERROR_SIZE] = "";
		struct snapshot s;
		int rc = parse(&s, refused[i].text, strlen(refused[i].text), error);

		is_str(rc ? error : "(accepted)", refused[i].error, refused[i].name);
		snapshot_free(&s);
	}
}

static void test_nul(void)
{
	static const char text[] = HEADER "waiter tid=7\0tgid=7\n" END;
	char error[PARSE_ERROR_SIZE] = "";
	struct snapshot s;

	parse(&s, text, sizeof(text) - 1, error);
	is_str(error, "copy:2: unexpected byte 0x00" AGAIN, "NUL");
	snapshot_free(&s);
}

static void test_long_line(void)
{
	size_t len = strlen(HEADER), size = len + MAX_LINE + 2;
	char error[PARSE_ERROR_SIZE] = "", *text = xrealloc(NULL, size);
	struct snapshot s;

	memcpy(text, HEADER, len);
	memset(text + len, 'x', size - len);
	parse(&s, text, size, error);
	is_str(error, "copy:2: the line is longer than any that the module prints: "
	       "this is not a file of the module", "over-long line");
	snapshot_free(&s);
	free(text);
}

static void test_fields(void)
{
	static const char text[] =
		"futexinspect version=1 module=0.1 kernel=6.1 arch=x86_64 boot_id=b start_ns=5 new=1\n"
		"waiter tid=7 tgid=6 comm=a\\040b mm=1 syscall=futex args=0x10,0x89,2,0,0,0xff "
		"uaddr=0x10 waits_on=32 key=shared-inode:77:4096 op=FUTEX_WAIT_BITSET "
		"flags=PRIVATE|CLOCK_REALTIME expected=4294967295 value=0 bitset=0xff "
		"timeout=monotonic asleep_ns=18446744073709551615 stable=no "
		"words=-8:0*2,?*1,a,ffffffff*2 new=?\n"
		"mm hidden=1 live_threads=6-7,9 live=4 id=1\n"
		"process tgid=6 ppid=1 comm= mm=1 execed=no caught=0x8000000000000000\n"
		"thread tid=7 tgid=6 comm=x mm=1 state=S tracer=12 nvcsw=1 nivcsw=2 start_ns=3\n"
		"future thing=1\n"
		"error what=no\\040such\\040thing\n"
		"error what=another\n"
		"end waiters=1 mms=1 processes=1 threads=1 hidden=5 errors=2 end_ns=6\n";
	char error[PARSE_ERROR_SIZE] = "";
	const struct waiter *w;
	const struct thread *t;
	struct snapshot s;
	uint32_t word;

	is_num(parse(&s, text, strlen(text), error), 0, "a file with everything is read");
	w = s.waiters;
	t = s.threads;
	is_str(s.module, "0.1", "module");
	is_str(s.kernel, "6.1", "kernel");
	is_str(s.arch, "x86_64", "arch");
	is_str(s.boot_id, "b", "boot_id");
	is_num(s.start_ns, 5, "start_ns");
	is_num(s.nr_hidden, 5, "hidden");
	is_num(s.nr_errors, 2, "errors");
	is_str(s.error, "no such thing", "the first error");
	is_num(s.nr_waiters, 1, "one waiter");
	is_num(w->tid, 7, "tid");
	is_num(w->tgid, 6, "tgid");
	is_str(w->comm, "a b", "a space in comm is one again");
	is_num(w->mm, 0, "mm");
	is_num(w->thread, 0, "thread");
	is_num(w->process, 0, "process");
	is_num(w->call, CALL_FUTEX, "syscall");
	is_num(w->args[1], 0x89, "an argument");
	is_num(w->args[5], 0xff, "the last argument");
	is_num(w->uaddr, 0x10, "uaddr in hex");
	is_num(w->waits_on, 32, "waits_on in decimal");
	is_num(w->key_type, KEY_SHARED_INODE, "key");
	is_num(w->key.seq, 77, "sequence number of the key");
	is_num(w->key.offset, 4096, "offset of the key");
	is_num(w->opcode, OP_WAIT_BITSET, "op");
	is_str(w->op_text, "FUTEX_WAIT_BITSET", "op as text");
	is_num(w->flags, WAIT_PRIVATE | WAIT_REALTIME, "flags");
	is_str(w->flags_text, "PRIVATE|CLOCK_REALTIME", "flags as text");
	is_num(w->expected, 4294967295, "expected");
	ok(w->known & W_VALUE && w->value == 0, "a value of 0 is known");
	is_num(w->bitset, 0xff, "bitset");
	is_num(w->timeout, TIMEOUT_MONOTONIC, "timeout");
	is_num(w->asleep_ns, UINT64_MAX, "asleep_ns");
	is_num(w->stable, NO, "stable");
	is_num(s.nr_mms, 1, "one mm");
	is_num(s.mms[0].live, 4, "live");
	is_num(s.mms[0].hidden, 1, "hidden threads");
	is_num(s.mms[0].nr_live_tids, 3, "live_threads are counted");
	is_num(s.mms[0].nr_threads, 1, "thread records are counted");
	is_str(s.mms[0].live_threads, "6-7,9", "live_threads");
	is_str(s.processes[0].comm, "", "an empty comm");
	is_num(s.processes[0].execed, NO, "execed");
	is_num(s.processes[0].caught, 1ULL << 63, "caught");
	is_num(t->state, 'S', "state");
	is_num(t->tracer, 12, "tracer");
	is_num(t->nvcsw, 1, "nvcsw");
	is_num(t->nivcsw, 2, "nivcsw");
	is_num(t->start_ns, 3, "start_ns of a thread");
	ok(waiter_word(w, -8, &word) && word == 0, "the first word of two");
	ok(waiter_word(w, -4, &word) && word == 0, "the second word of two");
	ok(!waiter_word(w, 0, &word), "an unknown word");
	ok(waiter_word(w, 4, &word) && word == 10, "the word after");
	ok(waiter_word(w, 12, &word) && word == UINT32_MAX, "the last word");
	ok(!waiter_word(w, 16, &word), "a word outside");
	ok(!waiter_word(w, -12, &word), "a word outside, before");
	snapshot_free(&s);
}

static bool is_polled(const struct thread *t, size_t i, enum sleep_kind kind, uint64_t id,
		      uint64_t peer)
{
	return t->known & T_POLLS && i < t->nr_polled && t->polled[i].kind == kind &&
	       t->polled[i].id == id && t->polled[i].peer == peer;
}

/* The timers of processes, by their number. */
static void test_timers(void)
{
	static const char text[] = HEADER
		"process armed=- ignored=0x8000 libc_handlers=0x0,0x7f00\n"
		"process armed=14:7000000000,27:cpu,33:?,34:new,?\n"
		"process armed=? ignored=? libc_handlers=?\n"
		"process timers=yes\n"
		"thread blocked=0x2000 pdeath=9 pipe=7 socket=8 peer=9\nthread\n"
		"thread eventfd=3\nthread epoll=4 polls=-\n"
		"thread polls=pipe:7,room:8,socket:9:10,eventfd:11\nthread polls=pipe:7,new:8\n"
		END;
	char error[PARSE_ERROR_SIZE] = "";
	const struct process *p;
	struct snapshot s;

	is_num(parse(&s, text, strlen(text), error), 0, "timers are read");
	p = s.processes;
	is_num(p[0].known, P_ARMED | P_IGNORED | P_LIBC_HANDLERS, "what is known");
	ok(!p[0].nr_armed && !p[0].more_armed, "no timer is armed");
	is_num(p[0].ignored, 0x8000, "ignored");
	ok(!p[0].libc_handlers[0] && p[0].libc_handlers[1] == 0x7f00, "libc_handlers");
	ok(p[1].nr_armed == 4 && p[1].more_armed, "four timers, and there may be more");
	ok(p[1].armed[0].signal == 14 && p[1].armed[0].fires_ns == 7000000000, "one in 7 s");
	ok(p[1].armed[1].signal == 27 && p[1].armed[1].fires_ns == FIRES_ON_CPU,
	   "one that fires only if somebody runs");
	ok(p[1].armed[2].signal == 33 && p[1].armed[2].fires_ns == FIRES_UNKNOWN,
	   "one that fires nobody knows when");
	ok(p[1].armed[3].signal == 34 && p[1].armed[3].fires_ns == FIRES_UNKNOWN,
	   "one with a clock that is newer than this program");
	ok(!p[2].known && !p[2].ignored, "all is unknown");
	ok(!p[3].known && p[3].timers == YES, "an older module");
	ok(s.threads[0].blocked == 0x2000 && !s.threads[1].blocked, "blocked signals");
	ok(s.threads[0].pdeath == 9 && !s.threads[1].pdeath, "signal of the end of the parent");
	ok(s.threads[0].known & T_PIPE && s.threads[0].pipe == 7 && !(s.threads[1].known & T_PIPE),
	   "pipe that it sleeps on");
	ok(s.threads[0].known & T_SOCKET && s.threads[0].socket == 8 && s.threads[0].known & T_PEER &&
	   s.threads[0].peer == 9, "socket that it sleeps on");
	ok(s.threads[2].known & T_EVENTFD && s.threads[2].eventfd == 3 &&
	   !(s.threads[2].known & (T_EPOLL | T_POLLS)), "eventfd that it sleeps on");
	ok(s.threads[3].known & T_EPOLL && s.threads[3].epoll == 4 &&
	   s.threads[3].known & T_POLLS && !s.threads[3].nr_polled, "epoll set with nothing");
	ok(is_polled(&s.threads[4], 0, SLEEP_READ, 7, 0) &&
	   is_polled(&s.threads[4], 1, SLEEP_WRITE, 8, 0) &&
	   is_polled(&s.threads[4], 2, SLEEP_SOCKET, 9, 10) &&
	   is_polled(&s.threads[4], 3, SLEEP_EVENTFD, 11, 0) && s.threads[4].nr_polled == 4,
	   "files that it polls");
	ok(!(s.threads[5].known & T_POLLS), "files that a newer module knows");
	snapshot_free(&s);
}

static void test_defaults(void)
{
	static const char text[] = HEADER
		"waiter uaddr=0x40 op=FUTEX_WAIT flags=PRIVATE expected=2\n"
		"waiter uaddr=0x40 op=FUTEX_WAIT_BITSET flags=CLOCK_REALTIME expected=2 bitset=0x3\n"
		"waiter uaddr=0x40 op=FUTEX_LOCK_PI flags=- expected=-\n"
		"waiter\n"
		"thread tid=8 tgid=7\n"
		"process tgid=7 comm=seven mm=1\n"
		"mm id=1\n"
		END;
	char error[PARSE_ERROR_SIZE] = "";
	const struct waiter *w;
	const struct thread *t;
	struct snapshot s;
	uint32_t word;

	is_num(parse(&s, text, strlen(text), error), 0, "a file of what is left out is read");
	w = s.waiters;
	t = s.threads;
	is_num(w->call, CALL_FUTEX, "the call is futex");
	ok(w->known & W_WAITS_ON && w->waits_on == 0x40, "waits_on is uaddr");
	is_num(w->key_type, KEY_PRIVATE, "the key is private");
	is_num(w->timeout, TIMEOUT_NONE, "there is no timeout");
	is_num(w->stable, YES, "it is stable");
	is_num(w->pi_owner, PID_NONE, "there is no owner");
	is_num(w->queued, QUEUED_YES, "it is queued");
	is_str(w->queued_text, "yes", "and says so");
	ok(waiter_word(w, -48, &word) && !word && waiter_word(w, 44, &word) && !word &&
	   !waiter_word(w, -52, &word) && !waiter_word(w, 48, &word), "24 words are 0");
	ok(w->known & W_ARGS && w->args[0] == 0x40 && w->args[1] == 0x80 && w->args[2] == 2 &&
	   !w->args[3], "the arguments of FUTEX_WAIT");
	ok(w[1].known & W_ARGS && w[1].args[1] == (9 | 0x100) && w[1].args[5] == 3,
	   "the arguments of FUTEX_WAIT_BITSET");
	ok(!(w[2].known & W_ARGS), "none of FUTEX_LOCK_PI");
	ok(!(w[3].known & (W_ARGS | W_WAITS_ON)), "none without uaddr");
	is_num(t->mm, 0, "a thread has the mm of its process");
	is_str(t->comm, "seven", "and its name");
	is_num(s.mms[0].nr_threads, 1, "and counts as a thread of that mm");
	is_num(t->state, 'S', "it sleeps");
	is_num(t->tracer, PID_NONE, "it is not traced");
	ok(t->known == (T_NIVCSW | T_CLEAR_TID) && !t->nivcsw && !t->clear_child_tid,
	   "it was never preempted, and its end wakes nobody");
	is_num(t->nstid, 8, "its own id is the same");
	is_num(t->freezer, FREEZER_NONE, "it is not frozen");
	ok(t->exiting == NO && t->io_worker == NO && t->io_uring == NO, "and nothing else");
	snapshot_free(&s);
}

static void test_unknown(void)
{
	static const char text[] = HEADER
		"waiter tid=? tgid=? comm=? mm=? syscall=? args=? uaddr=? waits_on=? key=? op=? "
		"flags=? expected=? value=? bitset=? timeout=? asleep_ns=? stable=? words=? "
		"pi_owner=? queued=?\n"
		"waiter syscall=futex_new timeout=boottime key=new\n"
		"mm id=1 live=? live_threads=? hidden=?\n"
		"process tgid=? ppid=? comm=? mm=? execed=? caught=?\n"
		"thread tid=? tgid=? comm=? mm=? state=? tracer=? nvcsw=? nivcsw=? start_ns=? "
		"nstid=? frozen=? exiting=? io_worker=? io_uring=? clear_child_tid=? bits=? fp=? lr=?\n"
		"thread tracer=- bits=32 fp=0x7ffe0010 lr=0\n"
		"end waiters=? mms=?\n";
	char error[PARSE_ERROR_SIZE] = "";
	const struct waiter *w;
	const struct thread *t;
	struct snapshot s;

	is_num(parse(&s, text, strlen(text), error), 0, "a file of unknowns is read");
	w = s.waiters;
	ok(!w->known && w->tid == PID_UNKNOWN && w->tgid == PID_UNKNOWN && !w->comm &&
	   w->mm == -1 && w->thread == -1 && w->process == -1 && !w->call && !w->key_text &&
	   !w->key_type && !w->op_text && !w->flags_text && !w->timeout && !w->stable && !w->words &&
	   w->pi_owner == PID_UNKNOWN && !w->queued, "all of a waiter is unknown");
	w++;
	ok(!w->call && !w->timeout && !w->key_type, "new words are unknown, not wrong");
	is_str(w->key_text, "new", "a new kind of key is still shown");
	ok(!s.mms[0].known && !s.mms[0].live_threads, "all of an mm is unknown");
	ok(s.processes[0].tgid == PID_UNKNOWN && s.processes[0].ppid == PID_UNKNOWN &&
	   s.processes[0].mm == -1 && !s.processes[0].execed && !s.processes[0].known,
	   "all of a process is unknown");
	t = s.threads;
	ok(!t->known && t->tracer == PID_UNKNOWN && !t->state && !t->comm && t->mm == -1 &&
	   t->nstid == PID_UNKNOWN && !t->bits && !t->freezer && !t->exiting && !t->io_worker && !t->io_uring,
	   "all of a thread is unknown");
	ok(s.threads[1].tracer == PID_NONE, "no tracer is not an unknown one");
	ok(s.threads[1].bits == 32 && s.threads[1].known & T_FP && s.threads[1].known & T_LR &&
	   s.threads[1].fp == 0x7ffe0010 && !s.threads[1].lr, "registers are read");
	snapshot_free(&s);
}

/* Keys of a newer module that begin as known ones do, or are the beginning of one. */
static void test_similar_keys(void)
{
	static const char text[] = HEADER
		"waiter tid=7 ti=8 tidy=8 expected_=9 expecte=9 asleep_n=9 asleep_nsec=9 expected=5 "
		"asleep_ns=6\n"
		"thread clear_ch=0x10 clear_child_ti=0x10 clear_child_tid_2=0x10 io_worke=yes t=1\n"
		"end waiters=1 mms=0\n";
	char error[PARSE_ERROR_SIZE] = "";
	struct snapshot s;

	is_num(parse(&s, text, strlen(text), error), 0, "similar keys are read");
	is_num(s.waiters[0].tid, 7, "tid is not ti or tidy");
	is_num(s.waiters[0].expected, 5, "expected is not its beginning");
	is_num(s.waiters[0].asleep_ns, 6, "asleep_ns is not its first eight letters");
	ok(s.threads[0].clear_child_tid == 0 && s.threads[0].io_worker == NO,
	   "the beginning of a key is not the key");
	snapshot_free(&s);
}

static char *read_data(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = xcalloc(1, 1 << 20);

	*len = f ? fread(text, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return text;
}

/* Everything that can be done with a file that was accepted. */
static void use(const struct snapshot *s, FILE *sink)
{
	const struct json_options json = { .interval_ms = 0 };
	struct table_options opts = { .tree = true };
	const struct filter all = { 0 };
	struct selection sel;
	struct analysis a, again;

	analyze(&a, s, NULL);
	select_waiters(&sel, &a, &all);
	print_json(sink, &sel, &json);
	if (s->nr_waiters)
		print_explanation(sink, &a, 0, NULL);
	selection_free(&sel);
	analyze(&again, s, &a);
	select_waiters(&sel, &again, &all);
	for (size_t c = 0; c < nr_columns; c++)
		opts.columns.cols[opts.columns.nr++] = &columns[c];
	print_table(sink, &sel, &opts);
	selection_free(&sel);
	analysis_free(&again);
	analysis_free(&a);
}

static void test_cut_off(const char *text, size_t len)
{
	char error[PARSE_ERROR_SIZE];
	size_t accepted = 0;
	struct snapshot s;

	for (size_t n = 0; n < len; n++) {
		accepted += !parse(&s, text, n, error);
		snapshot_free(&s);
	}
	is_num(accepted, 0, "no part of a file passes for the whole");
	is_num(parse(&s, text, len, error), 0, "the whole does");
	snapshot_free(&s);
}

/* Hostile files: nothing may crash, and all that is said must be printable. */
static void test_mutations(const char *text, size_t len)
{
	static const char bytes[] = " =\n?,-:0x9f\\\0\033\xff";
	FILE *sink = fopen("/dev/null", "w");
	size_t accepted = 0, unprintable = 0;
	char error[PARSE_ERROR_SIZE];
	char *copy = xrealloc(NULL, len);
	struct snapshot s;

	srandom(1);
	for (int i = 0; i < 3000; i++) {
		memcpy(copy, text, len);
		for (int n = random() % 4; n >= 0; n--)
			copy[random() % len] = random() % 2 ? bytes[random() % sizeof(bytes)] :
							      copy[random() % len];
		if (!parse(&s, copy, len, error)) {
			accepted++;
			use(&s, sink);
		} else {
			for (const char *c = error; *c; c++)
				unprintable += *c < ' ' || *c > '~';
		}
		snapshot_free(&s);
	}
	ok(accepted > 50 && accepted < 2900, "mutated files: some are accepted, some are not");
	is_num(unprintable, 0, "no message has an unprintable byte");
	free(copy);
	fclose(sink);
}

static void test_fd(void)
{
	int fds[2], zero = open("/dev/zero", O_RDONLY);
	char error[PARSE_ERROR_SIZE] = "";
	struct snapshot s;

	snapshot_init(&s, &source_file);
	is_num(-parse_fd(zero, "zero", &s, error), 1, "an endless file of another kind ends");
	is_str(error, "zero:1: does not begin with \"futexinspect\": "
	       "this is not a file of the module", "  with a message");
	snapshot_free(&s);
	close(zero);

	if (pipe(fds) || write(fds[1], HEADER END, strlen(HEADER END)) < 0)
		ok(false, "pipe");
	close(fds[1]);
	is_num(parse_fd(fds[0], "pipe", &s, error), 0, "a pipe is read");
	snapshot_free(&s);
	close(fds[0]);

	is_num(-parse_fd(-1, "closed", &s, error), 1, "a bad descriptor fails");
	is_str(error, "closed: cannot read: Bad file descriptor", "  with a message");
	snapshot_free(&s);
}

/* Lists of mms that are the same are kept once, and no list is taken for another. */
static void test_shared_maps(void)
{
	static const char text[] = HEADER MM
		"mm id=2 live=1 live_threads=9 hidden=0\n"
		"shared key=shared-inode:5:0 mms=2,1 complete=yes\n"
		"shared key=shared-inode:5:4 mms=2,1 complete=yes\n"
		"shared key=shared-inode:5:8 mms=? complete=yes\n"
		"shared key=shared-inode:5:12 mms=1,2 complete=yes\n"
		"shared key=shared-inode:5:16 mms=1,2 complete=yes\n"
		"shared key=shared-inode:5:20 complete=yes\n"
		"shared key=shared-inode:5:24 mms=? complete=no\n"
		"shared key=shared-inode:5:28 complete=no\n"
		"end shared=8\n";
	static const size_t first[] = { 0, 0, 2, 2, 2, 2, 0, 0 };
	static const size_t nr[] = { 2, 2, 0, 2, 2, 2, 0, 0 };
	char error[PARSE_ERROR_SIZE];
	struct snapshot s;

	ok(!parse(&s, text, strlen(text), error), "lists of mms");
	is_num(s.nr_maps, 4, "two lists are kept");
	for (size_t i = 0; i < ARRAY_SIZE(nr); i++)
		ok(s.shared[i].nr_maps == nr[i] && (!nr[i] || s.shared[i].first_map == first[i]),
		   "word %zu has its own or that of the word before", i);
	snapshot_free(&s);
}

/* Keys that a hash of theirs would mix up; and a kind of key that is newer than this program. */
static void test_shared_keys(void)
{
	static const char text[] = HEADER MM
		"waiter tid=9 key=shared-inode:5:0\nwaiter tid=9 key=shared-inode:1:8709371129873690708\n"
		"waiter tid=9 key=shared-inode:7:4:new\n"
		"shared key=shared-inode:1:8709371129873690708 mms=1 complete=yes\n"
		"shared key=shared-inode:5:0 mms=1 complete=yes\n"
		"shared key=new-kind:5:0 mms=1 complete=yes\n"
		"end shared=3\n";
	char error[PARSE_ERROR_SIZE] = "";
	struct snapshot s;

	parse(&s, text, strlen(text), error);
	is_str(error, "", "keys that are hard to tell apart");
	is_num(s.waiters[0].shared, 1, "the second one");
	is_num(s.waiters[1].shared, 0, "the first one");
	ok(s.waiters[2].shared < 0 && s.waiters[2].key_type == KEY_UNKNOWN,
	   "a kind that is not known");
	snapshot_free(&s);
}

static void test_shared(void)
{
	static const char text[] = HEADER MM
		"mm id=2 live=1 live_threads=9 hidden=0\n"
		"waiter tid=9 key=shared-inode:5:64\nwaiter tid=9 key=shared-inode:5:68\n"
		"shared key=shared-inode:5:60 dev=? ino=? nlink=? mms=? complete=no\n"
		"shared key=shared-inode:5:64 dev=8:1 ino=7 nlink=0 mms=2,1 complete=yes\n"
		"thread tid=9 mm=2 clear_child_tid=0x910\nend shared=2\n";
	char error[PARSE_ERROR_SIZE];
	struct snapshot s;

	ok(!parse(&s, text, strlen(text), error), "shared words");
	is_num(s.nr_shared, 2, "are counted");
	is_num(s.waiters[0].shared, 1, "a waiter's word is found by its key");
	ok(s.waiters[1].shared < 0, "and one without record is not");
	ok(s.shared[0].known == S_KEY && !s.shared[0].nr_maps && s.shared[0].complete == NO,
	   "unknown is not zero");
	is_num(s.shared[1].known, S_KEY | S_INO | S_NLINK, "what is known");
	is_num(s.shared[1].ino, 7, "ino");
	is_num(s.shared[1].nlink, 0, "nlink");
	is_str(s.shared[1].dev, "8:1", "dev");
	is_num(s.shared[1].complete, YES, "complete");
	ok(s.shared[1].nr_maps == 2 && s.maps[s.shared[1].first_map] == 1 &&
	   s.maps[s.shared[1].first_map + 1] == 0, "mms");
	ok(s.threads[0].known & T_CLEAR_TID && s.threads[0].clear_child_tid == 0x910,
	   "clear_child_tid");
	snapshot_free(&s);
}

int main(void)
{
	size_t len;
	char *text = read_data("data/zoo.txt", &len);

	tap_start();
	test_shared();
	test_shared_maps();
	test_shared_keys();
	test_refused();
	test_nul();
	test_long_line();
	test_fields();
	test_timers();
	test_defaults();
	test_unknown();
	test_similar_keys();
	test_fd();
	if (ok(len > 1000, "data/zoo.txt is there")) {
		test_cut_off(text, len);
		test_mutations(text, len);
	}
	free(text);
	return tap_end();
}
