// SPDX-License-Identifier: GPL-2.0-only
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/* A pool at rest; told to "step", calls what a debugger may stop it in; told to "cycle",
 * makes two pairs of threads that wait for each other, by monitors and by locks. */
public class Jobs {
	private static final int WORKERS = 4;

	static void step() {
	}

	private static void await(CountDownLatch latch) {
		latch.countDown();
		try {
			latch.await();
		} catch (InterruptedException e) {
			throw new IllegalStateException(e);
		}
	}

	private static void takeMonitors(Object mine, Object other, CountDownLatch both) {
		synchronized (mine) {
			await(both);
			synchronized (other) {
				System.exit(1);
			}
		}
	}

	private static void takeLocks(ReentrantLock mine, ReentrantLock other, CountDownLatch both) {
		mine.lock();
		await(both);
		other.lock();
		System.exit(1);
	}

	private static void startAndWait(Runnable run, Thread.State state) {
		Thread thread = new Thread(run);

		thread.setDaemon(true);
		thread.start();
		if (state == null)
			return;
		while (thread.getState() != state)
			Thread.onSpinWait();
	}

	private static void cycle() {
		Object a = new Object(), b = new Object();
		ReentrantLock c = new ReentrantLock(), d = new ReentrantLock();
		CountDownLatch monitors = new CountDownLatch(2), locks = new CountDownLatch(2);

		startAndWait(() -> takeMonitors(a, b, monitors), null);
		startAndWait(() -> takeMonitors(b, a, monitors), Thread.State.BLOCKED);
		startAndWait(() -> takeLocks(c, d, locks), null);
		startAndWait(() -> takeLocks(d, c, locks), Thread.State.WAITING);
	}

	public static void main(String[] args) throws Exception {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
		ExecutorService pool = Executors.newFixedThreadPool(WORKERS);
		CountDownLatch all = new CountDownLatch(WORKERS);
		String line;

		for (int i = 0; i < WORKERS; i++)
			pool.submit(() -> await(all));
		all.await();
		System.out.println("ready");
		while ((line = in.readLine()) != null) {
			if (line.equals("step"))
				step();
			else if (line.equals("cycle"))
				cycle();
			System.out.println("done");
		}
	}
}
