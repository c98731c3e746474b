"""Files written whole, and a lock between processes."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from pathlib import Path


def write_whole(path, data):
    """Write text or bytes so that a reader sees the old file or the new, never a part.

    On an error (a full disk) the old file stays and nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = data.encode() if isinstance(data, str) else data
    handle, temporary = tempfile.mkstemp(prefix=f'.{path.name}.', suffix='.tmp', dir=path.parent)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, f'{path} was not written: {error.strerror}') from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def sha256(path):
    """The SHA-256 of a file in hexadecimal digits."""
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest() if hasattr(hashlib, 'file_digest') \
            else _sha256_by_blocks(file)


def _sha256_by_blocks(file):
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b''):
        digest.update(block)
    return digest.hexdigest()


def digest(*parts):
    """A short fingerprint of strings, bytes and the contents of files (Path)."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            part = part.read_bytes()
        part = part.encode() if isinstance(part, str) else part
        total.update(b'%d:' % len(part))
        total.update(part)
    return total.hexdigest()[:32]


class Busy(Exception):
    """Somebody else holds the lock."""


@contextlib.contextmanager
def locked(path, wait=None):
    """Hold the lock file for the length of the block; yields its descriptor.

    The system releases the lock when every process that has the descriptor is gone,
    so a lock is never stale. With wait, a function, call it once and wait for the
    holder; without, raise Busy.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(handle, 20).decode(errors='replace').strip() or 'unknown'
            if wait is None:
                raise Busy(holder) from None
            wait(holder)
            fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield handle
    finally:
        os.close(handle)
