"""One environment for set-up, run and tests: what a user has set for other work changes nothing here.

Every command cleans its own environment before it does anything (`__main__`); what it starts inherits that.
"""

import platform
import sys

# Set to what everybody has, whatever `go env -w` says. Proxy, caches and the C compiler stay the user's.
GO_SYSTEMS = {'linux': 'linux', 'darwin': 'darwin'}
GO_MACHINES = {'x86_64': 'amd64', 'AMD64': 'amd64', 'arm64': 'arm64', 'aarch64': 'arm64'}
SET = {'CGO_ENABLED': '1', 'GO111MODULE': 'on', 'GOTOOLCHAIN': 'auto', 'GOFLAGS': '-buildvcs=false', 'GOMLX_NO_AUTO_INSTALL': '1',
       'PYTHONUTF8': '1'}
# Left out: they would build another program, compute other numbers, or find another kernel.
LEFT_OUT = ('GOWORK', 'GOBIN', 'GOARM', 'GOARM64', 'GOAMD64', 'GOEXPERIMENT', 'GODEBUG', 'GOTMPDIR', 'CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS',
            'CGO_LDFLAGS', 'XLA_FLAGS', 'LIBTPU_INIT_ARGS', 'PYTHONHOME', 'PYTHONSTARTUP', 'PYTHONOPTIMIZE', 'IPYTHONDIR')
PREFIXES = ('JUPYTER_', 'TF_XLA_')
OURS = ('JUPYTER_DATA_DIR', 'JUPYTER_CONFIG_DIR', 'JUPYTER_RUNTIME_DIR', 'JUPYTER_PLATFORM_DIRS')  # in a command that another one started
# Nobody but the system's loader can make these ineffective.
STAY = ('LD_PRELOAD', 'LD_LIBRARY_PATH', 'DYLD_INSERT_LIBRARIES', 'DYLD_LIBRARY_PATH')


def machine():
    """GOOS and GOARCH of this machine, where we know Go's words for it."""
    if sys.platform not in GO_SYSTEMS or platform.machine() not in GO_MACHINES:
        return {}
    return {'GOOS': GO_SYSTEMS[sys.platform], 'GOARCH': GO_MACHINES[platform.machine()]}


def cleaned(environment, jupyter=''):
    """The environment without what is the user's own business, the names of what was left out or replaced, and of what stays.
    JUPYTER_ variables that name the folder jupyter are ours."""
    made, changed = dict(environment), []
    wanted = {**SET, **machine()}
    for name in environment:
        ours = name in OURS and jupyter and (environment[name].startswith(jupyter) or environment[name] == '1')
        if name in LEFT_OUT or name.startswith(PREFIXES) and not ours:
            del made[name]
            changed.append(name)
    for name, value in wanted.items():
        if environment.get(name, value) != value:
            changed.append(name)
        made[name] = value
    return made, sorted(changed), [name for name in STAY if environment.get(name)]


def words(changed, stay):
    """What a reader is to know of it, before the first step."""
    lines = []
    if changed:
        lines.append(f'the environment is the same for everybody: {", ".join(changed)} of yours {"is" if len(changed) == 1 else "are"} left out')
    if stay:
        lines.append(f'{", ".join(stay)} of yours cannot be left out, and may change what is loaded')
    return lines
