// SPDX-License-Identifier: GPL-2.0-only
/* future: a result that is never made.
 *
 * State: the main thread waits for a std::future. The promise is still there, in a static variable,
 *   and nobody keeps it. A "net" thread sleeps in pause(2).
 * Truth: main waits for an event, not for a lock, and no thread is going to cause it.
 */
#include <cstdio>
#include <future>
#include <thread>
#include <unistd.h>

static std::promise<int> promise;

static void net()
{
	std::printf("tid net %d\n", gettid());
	for (;;)
		pause();
}

int main()
{
	setlinebuf(stdout);
	std::printf("pid future %d\n", getpid());
	std::thread(net).detach();
	std::puts("ready");
	return promise.get_future().get();
}
