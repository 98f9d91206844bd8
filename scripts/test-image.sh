#!/usr/bin/env bash
# Builds the image with buildah and no container engine, and tries it: a request goes through it, its
# healthcheck tells serving from not serving, whatever it serves, and SIGTERM lets a download end.
#
#   scripts/test-image.sh             on a base image made here (Debian by mmdebstrap, Node from npm)
#   scripts/test-image.sh IMAGE       on another base image, such as node:24-bookworm-slim
#
# It needs Linux, root, buildah, curl, and mmdebstrap for a base of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
node_version=24
port=1080
work=$(mktemp -d)
container=''
pids=()

finish() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  [ -z "$container" ] || buildah rm "$container" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
give_up() {
  say "FAILED: $*"
  exit 1
}

# A base image with Node and npm, which reach the registry as they do on this machine.
make_base() {
  local root=$work/root node npm
  node=$(npx -y -p "node@$node_version" node -p process.execPath </dev/null)
  npm=$(npm root -g)/npm
  mmdebstrap --quiet --variant=apt --include=ca-certificates,libstdc++6 bookworm "$root" >/dev/null
  install -D -m 755 "$node" "$root/usr/local/bin/node"
  mkdir -p "$root/usr/local/lib/node_modules" "$root/usr/local/etc"
  cp -rL "$npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  cp -L --remove-destination /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  local config
  config=$(npm config get globalconfig)
  [ ! -e "$config" ] || cp "$config" "$root/usr/local/etc/npmrc"
  tar -C "$root" -cf "$work/root.tar" .
  local base
  base=$(buildah from scratch)
  buildah add -q "$base" "$work/root.tar" / >/dev/null
  buildah config --env PATH=/usr/local/bin:/usr/bin:/bin "$base"
  buildah commit -q "$base" localhost/eyeballd-base >/dev/null
  buildah rm "$base" >/dev/null
  rm -rf "$root" "$work/root.tar"
}

# The processes under one, itself last.
descendants() {
  local child
  for child in $(pgrep -P "$1"); do descendants "$child"; done
  echo "$1"
}

# One of the image's own settings, by its path; of a list one entry a line.
setting() {
  node -e "
    const { Docker } = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))
    const value = process.argv[2].split('.').reduce((part, key) => part[key], Docker.config)
    console.log([value].flat().join('\n'))
  " "$work/image.json" "$1"
}

image=${1:-localhost/eyeballd-base}
if [ $# -eq 0 ]; then
  make_base
  say 'base image made'
fi
# The format of Docker, as that of OCI has no HEALTHCHECK.
buildah bud -q --format docker --build-arg "NODE_IMAGE=$image" -t localhost/eyeballd . >/dev/null
say 'image built'

buildah inspect --type image localhost/eyeballd >"$work/image.json"
mapfile -t entry < <(setting Entrypoint)
mapfile -t health < <(setting Healthcheck.Test | tail -n +2)
[ "$(setting User)" = 10001:10001 ] || give_up "its user is $(setting User)"
[ "$(setting StopSignal)" = SIGTERM ] || give_up "its signal to stop is $(setting StopSignal)"

container=$(buildah from localhost/eyeballd)
if buildah run "$container" -- "${health[@]}" >"$work/health" 2>&1; then give_up 'healthy before it runs'; fi

# An origin that takes two seconds for its page.
node -e "
  const server = require('node:http').createServer((request, response) => {
    response.write('begun ')
    setTimeout(() => response.end('done'), 2000)
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
" >"$work/origin" &
pids+=($!)

# Starts a daemon with these words, and waits until it is healthy. Sets `run` and `daemon`.
start() {
  buildah run "$container" -- "${entry[@]}" "$@" >"$work/log" 2>&1 &
  run=$!
  pids+=("$run")
  for _ in $(seq 100); do
    sleep 0.2
    if buildah run "$container" -- "${health[@]}" >"$work/health" 2>&1; then break; fi
  done
  buildah run "$container" -- "${health[@]}" >"$work/health" 2>&1 ||
    give_up "not healthy ($*): $(cat "$work/health" "$work/log")"
  # The innermost process of the run, unless that is still one of buildah's own.
  mapfile -t family < <(descendants "$run")
  daemon=${family[0]:-}
  case "$(tr '\0' ' ' <"/proc/$daemon/cmdline")" in
    buildah*) daemon='' ;;
  esac
  [ -n "$daemon" ] || give_up 'its process is not found'
}

# Ends it, and with it the run.
stop() {
  local status=0
  kill -TERM "$daemon"
  wait "$run" || status=$?
  [ "$status" -eq 0 ] || give_up "after SIGTERM it ended with $status"
}

# The healthcheck comes from inside, whoever else is let in.
while read -r -a words <&3; do
  start "${words[@]}"
  stop
  say "healthy: ${words[*]}"
  if grep -q '"level":[456]0' "$work/log"; then give_up "it complains: $(cat "$work/log")"; fi
  if buildah run "$container" -- "${health[@]}" >"$work/health" 2>&1; then give_up 'healthy after its end'; fi
done 3<<'LIST'
serve -l 0.0.0.0:1080 --clients 192.0.2.0/24
-L 127.0.0.1:5432:db.example.com:5432
-l unix:/tmp/socks.sock
LIST

start
say 'it serves, and its healthcheck says so'

curl -sS -x "socks5h://127.0.0.1:$port" "http://127.0.0.1:$(cat "$work/origin")/" >"$work/page" &
download=$!
sleep 1
[ "$(awk '/^Uid:/ { print $2 }' "/proc/$daemon/status")" = 10001 ] || give_up 'it runs as another user'
kill -TERM "$daemon"
wait "$download" || give_up 'the download was cut off by SIGTERM'
[ "$(cat "$work/page")" = 'begun done' ] || give_up "the page was: $(cat "$work/page")"
status=0
wait "$run" || status=$?
[ "$status" -eq 0 ] || give_up "after SIGTERM it ended with $status"
grep -q '"event":"race"' "$work/log" || give_up 'no race in its log'
grep -q '"engine":"splice"' "$work/log" || give_up 'in the image the kernel cannot move the bytes'
say 'a download begun before SIGTERM ended whole, and the daemon with status 0'
