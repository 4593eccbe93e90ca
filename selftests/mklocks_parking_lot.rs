// SPDX-License-Identifier: GPL-2.0-only
//! One kind of lock of the crate parking_lot, with threads that wait for it.

use parking_lot::{Condvar, Mutex, RwLock};

mod locks;

static MUTEX: Mutex<()> = Mutex::new(());
static RWLOCK: RwLock<()> = RwLock::new(());
static CONDVAR: Condvar = Condvar::new();
static OF_CONDVAR: Mutex<()> = Mutex::new(());

const PARK: &str = "parking_lot.park";

fn make(kind: &str) -> bool {
    match kind {
        "mutex" => locks::start(PARK, || drop(MUTEX.lock())),
        "reader" => locks::start(PARK, || drop(RWLOCK.read())),
        "upgradable" => locks::start(PARK, || drop(RWLOCK.upgradable_read())),
        "writer" => locks::start(PARK, || drop(RWLOCK.write())),
        "condition" => locks::start(PARK, || CONDVAR.wait(&mut OF_CONDVAR.lock())),
        // The first one has another behind it.
        "queue" => {
            locks::start(PARK, || drop(MUTEX.lock()));
            locks::start(PARK, || drop(MUTEX.lock()));
        }
        _ => return false,
    }
    true
}

fn main() {
    let _mutex = MUTEX.lock();
    let _rwlock = RWLOCK.write();

    locks::run(make);
}
