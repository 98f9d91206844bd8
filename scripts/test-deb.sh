#!/usr/bin/env bash
# Makes the Debian package and tries it in a root of its own: it is the same when it is made again, installs without a
# running systemd, serves, keeps a changed configuration over an upgrade, and leaves nothing when it is purged.
#
#   scripts/test-deb.sh               in Debian bookworm
#   scripts/test-deb.sh trixie        in another release
#
# It needs Linux, root, mmdebstrap, dpkg-deb, iproute2 and curl; lintian looks at the package where it is installed. KEEP=DIR
# takes the root from there, or makes it there, for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
give_up() {
  say "FAILED: $*"
  exit 1
}

# Everything that is in the root, but for what dpkg, man and apt keep of their own work.
listing() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run -o -path ./var/log \
    -o -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apt \) -prune -o -print | sort)
}

clean_env=(PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
in_root() { chroot "$root" /usr/bin/env -i "${clean_env[@]}" "$@"; }

version_in() { in_root dpkg-query -W -f '${Version}' eyeballd; }

# Waits until a daemon answers its health check, asked by in_root or in_boot.
await_health() {
  for _ in $(seq 100); do
    if "$1" eyeballd healthcheck >"$work/health" 2>&1; then return; fi
    sleep 0.2
  done
  give_up "no daemon answers: $(cat "$work/health" "$work/log")"
}

# Starts a daemon with these words; `stop` drains it.
start() {
  (exec chroot "$root" /usr/bin/env -i "${clean_env[@]}" eyeballd "$@") >"$work/log" 2>&1 &
  daemon=$!
  await_health in_root
}
stop() {
  local status=0
  kill -TERM "$daemon"
  wait "$daemon" || status=$?
  [ "$status" -eq 0 ] || give_up "after SIGTERM it ended with $status: $(cat "$work/log")"
}

# One request by the proxy, to an origin that the Node of the package serves.
ask() {
  local page
  page=$(curl -sS -m 10 -x "$1" "http://127.0.0.1:$(cat "$work/origin")/") || give_up "no answer by $1: $(cat "$work/log")"
  [ "$page" = hello ] || give_up "the page by $1 was: $page"
}

# What is tried in namespaces of its own, where nobody else has the ports.
inside() {
  ip link set lo up
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  local before
  before=$(listing)

  cp "$work"/*.deb "$root/tmp/"
  in_root apt-get install -qq -y "/tmp/$old" >"$work/apt" 2>&1 || give_up "the first installation: $(cat "$work/apt")"
  [ "$(version_in)" = 0.0.9-1 ] || give_up "installed is $(version_in)"
  if pgrep -f usr/bin/eyeballd >/dev/null; then give_up 'a daemon was started against policy-rc.d'; fi
  [ -L "$root/etc/systemd/system/multi-user.target.wants/eyeballd.service" ] || give_up 'the service is not enabled'
  [ -L "$root/etc/systemd/system/sockets.target.wants/eyeballd.socket" ] || give_up 'the socket is not enabled'
  in_root dpkg --verify eyeballd || give_up 'files differ from the package'
  say 'installed without a running systemd; the service is enabled, and not started'

  [ "$(in_root eyeballd --version)" = "$program_version" ] || give_up "its version is $(in_root eyeballd --version)"
  in_root eyeballd check /etc/eyeballd/eyeballd.yaml >"$work/check" 2>&1 || give_up "check: $(cat "$work/check")"
  in_root man eyeballd 2>&1 | grep 'connection-attempt-delay DURATION' >/dev/null || give_up 'man eyeballd'
  in_root man 5 eyeballd.yaml 2>&1 | grep 'resolver.cache.maxEntries' >/dev/null || give_up 'man eyeballd.yaml'
  in_root bash -ec '. /usr/share/bash-completion/completions/eyeballd; complete -p eyeballd' >/dev/null || give_up 'completion of bash'
  for unit in "$root"/usr/lib/systemd/system/eyeballd*; do
    in_root systemd-analyze verify --man=no "/usr/lib/systemd/system/${unit##*/}" >"$work/verify" 2>&1 ||
      give_up "systemd-analyze verify ${unit##*/}: $(cat "$work/verify")"
  done
  say 'version, configuration, manual pages, completion and units are right'

  chroot "$root" /usr/lib/eyeballd/node -e "
    const server = require('node:http').createServer((request, response) => response.end('hello'))
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))" >"$work/origin" &
  local origin=$!
  start -c /etc/eyeballd/eyeballd.yaml
  ask socks5h://127.0.0.1:1080
  ask http://127.0.0.1:1080
  stop
  grep -q '"event":"race"' "$work/log" || give_up "no race in its log: $(cat "$work/log")"
  grep -q '"engine":"splice"' "$work/log" || give_up 'the kernel does not move the bytes'
  printf 'processes: 2\nresolver: { mode: system }\n' >"$root/tmp/two.yaml"
  start -c /tmp/two.yaml
  ask socks5h://127.0.0.1:1080
  stop
  say 'it serves by SOCKS and HTTP, with one process and with two, and the kernel moves the bytes'

  echo '# changed here' >>"$root/etc/eyeballd/eyeballd.yaml"
  in_root systemctl disable eyeballd.service eyeballd.socket >/dev/null 2>&1
  start -c /etc/eyeballd/eyeballd.yaml
  in_root apt-get install -qq -y -o Dpkg::Options::=--force-confold "/tmp/$new" >"$work/apt" 2>&1 ||
    give_up "the upgrade: $(cat "$work/apt")"
  ask socks5h://127.0.0.1:1080
  stop
  [ "$(version_in)" = "$new_version" ] || give_up "after the upgrade $(version_in) is installed"
  grep -q '# changed here' "$root/etc/eyeballd/eyeballd.yaml" || give_up 'the upgrade replaced a changed configuration'
  [ ! -L "$root/etc/systemd/system/multi-user.target.wants/eyeballd.service" ] || give_up 'the upgrade enabled a disabled service'
  [ ! -L "$root/etc/systemd/system/sockets.target.wants/eyeballd.socket" ] || give_up 'the upgrade enabled a disabled socket'
  rm -f "$root/etc/eyeballd/eyeballd.yaml.dpkg-dist"
  say 'an upgrade kept the changed configuration, the disabled service and the old daemon that ran'

  kill "$origin"
  in_root apt-get remove -qq -y eyeballd >"$work/apt" 2>&1 || give_up "the removal: $(cat "$work/apt")"
  [ ! -e "$root/usr/lib/eyeballd" ] && [ ! -e "$root/usr/bin/eyeballd" ] || give_up 'the removal left the program'
  [ -e "$root/etc/eyeballd/eyeballd.yaml" ] || give_up 'the removal took the configuration'
  in_root apt-get install -qq -y "/tmp/$new" >"$work/apt" 2>&1 || give_up "the second installation: $(cat "$work/apt")"
  grep -q '# changed here' "$root/etc/eyeballd/eyeballd.yaml" || give_up 'the second installation replaced the configuration'
  echo 'alice:secret' >"$root/etc/eyeballd/users"
  in_root apt-get purge -qq -y eyeballd >"$work/apt" 2>&1 || give_up "the purge: $(cat "$work/apt")"
  [ "$(cat "$root/etc/eyeballd/users")" = alice:secret ] || give_up 'the purge took a file of the administrator'
  rm -r "$root/etc/eyeballd"
  diff <(echo "$before") <(listing) >"$work/left" || give_up "left or lost: $(cat "$work/left")"
  say 'removed and purged: nothing is left'
}

# The same under a systemd that is the first process of its own namespaces.
booted() {
  rm -f "$root/usr/sbin/policy-rc.d"
  cp "$work"/*.deb "$root/root/"
  local before status=0
  before=$(listing)
  if ! boot_root "$root"; then
    say "not tried under a running systemd: $boot_failure"
    return
  fi

  in_boot apt-get install -qq -y "/root/$old" >"$work/apt" 2>&1 || give_up "the installation: $(cat "$work/apt")"
  in_boot systemctl is-active -q eyeballd || give_up "the service does not run: $(in_boot systemctl status eyeballd)"
  in_boot journalctl -f -n 0 -u eyeballd >"$work/log" 2>&1 &
  await_health in_boot
  local first second
  first=$(in_boot systemctl show -P MainPID eyeballd)
  [ "$(in_boot stat -c %u "/proc/$first")" -ne 0 ] || give_up 'the service is root'
  say 'under a running systemd: installed, started, healthy, and not root'

  printf '  - { protocol: forward, listen: 127.0.0.1:1081, target: 127.0.0.1:9 }\n' >>"$root/etc/eyeballd/eyeballd.yaml"
  in_boot systemctl reload eyeballd || give_up "the reload: $(in_boot systemctl status eyeballd)"
  in_boot bash -c 'for _ in $(seq 50); do (: >/dev/tcp/127.0.0.1/1081) 2>/dev/null && exit; sleep 0.1; done; exit 1' ||
    give_up "a reload opened no listener: $(in_boot journalctl -u eyeballd -n 5 --no-pager)"
  [ "$(in_boot systemctl show -P MainPID eyeballd)" = "$first" ] || give_up 'a reload started another process'
  say 'a reload of a changed configuration opened its listener'

  cp scripts/deb/steady-clients.mjs "$root/root/"
  in_boot /usr/lib/eyeballd/node /root/steady-clients.mjs >"$work/clients" &
  local clients=$!
  in_boot apt-get install -qq -y -o Dpkg::Options::=--force-confold "/root/$new" >"$work/apt" 2>&1 ||
    give_up "the upgrade: $(cat "$work/apt")"
  await_health in_boot
  second=$(in_boot systemctl show -P MainPID eyeballd)
  [ "$second" != "$first" ] || give_up 'the upgrade did not start the new version'
  wait "$clients" || status=$?
  say "an upgrade under clients, 100 a second: $(cat "$work/clients")"
  [ "$status" -eq 0 ] || give_up 'clients were refused'

  in_boot apt-get purge -qq -y eyeballd >"$work/apt" 2>&1 || give_up "the purge: $(cat "$work/apt")"
  [ ! -e "/proc/$init/root/run/eyeballd" ] || give_up 'the purge left /run/eyeballd'
  if pgrep --ns "$init" --nslist pid -f bin/eyeballd >/dev/null; then give_up 'the purge left a process'; fi
  if in_boot systemctl cat eyeballd >/dev/null 2>&1; then give_up 'systemd still knows the service'; fi
  rm "$root/root/steady-clients.mjs"
  end_boot
  diff <(echo "$before") <(listing) | grep eyeballd && give_up 'the purge left these'
  say 'purged: no file, process or unit is left'
}

if [ "${1:-}" = --booted ]; then
  work=$2 root=$2/boot old=$3 new=$4
  . scripts/boot-root.sh
  trap end_boot EXIT
  booted
  exit
fi

if [ "${1:-}" = --inside ]; then
  work=$2 root=$2/root old=$3 new=$4 new_version=$5 program_version=$6
  inside
  exit
fi

for program in mmdebstrap dpkg-deb ip curl unshare; do
  command -v "$program" >/dev/null ||
    { echo "test:deb: $program not found; apt-get install mmdebstrap dpkg iproute2 curl util-linux" >&2; exit 1; }
done
[ "$(id -u)" -eq 0 ] || { echo 'test:deb: it must be run as root, for a root and namespaces of its own' >&2; exit 1; }

suite=${1:-bookworm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# mmdebstrap and apt's own user look into it.
chmod 755 "$work"

npx tsx scripts/package-deb.ts --fast --out "$work" >/dev/null
new=$(basename "$work"/*.deb)
new_version=$(dpkg-deb -f "$work/$new" Version)
program_version=$(node -p 'require("./package.json").version')
say "made: $new"
mkdir "$work/again"
(umask 077 && npx tsx scripts/package-deb.ts --fast --out "$work/again" >/dev/null)
cmp "$work/$new" "$work/again/$new" || give_up 'made again it is another file'
say 'made again, with another umask, it is the same file'

if command -v lintian >/dev/null; then
  lintian --fail-on error,warning "$work/$new" || give_up 'lintian'
  say 'lintian finds nothing'
else
  say 'lintian is not installed: not asked (package lintian)'
fi

# A lower version with another configuration, as an upgrade meets it.
dpkg-deb -R "$work/$new" "$work/lower"
sed -i 's/^Version: .*/Version: 0.0.9-1/' "$work/lower/DEBIAN/control"
sed -i '1i # of an older version' "$work/lower/etc/eyeballd/eyeballd.yaml"
sum=$(md5sum <"$work/lower/etc/eyeballd/eyeballd.yaml" | cut -d' ' -f1)
sed -i "s#^.*  etc/eyeballd/eyeballd.yaml#$sum  etc/eyeballd/eyeballd.yaml#" "$work/lower/DEBIAN/md5sums"
old=eyeballd_0.0.9-1.deb
dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/lower" "$work/$old" >/dev/null
rm -r "$work/lower" "$work/again"

if [ -n "${KEEP:-}" ] && [ -e "$KEEP/$suite.tar" ]; then
  mkdir "$work/root"
  tar -C "$work/root" -xpf "$KEEP/$suite.tar" --numeric-owner
else
  mmdebstrap --quiet --variant=apt --include=systemd,man-db,libstdc++6 "$suite" "$work/root" >/dev/null
  [ -z "${KEEP:-}" ] || tar -C "$work/root" -cpf "$KEEP/$suite.tar" --numeric-owner .
fi
printf '#!/bin/sh\nexit 101\n' >"$work/root/usr/sbin/policy-rc.d"
chmod +x "$work/root/usr/sbin/policy-rc.d"
say "a root of $suite is made"

cp -a "$work/root" "$work/boot"
unshare --net --mount --pid --fork --mount-proc --kill-child -- "$PWD/scripts/test-deb.sh" --inside "$work" "$old" "$new" "$new_version" "$program_version"
rm -rf "$work/root"
"$PWD/scripts/test-deb.sh" --booted "$work" "$old" "$new"
say 'all of it passed'
