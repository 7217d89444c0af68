# Kills the jobs of a process that is gone. Standard input names them, a line each, `+` or `-` before the id of the
# process: to watch over it from now on, or no more. When it ends, those that are left have `$1` seconds to end by
# themselves; then they are killed, each with its group.
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
[ -z "$jobs" ] && exit
# Not every `sleep` knows parts of a second.
sleep "$1" || sleep 2
for job in $jobs; do kill -s KILL -- "-$job"; done
