// SPDX-License-Identifier: GPL-2.0-only
/*
 * The locks and events of a case: what its threads take, wait for and let go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "zoo.h"

struct body {
	_Atomic bool released;	/* by the first of those who could */
	union {
		pthread_mutex_t mutex;
		pthread_rwlock_t rwlock;
		struct {
			pthread_mutex_t mutex;
			pthread_cond_t cond;
			bool flag;
		} event;
		sem_t sem;
		pthread_barrier_t barrier;
		uint32_t words[12];	/* a raw futex is the first, or second */
		int ends[2];		/* of a pipe or socket: to read from, to write to */
	};
};

static struct body own[MAX_OBJS], *shared;

/* In a process that does not map it any more as well, if it has a descriptor. */
static struct body *get_shared(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	check(pthread_mutex_lock(&mutex), "pthread_mutex_lock");
	if (!shared)
		shared = map_memory(sizeof(own));
	check(pthread_mutex_unlock(&mutex), "pthread_mutex_unlock");
	return shared;
}

static struct body *body_of(int obj)
{
	return &(in_memory(&plan->objs[obj]) ? get_shared() : own)[obj];
}

struct timespec soon(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += 50 * MS;
	if (time.tv_nsec >= 1000 * MS) {
		time.tv_sec++;
		time.tv_nsec -= 1000 * MS;
	}
	return time;
}

static void init_mutex(pthread_mutex_t *mutex, const struct object *o)
{
	static const int types[NR_LOCKS] = {
		[RECURSIVE]	= PTHREAD_MUTEX_RECURSIVE,
		[ERRORCHECK]	= PTHREAD_MUTEX_ERRORCHECK,
		[ADAPTIVE]	= PTHREAD_MUTEX_ADAPTIVE_NP,
	};
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if (o->kind < NR_LOCKS)
		pthread_mutexattr_settype(&attr, types[o->kind]);
	if (o->pshared)
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (o->kind == ROBUST || o->kind == PI_ROBUST)
		pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (is_pi(o))
		pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	check(pthread_mutex_init(mutex, &attr), "pthread_mutex_init");
}

static void init_rwlock(pthread_rwlock_t *rwlock, const struct object *o)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	if (o->pshared)
		pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check(pthread_rwlock_init(rwlock, &attr), "pthread_rwlock_init");
}

static void init_event(struct body *b, const struct object *o)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	if (o->pshared)
		pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	init_mutex(&b->event.mutex, o);
	check(pthread_cond_init(&b->event.cond, &attr), "pthread_cond_init");
}

/* All that wait, and the one that is to come. */
static void init_barrier(pthread_barrier_t *barrier, int obj)
{
	pthread_barrierattr_t attr;
	unsigned int count = 1;

	for (unsigned int t = 0; t < plan->nr_threads; t++)
		count += plan->threads[t].wait == ON_OBJECT && plan->threads[t].on == obj;
	pthread_barrierattr_init(&attr);
	if (plan->objs[obj].pshared)
		pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check(pthread_barrier_init(barrier, &attr, count), "pthread_barrier_init");
}

static void init_object(int obj)
{
	const struct object *o = &plan->objs[obj];
	struct body *b = body_of(obj);

	switch (o->kind) {
	case RWLOCK:
		init_rwlock(&b->rwlock, o);
		break;
	case COND:
		init_event(b, o);
		break;
	case SEM:
		sem_init(&b->sem, o->pshared, 0);
		break;
	case BARRIER:
		init_barrier(&b->barrier, obj);
		break;
	case RAW:
		b->words[o->like == LIKE_ODD] = o->expected;
		break;
	case PIPE:
		if (pipe(b->ends))
			die("pipe");
		break;
	case SOCKET:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, b->ends))
			die("socketpair");
		break;
	default:
		init_mutex(&b->mutex, o);
	}
}

/* In the first process, before the others are forked. */
void init_objects(void)
{
	shared = make_memory(sizeof(own));
	for (unsigned int i = 0; i < plan->nr_objs; i++)
		init_object(i);
}

/* What is not shared is open in the processes that use it, and in no other. */
static void close_ends(int proc)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++) {
		const struct object *o = &plan->objs[i];

		if (!has_ends(o) || o->shared)
			continue;
		if (o->home != proc)
			close(own[i].ends[0]);
		if (o->far != proc)
			close(own[i].ends[1]);
	}
}

/* What a process is not to have, once the others are forked. */
void leave_objects(int proc)
{
	close_ends(proc);
	leave_memory(proc, shared, sizeof(own));
	if (!plan->procs[proc].maps)
		shared = NULL;
}

/* Now a file from which only its own process could be told something. */
void replace_ends(int t)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++) {
		const struct object *o = &plan->objs[i];
		int ends[2];

		if (!has_ends(o) || o->replacer != t)
			continue;
		if (pipe(ends) || dup2(ends[0], own[i].ends[0]) < 0)
			die("dup2");
	}
}

void take_held(int t)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++) {
		const struct object *o = &plan->objs[i];

		if (!(o->holders & bit(t)))
			continue;
		if (o->read_held)
			check(pthread_rwlock_rdlock(&body_of(i)->rwlock), "pthread_rwlock_rdlock");
		else if (o->kind == RWLOCK)
			check(pthread_rwlock_wrlock(&body_of(i)->rwlock), "pthread_rwlock_wrlock");
		else
			check(pthread_mutex_lock(&body_of(i)->mutex), "pthread_mutex_lock");
	}
}

static void unlock(int obj)
{
	if (plan->objs[obj].kind == RWLOCK)
		check(pthread_rwlock_unlock(&body_of(obj)->rwlock), "pthread_rwlock_unlock");
	else
		check(pthread_mutex_unlock(&body_of(obj)->mutex), "pthread_mutex_unlock");
}

/* As the thread that forked, if it held it: glibc compares the id in the lock. */
static void release_inherited(int obj)
{
	struct body *b = body_of(obj);
	pid_t tid = own_tid();

	if (plan->objs[obj].kind == ROBUST) {
		/* It is in the list of the other thread. */
		__atomic_store_n(&b->mutex.__data.__lock, FUTEX_OWNER_DIED, __ATOMIC_SEQ_CST);
		futex((uint32_t *)&b->mutex.__data.__lock, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
		return;
	}
	if (plan->objs[obj].kind == RWLOCK)
		b->rwlock.__data.__cur_writer = tid;
	else
		b->mutex.__data.__owner = tid;
	unlock(obj);
}

static void release_readers(int obj)
{
	for (int n = __builtin_popcount(plan->objs[obj].holders); n; n--)
		unlock(obj);
}

static uint32_t *word_of(int obj)
{
	return &body_of(obj)->words[plan->objs[obj].like == LIKE_ODD];
}

static uint32_t expected_of(int obj)
{
	const struct object *o = &plan->objs[obj];

	return o->like == LIKE_TID ? (uint32_t)control->threads[o->names].tid : o->expected;
}

static void wake_all(int obj, int proc)
{
	struct body *b = body_of(obj);
	static const char bytes[MAX_THREADS];

	switch (plan->objs[obj].kind) {
	case COND:
		pthread_mutex_lock(&b->event.mutex);
		b->event.flag = true;
		pthread_cond_broadcast(&b->event.cond);
		pthread_mutex_unlock(&b->event.mutex);
		break;
	case SEM:
		for (unsigned int t = 0; t < plan->nr_threads; t++)
			sem_post(&b->sem);
		break;
	case BARRIER:
		if (!atomic_exchange(&b->released, true))
			pthread_barrier_wait(&b->barrier);
		break;
	case RAW:
		*word_of(obj) = ~expected_of(obj);
		futex(word_of(obj), FUTEX_WAKE | (plan->objs[obj].pshared ? 0 : FUTEX_PRIVATE_FLAG),
		      INT_MAX, NULL, NULL, 0);
		break;
	case SOCKET:
		if (!plan->objs[obj].shared && plan->objs[obj].far != proc) {
			shutdown(b->ends[0], SHUT_RDWR);
			break;
		}
		/* fallthrough */
	default:
		/* Those who could read it may all have ended: EPIPE. */
		if (write(b->ends[1], bytes, sizeof(bytes)) < 0 && errno != EPIPE)
			die("write");
	}
}

/* What a thread of the process can do for the waiters of that object. */
static void let_go(int t, int obj)
{
	const struct object *o = &plan->objs[obj];
	int proc = plan->threads[t].proc;

	if (o->kind >= NR_LOCKS) {
		if (reaches(plan, o, proc))
			wake_all(obj, proc);
	} else if (o->read_held) {
		if ((reaches(plan, o, proc) || (!o->shared && !o->home)) &&
		    !atomic_exchange(&body_of(obj)->released, true))
			release_readers(obj);
	} else if (is_inherited(plan, proc, o)) {
		if (t == first_of(threads_of(plan, proc)))
			release_inherited(obj);
	} else if (o->holders & bit(t)) {
		unlock(obj);
	}
}

/* As a process of none that the case has: a child of this program, which comes for that. */
void come_by_name(const struct zoo_case *c)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	me = c;
	plan = &c->plan;
	control = c->control;
	for (unsigned int i = 0; i < plan->nr_objs; i++) {
		if (!is_open_to_all(plan, &plan->objs[i]))
			continue;
		if (plan->objs[i].kind >= NR_LOCKS)
			wake_all(i, -1);
		else if (!atomic_exchange(&body_of(i)->released, true))
			release_readers(i);
	}
	_exit(0);
}

/* One that ends at once, of the first process: so it comes back from waitid(2). */
static void make_child(int proc)
{
	long pid = syscall(SYS_clone, SIGCHLD | (proc ? CLONE_PARENT : 0), 0, 0, 0, 0);

	if (!pid)
		syscall(SYS_exit, 0);
	if (pid < 0)
		die("clone");
}

/* What a thread does that goes on: all that it could. */
void let_others_go_on(int t)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++)
		let_go(t, i);
	if (plan->nr_procs > 1)
		make_child(plan->threads[t].proc);
}

/* Each of these returns 0 if what is waited for came, ETIMEDOUT if not. */
static int lock_mutex(pthread_mutex_t *mutex, const struct timespec *until)
{
	int error = until ? pthread_mutex_timedlock(mutex, until) : pthread_mutex_lock(mutex);

	/* So it comes if the holder of a robust PI lock that was copied exits. */
	return error == EOWNERDEAD ? pthread_mutex_consistent(mutex) : error;
}

static int lock_rwlock(pthread_rwlock_t *rwlock, bool reads, const struct timespec *until)
{
	if (until)
		return reads ? pthread_rwlock_timedrdlock(rwlock, until) :
			       pthread_rwlock_timedwrlock(rwlock, until);
	return reads ? pthread_rwlock_rdlock(rwlock) : pthread_rwlock_wrlock(rwlock);
}

static int wait_event(struct body *b, const struct timespec *until)
{
	int error = 0;

	check(pthread_mutex_lock(&b->event.mutex), "pthread_mutex_lock");
	while (!b->event.flag && !error)
		error = until ? pthread_cond_timedwait(&b->event.cond, &b->event.mutex, until) :
				pthread_cond_wait(&b->event.cond, &b->event.mutex);
	check(pthread_mutex_unlock(&b->event.mutex), "pthread_mutex_unlock");
	return error;
}

static int wait_sem(sem_t *sem, const struct timespec *until)
{
	while (until ? sem_timedwait(sem, until) : sem_wait(sem)) {
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* The words of a mutex of glibc whose holder is a thread of the case, but for one. */
static void lay_words(int obj)
{
	const struct object *o = &plan->objs[obj];
	uint32_t *words = word_of(obj);

	if (o->like == LIKE_NOTHING)
		return;
	words[0] = expected_of(obj);
	words[2] = o->like == LIKE_SMALL ? 2 : control->threads[o->names].tid;
	words[3] = o->like == LIKE_COUNTER ? 1000 : 1;
	words[4] = (o->pshared ? 128 : 0) + (o->like == LIKE_KIND ? 4 : 0);
	words[8] = o->like == LIKE_TAIL;
}

static int wait_raw(int obj, const struct timespec *until)
{
	const struct object *o = &plan->objs[obj];
	bool by_clock = o->like == LIKE_NOTHING || o->like == LIKE_CLOCK;
	int op = by_clock ? FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME : FUTEX_WAIT;
	uint32_t *word = word_of(obj), expected = expected_of(obj);

	if (!o->pshared)
		op |= FUTEX_PRIVATE_FLAG;
	while (*(volatile uint32_t *)word == expected) {
		if (futex(word, op, expected, until, NULL, o->bitset) && errno == ETIMEDOUT)
			return errno;
	}
	return 0;
}

/* Whether there is something to read: MAX_THREADS bytes, enough for all who wait. */
static int wait_readable(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	int nr = poll(&event, 1, 50);

	if (nr < 0 && errno != EINTR)
		die("poll");
	return nr > 0 ? 0 : ETIMEDOUT;
}

int wait_read(int fd, bool timed)
{
	char c;

	if (timed && wait_readable(fd))
		return ETIMEDOUT;
	/* If all who could write have ended, that is as good, and so is a signal in the end. */
	while (read(fd, &c, 1) < 0) {
		if (errno != EINTR)
			die("read");
		if (control->open)
			break;
	}
	return 0;
}

static int wait_once(const struct thread *thread, const struct timespec *until)
{
	struct body *b = body_of(thread->on);

	switch (plan->objs[thread->on].kind) {
	case RWLOCK:
		return lock_rwlock(&b->rwlock, thread->reads, until);
	case COND:
		return wait_event(b, until);
	case SEM:
		return wait_sem(&b->sem, until);
	case BARRIER:
		pthread_barrier_wait(&b->barrier);
		return 0;
	case RAW:
		return wait_raw(thread->on, until);
	case PIPE:
	case SOCKET:
		return wait_read(b->ends[0], until);
	default:
		return lock_mutex(&b->mutex, until);
	}
}

/* siglongjmp(3) calls what glibc registered for the end of the thread, which takes the mutex. */
void leave_wait(const struct thread *thread)
{
	if (thread->wait == ON_OBJECT && plan->objs[thread->on].kind == COND)
		check(pthread_mutex_unlock(&body_of(thread->on)->event.mutex),
		      "pthread_mutex_unlock");
}

/* The lock is let go at once: what the thread is for is to release its others. */
void wait_on_object(const struct thread *thread)
{
	struct timespec until;
	int error;

	if (plan->objs[thread->on].kind == RAW)
		lay_words(thread->on);
	do {
		until = soon();
		error = wait_once(thread, thread->timed ? &until : NULL);
	} while (error == ETIMEDOUT && !control->open);
	if (error && error != ETIMEDOUT)
		check(error, "wait");
	if (!error && plan->objs[thread->on].kind < NR_LOCKS)
		unlock(thread->on);
}
