#!/bin/sh
# sh gpu.sh [FOLDER]: a quarter of an hour of a GPU, beside the files marginalia and plan of scripts/gpu. The device is checked and
# timed against JAX; then the claims of the plan, line by line, each until its minutes are over; what time is left goes to those
# that were cut, which go on. The same command goes on where it was cut itself. FOLDER (default: results) has what comes back.
# MINUTES (9), BACKEND (cuda), SCALE (paper) and UNPACK (a temporary folder) say otherwise.
here=$(cd "$(dirname "$0")" && pwd) || exit 2
out=${1:-results} minutes=${MINUTES:-9} backend=${BACKEND:-cuda} scale=${SCALE:-paper} unpack=${UNPACK:-${TMPDIR:-/tmp}}
least=30 # seconds in which a run does something
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
end=$(($(date +%s) + minutes * 60))

left() { echo $((end - $(date +%s))); }

say() { echo "$*" | tee -a "$out/log"; }

# run KEY CLAIMS SECONDS: at most so long, and no longer than what is left
run() {
	seconds=$(left)
	if [ "$seconds" -lt "$least" ]; then
		say "$1 $2: no time left"
		return 75
	fi
	[ "$3" -lt "$seconds" ] && seconds=$3
	begun=$(date +%s)
	"$here/marginalia" run "$1" --scale "$scale" --only "$2" --backend "$backend" --unpack "$unpack" --dir "$out/$1" --resume \
		--minutes "$(printf '%d.%02d' $((seconds / 60)) $((seconds % 60 * 100 / 60)))" >>"$out/$1.log" 2>&1 </dev/null
	code=$?
	spent="after $(($(date +%s) - begun)) s"
	case $code in
	0) say "$1 $2: green $spent" ;;
	75)
		say "$1 $2: cut $spent, goes on"
		return 75
		;;
	*)
		say "$1 $2: left with $code $spent, see $1.log"
		wrong=1
		;;
	esac
	touch "$out/$1.done"
}

wrong=0 # or 1: a check or a claim is red, a cell failed
if [ ! -e "$out/checked" ]; then
	"$here/marginalia" check --backend "$backend" --unpack "$unpack" >"$out/check.txt" 2>&1 </dev/null
	code=$?
	cat "$out/check.txt"
	say "check: left with $code, $(left) s to go"
	if [ $code -eq 0 ]; then touch "$out/checked"; else wrong=1; fi
fi
cut=""
while read -r key claims most; do
	[ -e "$out/$key.done" ] || run "$key" "$claims" $((most * 60)) || cut="$cut $key $claims"
done <"$here/plan"
unfinished=0
# shellcheck disable=SC2086 # pairs of words
set -- $cut
while [ $# -gt 1 ]; do
	run "$1" "$2" "$(left)" || unfinished=75
	shift 2
done
[ $wrong -eq 1 ] && exit 1
exit $unfinished
