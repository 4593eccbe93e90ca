// SPDX-License-Identifier: GPL-2.0-only
/* Hook: a Java server that never ends, since it calls System.exit() from a shutdown hook.
 *
 * State: main called System.exit(0): it has a lock of the runtime and joins the hooks' threads.
 *   A hook calls System.exit(1), which wants that lock.
 * Truth: deadlock of "main" and of the hook's thread, over a Java monitor and a Java join. The
 *   virtual machine's own threads live. jstack shows both threads (not "deadlock", since a
 *   join is no monitor).
 * Build: javac Hook.java
 * Run:   java -cp . Hook
 * Source: github.com/apache/dolphinscheduler issue 5037, hazelcast/hazelcast-simulator issue 1246,
 *   openjdk/jdk pull 9351 (a maintainer: "It is a general deadlock, not a monitor based deadlock").
 */
public class Hook {
    public static void main(String[] args) {
        System.out.println("pid Hook " + ProcessHandle.current().pid());
        Runtime.getRuntime().addShutdownHook(new Thread("close-server") {
            @Override
            public void run() {
                System.out.println("ready");
                System.exit(1);
            }
        });
        System.exit(0);
    }
}
