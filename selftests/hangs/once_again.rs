// SPDX-License-Identifier: GPL-2.0-only
// once_again: a lazily made value whose maker asks for the value.
//
// State: thread "worker" runs the initialiser of a OnceLock; a few calls further down that asks
//   for the same OnceLock. A "net" thread sleeps in a read; "main" joins the worker.
// Truth: self-deadlock of "worker". Nothing in the words of a Once names its runner.
// Build: rustc -g -O once_again.rs     (OnceLock: 1.70 or newer)
// Run:   ./once_again
// Source: github.com/yvgude/lean-ctx issue 301: all the reporter had was one line of strace,
//   futex(0x569e49c79f40, FUTEX_WAIT_BITSET_PRIVATE, 5, NULL, FUTEX_BITSET_MATCH_ANY...
//   and "ls, cat, ... just hung"; rust-lang/rust pull 72311 (detection was not taken);
//   rust-lang/rust issue 36905 (the same with C++'s call_once, inside of LLVM).
use std::io::Read;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

static CONFIG: OnceLock<String> = OnceLock::new();

extern "C" { fn gettid() -> i32; }

fn profile() -> String { config().to_uppercase() }

fn config() -> &'static str { CONFIG.get_or_init(|| profile()) }

fn main() {
    println!("pid once_again {}", std::process::id());
    thread::spawn(|| {
        println!("tid net {}", unsafe { gettid() });
        let (mut here, _there) = std::os::unix::net::UnixStream::pair().unwrap();
        let _ = here.read(&mut [0]);
    });
    thread::sleep(Duration::from_secs(1));
    let worker = thread::spawn(|| {
        println!("tid worker {}", unsafe { gettid() });
        println!("ready");
        println!("{}", config());
    });
    worker.join().unwrap();
}
