// SPDX-License-Identifier: GPL-2.0-only
// dlopen_ctor: a plugin's constructor against the loader's own lock.
//
// State: thread "loader" is in dlopen(), which has the dynamic loader's lock (dl_load_lock); the
//   library's constructor wants the registry's mutex. Thread "user" has the registry's mutex and
//   touches a thread_local with a destructor for the first time: the C library takes the loader's
//   lock to note that. Main joins "loader"; a "net" thread sleeps in epoll_wait.
// Truth: deadlock of "loader" and "user" over two mutexes that both name their owners; nobody's
//   source code shows the second one.
// Build: g++ -g -O1 -pthread dlopen_ctor.cc -o dlopen_ctor -rdynamic &&
//        g++ -g -O1 -shared -fPIC -DPLUGIN dlopen_ctor.cc -o dlopen_ctor_plugin.so
// Run:   ./dlopen_ctor
// Source: github.com/apache/trafficserver issue 10129 "Deadlock between DbgCtl and PCRE": found in
//   gdb by somebody who could tell that futex_word=0x7ffbf73a3a08 <_rtld_local+2568> is the loader's
//   lock, from the line of glibc's source and a mail of 2007.
#include <dlfcn.h>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <semaphore.h>
#include <sys/epoll.h>
#include <unistd.h>

extern std::mutex registry;
extern sem_t in_constructor, has_registry;

#ifdef PLUGIN
struct Tag {
	Tag()
	{
		sem_post(&in_constructor);
		sem_wait(&has_registry);
		sleep(1);
		std::lock_guard<std::mutex> lock(registry);
	}
} tag;
#else
std::mutex registry;
sem_t in_constructor, has_registry;

struct Cache { std::string text; ~Cache() { text.clear(); } };

static void user()
{
	printf("tid user %d\n", gettid());
	std::lock_guard<std::mutex> lock(registry);
	sem_post(&has_registry);
	sem_wait(&in_constructor);
	thread_local Cache cache;
	cache.text = "x";
}

static void loader(std::string path)
{
	printf("tid loader %d\n", gettid());
	if (!dlopen(path.c_str(), RTLD_NOW))
		puts(dlerror());
}

static void net()
{
	struct epoll_event e;
	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &e, 1, -1);
}

int main(int, char **argv)
{
	setlinebuf(stdout);
	printf("pid dlopen_ctor %d\n", getpid());
	std::string dir(argv[0]);
	dir.erase(dir.rfind('/') + 1);
	std::thread n(net), a(loader, dir + "dlopen_ctor_plugin.so");
	sleep(1);
	std::thread b(user);
	sleep(2);
	puts("ready");
	a.join();
}
#endif
