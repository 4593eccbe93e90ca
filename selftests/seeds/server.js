// SPDX-License-Identifier: GPL-2.0-only
// A server at rest that has used the thread pool; once it reads a line, it waits for a
// word in memory that nobody else has.
'use strict';
const fs = require('fs');
const http = require('http');

process.stdin.once('data', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
http.createServer().listen(`\0futexinspect-${process.pid}`, async () => {
  await Promise.all(Array.from({ length: 8 }, () => fs.promises.stat('/')));
  console.log('ready');
});
