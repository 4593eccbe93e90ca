// SPDX-License-Identifier: GPL-2.0-only
//! What mklocks.rs and mklocks_parking_lot.rs share: they speak as mklocks.c does.

use std::io::{Read, Write};
use std::sync::mpsc::{channel, Sender};
use std::{env, fs, process, thread};

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
pub fn start(primitive: &str, wait: impl FnOnce() + Send + 'static) {
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

/// Let `make` make the kind of lock that the argument names, if it knows it, and wait until
/// standard input ends.
pub fn run(make: impl FnOnce(&str) -> bool) -> ! {
    if !make(&env::args().nth(1).unwrap_or_default()) {
        eprintln!("usage: mklocks KIND");
        process::exit(2);
    }
    println!("ready");
    std::io::stdout().flush().expect("flush");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    process::exit(0);
}
