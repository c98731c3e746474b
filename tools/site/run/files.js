// A file system in memory, as Go's os wants it from globalThis.fs (syscall/fs_js.go): what a program keeps while it runs.
// Nothing of it outlives the worker. Names and codes are Node's. A file of the set globalThis.elsewhere is brought when it is
// first opened: globalThis.bring(path) is the promise of its bytes.
(() => {
  'use strict';
  const constants = { O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536 };
  const FOLDER = 0o040000, FILE = 0o100000;
  const fault = (code) => Object.assign(new Error(code), { code });
  const folder = () => ({ folder: new Map(), mode: FOLDER | 0o755, time: Date.now() });
  const root = folder();
  root.folder.set('tmp', folder());
  const open = new Map();
  let next = 10;

  const parts = (path) => { const kept = []; for (const p of path.split('/')) { if (p === '..') kept.pop(); else if (p && p !== '.') kept.push(p); } return kept; };
  const find = (path) => parts(path).reduce((at, name) => {
    if (!at.folder) throw fault('ENOTDIR');
    const there = at.folder.get(name);
    if (!there) throw fault('ENOENT');
    return there;
  }, root);
  const place = (path) => {
    const names = parts(path), name = names.pop(), inside = find(names.join('/'));
    if (!inside.folder) throw fault('ENOTDIR');
    return { inside: inside.folder, name };
  };
  const handle = (fd) => { const h = open.get(fd); if (!h) throw fault('EBADF'); return h; };
  const status = (node) => ({ dev: 1, ino: 1, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, mode: node.mode, size: node.folder ? 0 : node.size, blocks: node.folder ? 0 : Math.ceil(node.size / 512),
    atimeMs: node.time, mtimeMs: node.time, ctimeMs: node.time, isDirectory: () => Boolean(node.folder) });
  const resize = (node, size) => {
    if (size > node.bytes.length) { const larger = new Uint8Array(Math.max(size, 2 * node.bytes.length, 256)); larger.set(node.bytes.subarray(0, node.size)); node.bytes = larger; }
    if (size < node.size) node.bytes.fill(0, size, node.size);
    node.size = size;
    node.time = Date.now();
  };

  const calls = {
    open(path, flags, mode) {
      const { inside, name } = entry(path);
      let node = name === undefined ? root : inside.get(name);
      if (!node) {
        if (!(flags & constants.O_CREAT)) throw fault('ENOENT');
        inside.set(name, node = { bytes: new Uint8Array(0), size: 0, mode: FILE | (mode & 0o777), time: Date.now() });
      } else if (flags & constants.O_CREAT && flags & constants.O_EXCL) throw fault('EEXIST');
      if (node.folder && flags & 3) throw fault('EISDIR');
      if (!node.folder && flags & constants.O_DIRECTORY) throw fault('ENOTDIR');
      if (flags & constants.O_TRUNC) resize(node, 0);
      open.set(next, { node, at: 0, append: Boolean(flags & constants.O_APPEND) });
      return next++;
    },
    close(fd) { handle(fd); open.delete(fd); },
    read(fd, buffer, offset, length, position) {
      const h = handle(fd), from = position ?? h.at;
      if (h.node.folder) throw fault('EISDIR');
      const n = Math.max(0, Math.min(length, h.node.size - from));
      buffer.set(h.node.bytes.subarray(from, from + n), offset);
      if (position == null) h.at += n;
      return n;
    },
    write(fd, buffer, offset, length, position) {
      if (fd === 1 || fd === 2) { console.log(new TextDecoder().decode(buffer.subarray(offset, offset + length)).replace(/\n$/, '')); return length; }
      const h = handle(fd), from = position ?? (h.append ? h.node.size : h.at);
      resize(h.node, Math.max(h.node.size, from + length));
      h.node.bytes.set(buffer.subarray(offset, offset + length), from);
      if (position == null) h.at = from + length;
      return length;
    },
    stat: (path) => status(find(path)),
    lstat: (path) => status(find(path)),
    fstat: (fd) => status(handle(fd).node),
    mkdir(path, mode) {
      const { inside, name } = entry(path);
      if (name === undefined || inside.has(name)) throw fault('EEXIST');
      inside.set(name, Object.assign(folder(), { mode: FOLDER | (mode & 0o777) }));
    },
    readdir(path) { const node = find(path); if (!node.folder) throw fault('ENOTDIR'); return [...node.folder.keys()].sort(); },
    rmdir(path) {
      const node = find(path), { inside, name } = place(path);
      if (!node.folder) throw fault('ENOTDIR');
      if (node.folder.size) throw fault('ENOTEMPTY');
      inside.delete(name);
    },
    unlink(path) {
      if (find(path).folder) throw fault('EISDIR');
      const { inside, name } = place(path);
      inside.delete(name);
    },
    rename(from, to) {
      const node = find(from), old = place(from), fresh = place(to);
      old.inside.delete(old.name);
      fresh.inside.set(fresh.name, node);
    },
    truncate: (path, size) => resize(find(path), size),
    ftruncate: (fd, size) => resize(handle(fd).node, size),
    chmod: (path, mode) => { const node = find(path); node.mode = (node.mode & ~0o777) | (mode & 0o777); },
    fchmod: (fd, mode) => { const { node } = handle(fd); node.mode = (node.mode & ~0o777) | (mode & 0o777); },
    fsync() {}, utimes() {}, chown() {}, fchown() {}, lchown() {},
    link() { throw fault('ENOSYS'); }, symlink() { throw fault('ENOSYS'); }, readlink() { throw fault('EINVAL'); },
  };
  const entry = (path) => (parts(path).length ? place(path) : { inside: root.folder, name: undefined });

  /** Puts a file there, with its folders. */
  const lay = (path, bytes) => {
    const names = parts(path), name = names.pop();
    const inside = names.reduce((at, n) => { if (!at.folder.has(n)) at.folder.set(n, folder()); return at.folder.get(n); }, root);
    inside.folder.set(name, { bytes, size: bytes.length, mode: FILE | 0o444, time: Date.now() });
  };

  globalThis.fs = { constants };
  for (const [name, call] of Object.entries(calls)) {
    globalThis.fs[name] = (...given) => {
      const answer = given.pop();
      const go = () => {
        let value;
        try { value = call(...given); } catch (err) { answer(err); return; }
        answer(null, value);
      };
      const path = name === 'open' && '/' + parts(given[0]).join('/');
      if (!path || !globalThis.elsewhere?.delete(path)) { go(); return; }
      globalThis.bring(path).then((bytes) => { lay(path, bytes); go(); }, () => answer(fault('EIO')));
    };
  }
  globalThis.fs.writeSync = (fd, buffer) => calls.write(fd, buffer, 0, buffer.length, null);
  globalThis.process = { cwd: () => '/', chdir() { throw fault('ENOSYS'); }, umask: () => 0o22, getuid: () => -1, getgid: () => -1, geteuid: () => -1, getegid: () => -1, getgroups: () => [], pid: 1, ppid: 0 };
  globalThis.path = { resolve: (...given) => '/' + parts(given.join('/')).join('/') };
})();
