#!/bin/sh
# Installs what `npm run bench -- rpc` measures beside Skein and npm does not have: nats-server and Erlang. They are
# Debian's packages; elsewhere this says which programs are looked for on the PATH. Run as root, or with sudo.
set -eu

missing=''
command -v nats-server >/dev/null || missing="$missing nats-server"
command -v erl >/dev/null || missing="$missing erlang-base"

if [ -z "$missing" ]; then
  echo 'nats-server and erl are there already.'
elif command -v apt-get >/dev/null; then
  apt-get update
  # shellcheck disable=SC2086 # the names are words
  apt-get install --yes --no-install-recommends $missing
  # Debian starts the server that it installs; the bench starts one of its own.
  case "$missing" in *nats-server*)
    if [ -d /run/systemd/system ]; then systemctl disable --now nats-server; fi
  esac
else
  echo "No apt-get here. The bench looks for 'nats-server' and 'erl' on the PATH; missing:$missing." >&2
  exit 1
fi
