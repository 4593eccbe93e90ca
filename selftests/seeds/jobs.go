// SPDX-License-Identifier: GPL-2.0-only

// jobs server|asleep|cycle: a server at rest; a program all whose goroutines wait for
// each other, which Go does not report where there is C; or one that does so in C.
package main

/*
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

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
*/
import "C"

import (
	"fmt"
	"net"
	"os"
	"sync"
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

func main() {
	map[string]func(){"server": server, "asleep": asleep, "cycle": cycle}[os.Args[1]]()
}
