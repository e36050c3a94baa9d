# Sourced by ./run and ./test: the Python environment in .venv and a browser for charts. POSIX sh.

# Some container images forbid Python to keep compiled code; every start would then take twice as long.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*" >&2; }

fail() { say "broadsheet: $*"; exit 1; }

# The first Python between 3.11 and 3.13; a name that is there but does not run (a shim, say) does not count.
find_python() {
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# uv takes seconds where pip takes most of a minute, so a machine without it gets it inside .venv.
find_uv() {
    for candidate in uv .venv/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return
        fi
    done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv >/dev/null 2>&1 && printf '%s' .venv/bin/uv
}

make_venv() {
    [ -x .venv/bin/python ] && return
    rm -rf .venv
    if uv --version >/dev/null 2>&1 && uv venv --quiet --seed --python "$1" .venv; then
        return
    fi
    "$1" -m venv .venv || fail "Python cannot make environments here. On Debian: apt-get install python3-venv"
}

# Where uv cannot be had or cannot reach its packages, pip does it. Python compiles what it loads, when it loads it.
install_packages() {
    if tool=$(find_uv); then
        "$tool" pip install --quiet --python .venv/bin/python -r "$1" && return
    fi
    .venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r "$1"
}

# prepare_python FILE: .venv holds what FILE pins. Costs nothing while FILE stays the same.
prepare_python() {
    stamp=".venv/.installed-$1"
    wanted=$(cksum <"$1")
    if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    python=$(find_python) || fail "Python 3.11, 3.12 or 3.13 is needed. On Debian: apt-get install python3 python3-venv"
    say "Installing packages (once) ..."
    make_venv "$python"
    install_packages "$1" || fail "The packages of $1 could not be installed."
    printf '%s' "$wanted" >"$stamp"
}

find_browser() {
    [ -n "${BROWSER_PATH:-}" ] && [ -x "$BROWSER_PATH" ] && return
    for candidate in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        command -v "$candidate" >/dev/null 2>&1 && return
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# Charts in PDF, XLSX and mail need a browser. Reports go out without it too, and say so.
prepare_browser() {
    find_browser && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && [ ! -f .venv/.browser-tried ]; then
        say "Installing Chromium for charts (once) ..."
        (
            export DEBIAN_FRONTEND=noninteractive
            apt-get install -y -qq --no-install-recommends chromium ||
                { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }
        ) >/dev/null 2>&1 </dev/null
        mkdir -p .venv
        : >.venv/.browser-tried
        find_browser && return
    fi
    say "No browser found: charts are left out of files. On Debian: sudo apt-get install chromium"
}

find_mariadb() {
    for candidate in mariadbd mysqld /usr/sbin/mariadbd /usr/libexec/mariadbd; do
        command -v "$candidate" >/dev/null 2>&1 && return
    done
    return 1
}

# The tests start a real MariaDB of their own. Without one they fail and say so.
prepare_mariadb() {
    find_mariadb && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing MariaDB for the tests (once) ..."
        (
            # The package would start a server; the tests start theirs.
            export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
            apt-get install -y -qq --no-install-recommends mariadb-server ||
                { apt-get update -qq && apt-get install -y -qq --no-install-recommends mariadb-server; }
        ) >/dev/null 2>&1 </dev/null
        find_mariadb && return
    fi
    say "No MariaDB found: its tests will fail. On Debian: sudo apt-get install mariadb-server"
}
