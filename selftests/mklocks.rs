// SPDX-License-Identifier: GPL-2.0-only
//! One kind of lock of Rust's standard library, with a thread that waits for it; speaks as
//! mklocks.c does.

use std::io::{Read, Write};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Mutex, RwLock};
use std::{env, fs, process, thread};

static MUTEX: Mutex<()> = Mutex::new(());
static RWLOCK: RwLock<()> = RwLock::new(());

const SYS_FUTEX: &str = if cfg!(target_arch = "aarch64") { "98 " } else { "202 " };

/// The id of the calling thread: what /proc/thread-self points at is PID/task/TID.
fn own_tid() -> String {
    let link = fs::read_link("/proc/thread-self").expect("/proc/thread-self");
    link.file_name().expect("a tid").to_string_lossy().into_owned()
}

fn wait_until_blocked(tid: &str) {
    let path = format!("/proc/self/task/{tid}/syscall");
    while !fs::read_to_string(&path).map_or(false, |text| text.starts_with(SYS_FUTEX)) {
        thread::yield_now();
    }
}

/// Start a thread that will wait, and print it when it does.
fn start(primitive: &str, wait: impl FnOnce() + Send + 'static) {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let sender: Sender<String> = sender;
        sender.send(own_tid()).expect("send");
        drop(sender);
        wait();
    });
    let tid = receiver.recv().expect("receive");
    wait_until_blocked(&tid);
    println!("waiter tid={tid} primitive={primitive}");
}

fn main() {
    let kind = env::args().nth(1).unwrap_or_default();
    let _mutex = MUTEX.lock();
    let _rwlock = RWLOCK.write();

    match kind.as_str() {
        "mutex" => start("rust.mutex", || drop(MUTEX.lock())),
        "rwlock" => start("rust.rwlock", || drop(RWLOCK.read())),
        "park" => start("rust.park", thread::park),
        _ => {
            eprintln!("usage: mklocks-rust KIND");
            process::exit(2);
        }
    }
    println!("ready");
    std::io::stdout().flush().expect("flush");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    process::exit(0);
}
