# Makes the virtual environment that the other scripts use. Sourced by them, not run.
#
#   prepare run    the program and what it needs
#   prepare test   the same, and what its checks need
#
#   prepare_tools NEED    programs that are no Python packages: page (Node.js and npm, which build the page of the room), and for tests of that need
#                         broker (Java and Maven for Apache Kafka), database (PostgreSQL), browser (Chromium)
#   prepare_page          the page of the room is built, anew where its sources changed; fails where that cannot be done
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
    die "Python 3.11 or newer was not found; 'sudo apt-get install python3 python3-venv' installs it where the release has one, or name it in TIDEWAITER_PYTHON"
}

# What a need consists of: the program that is looked for, and the Debian package that has it. A new need is one more line.
tools_of() {
    case $1 in
    broker) printf '%s\n' "java openjdk-17-jre-headless" "mvn maven" ;;
    database) printf '%s\n' "pg_ctlcluster postgresql" ;;
    page) printf '%s\n' "node nodejs" "npm npm" ;;
    browser) printf '%s\n' "chromium chromium" ;;
    *) die "setup.sh knows no need '$1'" ;;
    esac
}

# Installs Debian packages where nobody has to be asked: as root, or by sudo without a password. Fails elsewhere.
install_packages() {
    local as=() package found packages=()
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
        as=(sudo -n)
    fi
    say "Installing $* with apt-get; once, a few minutes"
    "${as[@]}" apt-get update -qq >&2 || say "apt-get could not read its lists anew; trying with those it has"
    for package in "$@"; do
        found=$(apt-cache policy "$package" 2>/dev/null | sed -n 's/^ *Candidate: //p')
        case $package,$found in
        openjdk-17-jre-headless, | openjdk-17-jre-headless,"(none)") package=default-jre-headless ;; # a release with a later Java
        esac
        packages+=("$package")
    done
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
}

prepare_tools() {
    local need=$1 tool package missing=() packages=()
    while read -r tool package; do
        command -v "$tool" >/dev/null || { missing+=("$tool"); packages+=("$package"); }
    done < <(tools_of "$need")
    [ ${#missing[@]} -eq 0 ] || install_packages "${packages[@]}" ||
        die "not found: ${missing[*]}; 'sudo apt-get install ${packages[*]}' installs it, 'deploy/test --without-$need' leaves out the tests that need it"
}

# The page is built where its sources changed since; the packages it is built of have their versions and digests in package-lock.json.
prepare_page() {
    local page stamp wanted
    page=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tracker/room/page
    stamp=$page/built/.made-of
    wanted=$(cd "$page" && find package-lock.json package.json build.mjs src texts -type f | LC_ALL=C sort | xargs cksum | cksum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    prepare_tools page
    node -e 'process.exit(+process.versions.node.split(".")[0] < 18 ? 1 : 0)' ||
        die "Node.js $(node --version) is too old to build the page; 18 or newer is needed"
    if [ ! -f "$page/node_modules/.made-of" ] || ! cmp -s "$page/package-lock.json" "$page/node_modules/.made-of"; then
        say "Installing what the page is built of; half a minute the first time"
        (cd "$page" && npm ci --ignore-scripts --silent >&2) || die "the packages of the page could not be installed; is the npm registry reachable?"
        cp "$page/package-lock.json" "$page/node_modules/.made-of"
    fi
    say "Building the page"
    (cd "$page" && npm run --silent build >&2) || die "the page could not be built from $page"
    printf '%s' "$wanted" >"$stamp"
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
        "$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv ||
            die "$python cannot make virtual environments; 'sudo apt-get install python3-venv' gives it the module"
        "$python" -m venv "$venv" || die "$python could not make a virtual environment in $venv; is there room, and may you write there?"
    fi
    say "Installing what is needed ($kind); a minute or two the first time"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements" ||
        die "the packages of $requirements could not be installed; is a package index reachable?"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$root" ||
        die "the program itself could not be installed from $root"
    printf '%s' "$wanted" >"$stamp"
    forget_old_kernels
}
