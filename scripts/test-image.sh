#!/usr/bin/env bash
# Builds the image with buildah and no container engine, and tries it: what is in it, a read-only root, its
# healthcheck, a request through it, SIGTERM with a download that is not over, and a second build with equal layers.
#
#   scripts/test-image.sh             on a base image made here (Debian by mmdebstrap, Node from npm)
#   scripts/test-image.sh IMAGE       on another base image, such as node:26-bookworm-slim or node:26-alpine
#
# It needs Linux, root, buildah, curl, util-linux, and mmdebstrap for a base of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
node_version=26
port=1080
size_max_mb=200
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
  mmdebstrap --quiet --variant=apt --include=ca-certificates,libstdc++6,libatomic1 bookworm "$root" >/dev/null
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

# One of the image's own settings, by its path; of a list one entry a line.
setting() {
  node -e "
    const { Docker } = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))
    const value = process.argv.slice(2).reduce((part, key) => part[key], Docker.config)
    console.log([value].flat().join('\n'))
  " "$work/image.json" "$@"
}

# The format of Docker, as that of OCI has no HEALTHCHECK.
version=$(node -p "require('./package.json').version")
build() {
  buildah bud -q --format docker --timestamp 0 --build-arg "NODE_IMAGE=$image" \
    --build-arg "VERSION=$version" --build-arg REVISION=0123abcd -t "$1" . >"$work/build" 2>&1 ||
    give_up "the build: $(tail -n 20 "$work/build")"
  buildah inspect --type image "$1" >"$work/image.json"
}
layers() { node -p "JSON.parse(require('node:fs').readFileSync('$work/image.json')).OCIv1.rootfs.diff_ids.join(' ')"; }

image=${1:-localhost/eyeballd-base}
if [ $# -eq 0 ]; then
  make_base
  say 'base image made'
fi
build localhost/eyeballd
first=$(layers)
say "image built: $first"
build localhost/eyeballd-again
[ "$(layers)" = "$first" ] || give_up "a second build of the same has other layers: $(layers)"
buildah rmi localhost/eyeballd-again >/dev/null
say 'a second build has the same layers'

buildah inspect --type image localhost/eyeballd >"$work/image.json"
mapfile -t entry < <(setting Entrypoint)
mapfile -t health < <(setting Healthcheck Test | tail -n +2)
[ "$(setting User)" = 10001:10001 ] || give_up "its user is $(setting User)"
[ "$(setting StopSignal)" = SIGTERM ] || give_up "its signal to stop is $(setting StopSignal)"
[ "$(setting Labels org.opencontainers.image.version)" = "$version" ] || give_up 'its label of the version'
[ "$(setting Labels org.opencontainers.image.revision)" = 0123abcd ] || give_up 'its label of the revision'

container=$(buildah from localhost/eyeballd)
root=$(buildah mount "$container")
size=$(du -s --apparent-size --block-size=1000000 "$root" | cut -f 1)
[ "$size" -lt "$size_max_mb" ] || give_up "it has $size MB; allowed: less than $size_max_mb MB"
say "it has $size MB: node $(du -sL --apparent-size --block-size=1000000 "$root/usr/local/bin/node" | cut -f 1), eyeballd $(du -s --apparent-size --block-size=1000000 "$root/app" | cut -f 1), $(tar -C "$root" -cf - . | gzip -6 | wc -c | awk '{ print int($1 / 1e6) }') compressed"

# What is there is what the program needs: no shell, no package manager, no sources.
found=$(find "$root" \( -name '*.ts' -o -name '*.map' -o -name npm -o -name corepack -o -name '*sh' -o -name busybox \) -not -path '*/proc/*')
[ -z "$found" ] || give_up "it contains $found"
modules=$(cd "$root/app/node_modules" && find . -mindepth 1 -maxdepth 1 | sort | tr '\n' ' ')
[ "$modules" = './@koromix ./koffi ' ] || give_up "its packages are $modules"
if find "$root" -perm /6000 | grep -q .; then give_up 'it has files with the rights of another user'; fi
say 'no shell, no package manager, no sources, no packages of development'

# Like `docker run --read-only --cap-drop ALL`: process 1, a root that cannot be written to, the image's user, no
# capability, and /run/eyeballd as the volume that it is.
mkdir -p "$work/volume" "$root/proc" "$root/dev"
chmod 1777 "$work/volume"
: >"$root/dev/null" >"$root/dev/urandom"
cat >"$work/enter.sh" <<'SH'
set -eu
root=$1 volume=$2
shift 2
mount --rbind "$root" "$root"
mount --bind "$volume" "$root/run/eyeballd"
mount -t proc proc "$root/proc"
mount --bind /dev/null "$root/dev/null"
mount --bind /dev/urandom "$root/dev/urandom"
mount -o remount,bind,ro "$root"
exec env -i PATH=/usr/local/bin NODE_ENV=production EYEBALLD_ADMIN=unix:/run/eyeballd/admin.sock $MORE_ENV \
  /usr/bin/setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid --inh-caps=-all \
  /usr/sbin/chroot --userspec=10001:10001 --groups= "$root" "$@"
SH
MORE_ENV=''
inside() {
  MORE_ENV=$MORE_ENV unshare --mount --pid --fork --kill-child bash "$work/enter.sh" "$root" "$work/volume" "$@"
}
healthy() { inside "${health[@]}" >"$work/health" 2>&1; }

if healthy; then give_up 'healthy before it runs'; fi

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
  inside "${entry[@]}" "$@" >"$work/log" 2>&1 &
  run=$!
  pids+=("$run")
  for _ in $(seq 100); do
    sleep 0.2
    if healthy; then break; fi
  done
  healthy || give_up "not healthy ($*): $(cat "$work/health" "$work/log")"
  daemon=$(pgrep -P "$(pgrep -P "$run" -x unshare || echo "$run")" | head -n 1)
  [ "$(awk '/^NSpid:/ { print $NF }' "/proc/$daemon/status")" = 1 ] || give_up 'it is not process 1'
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
  if healthy; then give_up 'healthy after its end'; fi
done 3<<'LIST'
serve -l 0.0.0.0:1080 --clients 192.0.2.0/24
-L 127.0.0.1:5432:db.example.com:5432
-l unix:/run/eyeballd/socks.sock
serve -c /app/config/eyeballd.yaml
LIST

start
say 'it serves with a root that is read-only, and its healthcheck says so'

inside eyeballd race "localhost:$(cat "$work/origin")" >"$work/race" 2>&1 || give_up "a race: $(cat "$work/race")"
grep -q "$(cat "$work/origin")" "$work/race" || give_up "a race says: $(cat "$work/race")"
say 'eyeballd race works in it'

curl -sS -x "socks5h://127.0.0.1:$port" "http://127.0.0.1:$(cat "$work/origin")/" >"$work/page" &
download=$!
sleep 1
for line in 'Uid: 10001' 'Gid: 10001' 'CapEff: 0000000000000000' 'CapPrm: 0000000000000000' 'NoNewPrivs: 1'; do
  [ "$(awk -v key="${line%% *}" '$1 == key { print $2 }' "/proc/$daemon/status")" = "${line#* }" ] ||
    give_up "it does not run with $line"
done
kill -TERM "$daemon"
wait "$download" || give_up 'the download was cut off by SIGTERM'
[ "$(cat "$work/page")" = 'begun done' ] || give_up "the page was: $(cat "$work/page")"
status=0
wait "$run" || status=$?
[ "$status" -eq 0 ] || give_up "after SIGTERM it ended with $status"
grep -q '"event":"race"' "$work/log" || give_up 'no race in its log'
grep -q '"engine":"splice"' "$work/log" || give_up 'in the image the kernel cannot move the bytes'
say 'a download begun before SIGTERM ended whole, and the daemon with status 0'

MORE_ENV=EYEBALLD_DRAIN_TIMEOUT=1s start
curl -sS -x "socks5h://127.0.0.1:$port" "http://127.0.0.1:$(cat "$work/origin")/" >"$work/page" 2>"$work/cut" &
download=$!
sleep 0.5
stop
if wait "$download"; then give_up 'a connection outlived the drain timeout'; fi
say 'after the drain timeout it ended what was left, with status 0'
[ -z "$(find "$work/volume" -mindepth 1)" ] || give_up "it left $(find "$work/volume" -mindepth 1)"
