# Kills the jobs of a process that is gone. Standard input names them, a line each, `+` or `-` before the id of the
# process: to watch over it from now on, or no more. When it ends, those that are left have `$1` tenths of a second to
# end by themselves; then they are killed, each with its group.
trap '' HUP INT TERM
PATH=/usr/bin:/bin${PATH:+:$PATH}
jobs=
while read -r line; do
  case $line in
  +*) jobs="$jobs ${line#+}" ;;
  -*)
    left=
    for job in $jobs; do [ "$job" = "${line#-}" ] || left="$left $job"; done
    jobs=$left
    ;;
  esac
done
tenths=$1
while [ -n "$jobs" ] && [ "$tenths" -gt 0 ]; do
  # Not every `sleep` knows parts of a second.
  if sleep 0.1; then
    tenths=$((tenths - 1))
  else
    sleep 1
    tenths=$((tenths - 10))
  fi
  # The id of one that has ended may be another's soon.
  left=
  for job in $jobs; do kill -s 0 -- "-$job" && left="$left $job"; done
  jobs=$left
done
for job in $jobs; do kill -s KILL -- "-$job"; done
exit 0
