# What run.sh and test.sh share: the environment in .venv and Qt's system libraries. Sourced, not run. POSIX sh.
# shellcheck shell=sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root" || exit 1
py=$root/.venv/bin/python
log=$root/.venv/setup.log

say() {
    printf 'tailwise: %s\n' "$*"
}

stop() {
    printf 'tailwise: %s\n' "$*" >&2
    exit 1
}

# Run a command quietly; show what it said only if it fails.
quietly() {
    mkdir -p "$root/.venv"
    if ! "$@" >>"$log" 2>&1; then
        tail -n 30 "$log" >&2
        stop "this failed: $* (all of it is in .venv/setup.log)"
    fi
}

# Print the first Python that is new enough and can make environments; $TAILWISE_PYTHON is asked first.
find_python() {
    for candidate in "${TAILWISE_PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        if [ -n "$candidate" ] && "$candidate" -c '
import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Install Debian packages, having said so in one line; where that needs a password, print the command instead.
install_packages() {
    reason=$1
    shift
    if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
        say "installing $reason with apt-get: $*"
        quietly as_root apt-get update -q
        quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
    elif command -v apt-get >/dev/null; then
        stop "$reason is missing; install it with: sudo apt-get install $*"
    else
        stop "$reason is missing; install what your system calls: $*"
    fi
}

# Make .venv hold Tailwise and the dependency groups given; done in no time when it does already.
make_environment() {
    stamp=$root/.venv/made-for${1:+-$1}
    wanted=$(cat pyproject.toml packaging/constraints.txt packaging/common.sh | cksum)
    if [ -x "$py" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$root $wanted" ] && "$py" -c '' 2>/dev/null; then
        say "the environment in .venv is up to date"
        return
    fi
    python=$(find_python)
    if [ -z "$python" ]; then
        install_packages "Python 3.11 to 3.13 with venv" python3 python3-venv
        python=$(find_python)
        [ -n "$python" ] || stop "no Python 3.11 to 3.13 was found; set TAILWISE_PYTHON to one"
    fi
    if "$py" -c 'import pip' >/dev/null 2>&1; then
        say "bringing the environment in .venv up to date"
    else
        say "making the environment in .venv with $("$python" --version): a minute or two, 0.8 GB"
        rm -rf .venv
        quietly "$python" -m venv .venv
    fi
    # The build tools are installed first and pinned; an isolated build would fetch the newest ones each time.
    quietly "$py" -m pip install --disable-pip-version-check -c packaging/constraints.txt --upgrade pip hatchling editables
    groups=
    for group in "$@"; do
        groups="$groups --group $group"
    done
    # shellcheck disable=SC2086  # several words on purpose
    quietly "$py" -m pip install --disable-pip-version-check -c packaging/constraints.txt --no-build-isolation $groups -e .
    printf '%s\n' "$root $wanted" >"$stamp"
}

# Print the shared libraries that a Qt platform plugin (xcb, offscreen) and the widgets cannot find here.
missing_libraries() {
    command -v ldd >/dev/null || return 0
    qt=$("$py" -c 'import importlib.util as u; print(u.find_spec("PySide6").submodule_search_locations[0])')
    ldd "$qt"/QtWidgets.abi3.so "$qt"/QtSvg.abi3.so "$qt/Qt/plugins/platforms/libq$1.so" 2>/dev/null |
        awk '/not found/ { print $1 }' | sort -u
}

# Print the Debian package that holds a shared library Qt needs.
package_of() {
    case $1 in
    libGL.so.1) echo libgl1 ;;
    libEGL.so.1) echo libegl1 ;;
    libglib-2.0.so.0 | libgthread-2.0.so.0) echo libglib2.0-0 ;;
    libdbus-1.so.3) echo libdbus-1-3 ;;
    libfontconfig.so.1) echo libfontconfig1 ;;
    libfreetype.so.6) echo libfreetype6 ;;
    libX11.so.6) echo libx11-6 ;;
    libX11-xcb.so.1) echo libx11-xcb1 ;;
    libxkbcommon-x11.so.0) echo libxkbcommon-x11-0 ;;
    *) echo "$1" | sed 's/\.so\.//' ;; # libxcb-cursor.so.0 is in libxcb-cursor0, and so on
    esac
}

# Install what the platform plugin needs and this system lacks; does nothing where nothing is missing.
ensure_qt_libraries() {
    packages=
    for library in $(missing_libraries "$1"); do
        packages="$packages $(package_of "$library")"
    done
    if [ -n "$packages" ]; then
        # shellcheck disable=SC2046,SC2086  # several words on purpose
        install_packages "Qt's system libraries" $(printf '%s\n' $packages | sort -u)
    fi
}
