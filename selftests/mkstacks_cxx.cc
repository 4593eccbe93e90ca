// SPDX-License-Identifier: GPL-2.0-only
/*
 * A C++ program that locks its mutex twice, in a method of a template; as mkstacks.c, but it has
 * no kinds.
 */
#include <cstdio>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace bank {

template <typename Money> class account {
public:
	__attribute__((noinline)) void deposit(Money sum)
	{
		std::lock_guard<std::mutex> guard(lock);
		balance += sum;
		if (balance > 0)
			deposit(-sum);
	}

private:
	std::mutex lock;
	Money balance = 0;
};

}

static bank::account<long> savings;

int main()
{
	std::thread saver([] {
		printf("waiter tid=%d tgid=%d\nready\n", gettid(), getpid());
		fflush(stdout);
		savings.deposit(100);
	});

	getchar();
	_exit(0);
}
