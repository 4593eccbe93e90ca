// SPDX-License-Identifier: GPL-2.0-only
//! One kind of lock of Rust's standard library, with a thread that waits for it.

use std::sync::{Mutex, RwLock};
use std::thread;

mod locks;

static MUTEX: Mutex<()> = Mutex::new(());
static RWLOCK: RwLock<()> = RwLock::new(());

fn make(kind: &str) -> bool {
    match kind {
        "mutex" => locks::start("rust.mutex", || drop(MUTEX.lock())),
        "rwlock" => locks::start("rust.rwlock", || drop(RWLOCK.read())),
        "rwlock.write" => locks::start("rust.rwlock", || drop(RWLOCK.write())),
        "park" => locks::start("rust.park", thread::park),
        _ => return false,
    }
    true
}

fn main() {
    let _mutex = MUTEX.lock();
    let _rwlock = RWLOCK.write();

    locks::run(make);
}
