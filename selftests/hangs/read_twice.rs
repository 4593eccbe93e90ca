// SPDX-License-Identifier: GPL-2.0-only
// read_twice: one thread read-locks twice, a writer came in between.
//
// State: thread "reader" has a RwLock for reading. Thread "writer" asks for it: from now on new
//   readers wait. "reader" calls a function that read-locks again. A "net" thread lives on.
// Truth: deadlock of reader and writer: the reader waits for the writer, who waits for the reader.
// Build: rustc -g -O read_twice.rs      (std's futex locks: 1.62 or newer)
// Run:   ./read_twice
// Source: github.com/Amanieu/parking_lot issue 212; github.com/jubatus/jubatus_core pull 200 (the
//   same with pthread_rwlock and gdb's "info threads": one in sigwait, one in rdlock, one in
//   wrlock, one in pthread_join). "The deadlock is not guaranteed", so it shows under load only.
use std::io::Read;
use std::sync::RwLock;
use std::thread;
use std::time::Duration;

static CONFIG: RwLock<i32> = RwLock::new(1);

extern "C" { fn gettid() -> i32; }

fn name(who: &str) { println!("tid {} {}", who, unsafe { gettid() }); }

fn timeout() -> i32 { *CONFIG.read().unwrap() }

fn main() {
    println!("pid read_twice {}", std::process::id());
    thread::spawn(|| {
        name("net");
        let (mut here, _there) = std::os::unix::net::UnixStream::pair().unwrap();
        let _ = here.read(&mut [0]);
    });
    let reader = thread::spawn(|| {
        name("reader");
        let config = CONFIG.read().unwrap();
        thread::sleep(Duration::from_secs(2));
        *config + timeout()
    });
    thread::sleep(Duration::from_secs(1));
    thread::spawn(|| { name("writer"); *CONFIG.write().unwrap() += 1; });
    thread::sleep(Duration::from_secs(2));
    println!("ready");
    println!("{}", reader.join().unwrap());
}
