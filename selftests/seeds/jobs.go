// SPDX-License-Identifier: GPL-2.0-only

// jobs server|asleep|cycle|moved|victim: a server at rest; a program all whose goroutines wait
// for each other, which Go does not report where there is C; one that does so in C; one that waits for
// a lock which a goroutine has taken on the same thread and will release on another one; or one whose signal handler, which is Go's, calls C to unwind the stack: see sigprof.c.
package main

/*
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>

#include "victim.h"

static pthread_mutex_t mutexes[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static atomic_int held;

static void take_both(int first)
{
	pthread_mutex_lock(&mutexes[first]);
	held++;
	while (held < 2)
		sched_yield();
	pthread_mutex_lock(&mutexes[!first]);
	exit(1);
}

static pid_t take_first(void)
{
	pthread_mutex_lock(&mutexes[0]);
	return gettid();
}

static void release_first(void)
{
	pthread_mutex_unlock(&mutexes[0]);
}

static void take_again_on(pid_t tid)
{
	if (gettid() == tid)
		pthread_mutex_lock(&mutexes[0]);
}

static void unwind(void *arg)
{
	(void)arg;
	take_lock();
}

static void *unwinder(void)
{
	return unwind;
}
*/
import "C"

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

const workers = 4

// Goroutines that have done a job and wait for the next one.
func pool() {
	var all sync.WaitGroup

	jobs := make(chan int)
	for i := 0; i < workers; i++ {
		all.Add(1)
		go func() {
			for range jobs {
				all.Done()
				all.Wait()
			}
		}()
	}
	for i := 0; i < workers; i++ {
		jobs <- i
	}
	all.Wait()
}

func server() {
	name := fmt.Sprintf("@futexinspect-%d", os.Getpid())
	listener, err := net.Listen("unix", name)
	if err != nil {
		panic(err)
	}
	pool()
	fmt.Println("ready")
	_, err = listener.Accept()
	panic(err)
}

func asleep() {
	var a, b sync.Mutex
	var both sync.WaitGroup

	both.Add(2)
	take := func(mine, other *sync.Mutex) {
		mine.Lock()
		both.Done()
		both.Wait()
		other.Lock()
		panic("both are taken")
	}
	go take(&a, &b)
	pool()
	fmt.Println("ready")
	take(&b, &a)
}

func cycle() {
	go C.take_both(0)
	fmt.Println("ready")
	C.take_both(1)
}

// Try again until both goroutines were on one thread.
func moved() {
	locked := make(chan C.pid_t)
	fmt.Println("ready")
	for {
		go func() {
			locked <- C.take_first()
			time.Sleep(100000 * time.Second)
			C.release_first()
		}()
		C.take_again_on(<-locked)
		C.release_first()
	}
}

func victim() {
	runtime.SetCgoTraceback(0, C.unwinder(), nil, nil)
	go C.pile_up()
	C.take_lock_traced()
}

func main() {
	map[string]func(){"server": server, "asleep": asleep, "cycle": cycle, "moved": moved,
		"victim": victim}[os.Args[1]]()
}
