#!/bin/sh
# Set up the environment for development and run every check: format, lint, contracts, types, main job, tests.
#
#   sh packaging/test.sh            all of it, as CI does
#   sh packaging/test.sh PYTEST…    the same with more arguments for both pytest runs
#
# Every check is run even when an earlier one failed; the exit code is 0 only if all passed.
set -eu
# shellcheck source=packaging/common.sh
. "$(dirname -- "$0")/common.sh"

make_environment dev oracles
ensure_qt_libraries offscreen
bin=$root/.venv/bin
failed=

check() {
    name=$1
    shift
    say "$name"
    "$@" || failed="$failed, $name"
}

# Link every installed package but Qt's into a second environment, so that nothing of Qt can be imported there.
make_environment_without_qt() {
    rm -rf .venv-noqt
    "$py" -m venv --without-pip .venv-noqt
    from=$("$py" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    to=$(.venv-noqt/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    for package in "$from"/*; do
        case ${package##*/} in
        PySide6* | pyside6* | shiboken6* | pyqtgraph* | pytestqt* | pytest_qt* | __pycache__) ;;
        *) ln -s "$package" "$to/" ;;
        esac
    done
}

check "format" "$bin/ruff" format --check .
check "lint" "$bin/ruff" check .
check "contracts" "$bin/lint-imports"
check "types" "$bin/basedpyright"
check "smoke" "$py" packaging/smoke.py "$bin/tailwise"
make_environment_without_qt
mkdir -p build
rm -f build/coverage.json .coverage
# Everything but the window is tested where Qt cannot be imported, the window where it can; together that is every test.
check "tests of everything but the window, where PySide6 is not installed" \
    .venv-noqt/bin/python -m pytest -n 2 -p no:cacheprovider --cov --cov-report= "$@"
QT_QPA_PLATFORM=offscreen
export QT_QPA_PLATFORM
check "tests of the window" \
    "$py" -m pytest -n 2 --cov --cov-append --cov-report=json:build/coverage.json --cov-report= "$@" tests/gui tests/journeys
[ ! -f build/coverage.json ] || check "coverage" "$py" packaging/coverage_gates.py build/coverage.json

if [ -n "$failed" ]; then
    stop "failed: ${failed#, }"
fi
say "all checks passed"
