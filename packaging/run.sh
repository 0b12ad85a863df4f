#!/bin/sh
# Set Tailwise up in this checkout and open its demo project; without a display, do the same job by command.
#
#   sh packaging/run.sh               window if there is a display
#   sh packaging/run.sh --no-window   by command in any case
set -eu
# shellcheck source=packaging/common.sh
. "$(dirname -- "$0")/common.sh"

# shellcheck disable=SC2119  # the arguments are ours, not those of the function
make_environment # no group: what a user needs

demo=$root/build/demo
project=$demo/demo.tailwise
window=yes
[ "${1:-}" != --no-window ] || window=no
if [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
    window=no
fi

tailwise() {
    say "tailwise $(printf '%s ' "$@" | sed "s#$root/##g")"
    "$py" -m tailwise "$@"
}

if [ "$window" = yes ]; then
    if [ "$(uname)" = Linux ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
        ensure_qt_libraries xcb
    fi
    say "opening the demo project $project"
    exec "$py" -m tailwise demo "$demo"
fi

say "no window: the demo's main job by command"
results=$demo/results
rm -rf "$results"
mkdir -p "$results"
tailwise demo "$demo" --no-window
tailwise info "$project"
tailwise counts "$project" --by lighting --csv "$results/counts-by-lighting.csv"
tailwise plan quota "$project" resources/demo/sprint.toml
tailwise split "$project" --ratio train=0.7 --ratio val=0.15 --ratio test=0.15 --group part --stratify lighting --seed 7
tailwise export "$project" work-order --to "$results/work-order"
tailwise export "$project" splits --to "$results/splits"
say "done. The project is $project, the results are in $results:"
(cd "$results" && find . -type f | sort | sed 's#^\./#  #')
