# Makes the virtual environment that the other scripts use. Sourced by them, not run.
#
#   prepare run    the program and what it needs
#   prepare test   the same, and what its checks need
#
# Every version comes from deploy/requirements*.txt. Doing it twice does nothing the second time.
# TIDEWAITER_VENV names another place than .venv; TIDEWAITER_PYTHON another interpreter.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

find_python() {
    local candidate
    for candidate in ${TIDEWAITER_PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return
        fi
    done
    die "Python 3.11 or newer was not found; install it (Debian: apt-get install python3 python3-venv) or name it in TIDEWAITER_PYTHON"
}

# Compiled kernels are cached beside their source, and the cache of one file does not notice that another it calls has
# changed: after any change of a source all of them are compiled anew.
forget_old_kernels() {
    local stamp=$venv/.tidewaiter-kernels
    if [ ! -f "$stamp" ] || [ -n "$(find "$root/tracker" "$root/streams" "$root/models" -name '*.py' -newer "$stamp" -print -quit)" ]; then
        find "$root/tracker" "$root/streams" "$root/models" \( -name '*.nbi' -o -name '*.nbc' \) -delete
        touch "$stamp"
    fi
}

prepare() {
    local kind=$1 requirements python stamp wanted
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    venv=${TIDEWAITER_VENV:-$root/.venv}
    requirements=$root/deploy/requirements.txt
    [ "$kind" = test ] && requirements=$root/deploy/requirements-test.txt
    python=$(find_python) || exit 2
    wanted="$kind $(cat "$requirements" "$root/pyproject.toml" | cksum) $("$python" --version)"
    stamp=$venv/.tidewaiter-$kind
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        forget_old_kernels
        return
    fi
    if [ ! -x "$venv/bin/python" ]; then
        say "Making a virtual environment in $venv"
        "$python" -m venv "$venv" || die "$python cannot make virtual environments; install its venv module (Debian: apt-get install python3-venv)"
    fi
    say "Installing what is needed ($kind); a minute or two the first time"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements" ||
        die "the packages of $requirements could not be installed; is a package index reachable?"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$root" ||
        die "the program itself could not be installed from $root"
    printf '%s' "$wanted" >"$stamp"
    forget_old_kernels
}
