// The worker's file system in memory: what Go's os asks of it, with Node's codes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

function fresh() {
  const context = createContext({ console, TextDecoder, Uint8Array });
  runInContext(readFileSync(new URL('../run/files.js', import.meta.url), 'utf8'), context);
  const { fs } = context, { O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_APPEND, O_WRONLY } = fs.constants;
  const call = (name, ...given) => { let answer; fs[name](...given, (err, value) => { answer = { err, value }; }); if (answer.err) throw answer.err; return answer.value; };
  const write = (path, text, flags = O_WRONLY | O_CREAT | O_TRUNC, position = null) => { const fd = call('open', path, flags, 0o644), bytes = Buffer.from(text); call('write', fd, bytes, 0, bytes.length, position); call('close', fd); };
  const read = (path) => { const fd = call('open', path, 0, 0), bytes = Buffer.alloc(64); const n = call('read', fd, bytes, 0, 64, null); call('close', fd); return bytes.toString('utf8', 0, n); };
  return { call, write, read, O_CREAT, O_EXCL, O_RDWR, O_APPEND, O_WRONLY, path: context.path };
}
const refuses = (code, job) => assert.throws(job, (err) => err.code === code);

test('run: files are written, replaced, appended to and renamed', () => {
  const { call, write, read, O_APPEND, O_WRONLY } = fresh();
  call('mkdir', '/tmp/a', 0o755);
  write('/tmp/a/x', 'first, longer');
  write('/tmp/a/x', 'second');
  assert.equal(read('/tmp/a/x'), 'second');
  write('/tmp/a/x', ' more', O_WRONLY | O_APPEND);
  assert.equal(read('/tmp/a/../a/./x'), 'second more');
  write('/tmp/a/y', 'y');
  call('rename', '/tmp/a/x', '/tmp/a/y');
  assert.deepEqual([...call('readdir', '/tmp/a')], ['y']);
  assert.equal(read('/tmp/a/y'), 'second more');
  assert.equal(call('stat', '/tmp/a/y').size, 11);
  assert.ok(call('stat', '/tmp/a').isDirectory() && !call('stat', '/tmp/a/y').isDirectory());
  call('truncate', '/tmp/a/y', 3);
  write('/tmp/a/y', 'z', O_WRONLY, 5);
  assert.equal(read('/tmp/a/y'), 'sec\0\0z');
  call('unlink', '/tmp/a/y');
  call('rmdir', '/tmp/a');
  assert.deepEqual([...call('readdir', '/tmp')], []);
});

test('run: what is not there or not allowed has its code', () => {
  const { call, write, O_CREAT, O_EXCL, O_RDWR } = fresh();
  write('/tmp/x', 'x');
  refuses('ENOENT', () => call('open', '/tmp/none', 0, 0));
  refuses('ENOENT', () => call('stat', '/none/x'));
  refuses('ENOTDIR', () => call('stat', '/tmp/x/y'));
  refuses('EEXIST', () => call('open', '/tmp/x', O_RDWR | O_CREAT | O_EXCL, 0o600));
  refuses('EEXIST', () => call('mkdir', '/tmp', 0o755));
  refuses('EISDIR', () => call('open', '/tmp', O_RDWR, 0));
  refuses('EISDIR', () => call('unlink', '/tmp'));
  refuses('ENOTEMPTY', () => call('rmdir', '/tmp'));
  const fd = call('open', '/tmp/x', O_RDWR, 0);
  call('close', fd);
  refuses('EBADF', () => call('close', fd));
});

test('run: a file that is open outlives its name', () => {
  const { call, write, O_RDWR } = fresh();
  write('/tmp/x', 'kept');
  const fd = call('open', '/tmp/x', O_RDWR, 0), bytes = Buffer.alloc(4);
  call('unlink', '/tmp/x');
  assert.equal(call('read', fd, bytes, 0, 4, 0), 4);
  assert.equal(bytes.toString(), 'kept');
  assert.equal(call('fstat', fd).size, 4);
});

test('run: a file that lies elsewhere is brought once, when it is opened, and one that nobody has is an error', async () => {
  const context = createContext({ console, TextDecoder, Uint8Array });
  runInContext(readFileSync(new URL('../run/files.js', import.meta.url), 'utf8'), context);
  const asked = [], opened = (path) => new Promise((done) => context.fs.open(path, 0, 0, (err, fd) => done({ code: err?.code, fd })));
  context.elsewhere = new Set(['/data/a/x', '/data/b/y']);
  context.bring = (path) => { asked.push(path); return path.endsWith('x') ? Promise.resolve(new Uint8Array([7, 8])) : Promise.reject(); };
  const { fd } = await opened('/data/a/../a/x'), bytes = Buffer.alloc(3);
  context.fs.read(fd, bytes, 0, 3, null, (err, n) => assert.deepEqual([err, n, ...bytes], [null, 2, 7, 8, 0]));
  assert.equal((await opened('/data/a/x')).code, undefined);
  assert.equal((await opened('/data/b/y')).code, 'EIO');
  assert.equal((await opened('/data/b/y')).code, 'ENOENT');
  assert.deepEqual(asked, ['/data/a/x', '/data/b/y']);
});
