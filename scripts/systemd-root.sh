#!/usr/bin/env bash
# Runs eyeballd under a real systemd: a Debian root made by mmdebstrap, with the packed program, this machine's
# Node and the units of systemd/, booted as PID 1 in namespaces of its own. It tries start, status, reload,
# a wrong configuration, the watchdog, and restarts under load with socket activation, and prints how long
# clients waited.
#
#   scripts/systemd-root.sh [TARBALL]     the tarball of a Debian root with systemd, iproute2, procps, python3 and
#                                         curl; made by mmdebstrap where none is given
#
# It needs Linux, root, a cgroup2 file system, util-linux, npm, and mmdebstrap for a root of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
root=$work/root
. scripts/boot-root.sh

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
give_up() {
  say "FAILED: $*"
  [ -z "$init" ] || in_boot journalctl --no-pager -n 400 | grep -v '"event":"\(race\|close\)"' | tail -n 60 || true
  exit 1
}

finish() {
  end_boot
  rm -rf "$work"
}
trap finish EXIT

make_root() {
  mkdir -p "$root"
  if [ $# -gt 0 ]; then
    tar -C "$root" -xf "$1"
  else
    mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,procps,curl,python3-minimal \
      bookworm "$root" >/dev/null
  fi
}

install_program() {
  npm pack --silent --pack-destination "$work" >/dev/null
  npm install --silent --global --prefix "$root/usr" --no-audit --no-fund "$work"/eyeballd-*.tgz >/dev/null
  install -m 755 "$(node -p process.execPath)" "$root/usr/bin/node"
  install -D -m 644 -t "$root/etc/systemd/system" systemd/eyeballd*
  mkdir -p "$root/etc/eyeballd"
}

# The unit that the script boots into: nothing but what the tests need.
quiet_boot() {
  ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
  local unit
  for unit in systemd-udevd.service systemd-udev-trigger.service systemd-logind.service getty.target \
    systemd-networkd.service systemd-resolved.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer fstrim.timer systemd-modules-load.service sys-kernel-debug.mount sys-kernel-tracing.mount \
    dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount \
    systemd-udevd-kernel.socket systemd-udevd-control.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  : >"$root/etc/machine-id"
  printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' >"$root/etc/systemd/journald.conf"
}

# One target, and clients that connect to it through the proxy without a pause. Each line of their result is
# the longest wait and what failed.
write_load() {
  cat >"$root/usr/local/bin/load" <<'PY'
#!/usr/bin/python3
import os, socket, struct, sys, threading, time
PATH = os.environ.get('UNIX_SOCKET')
PROXY, TARGET, SECONDS, CLIENTS = ('127.0.0.1', 1080), 8000, float(sys.argv[1]), 16
LOGIN = sys.argv[2:4]
target = socket.socket()
target.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
target.bind(('127.0.0.1', TARGET))
target.listen(1024)
def serve():
    while True:
        c, _ = target.accept()
        c.sendall(b'hello')
        c.close()
threading.Thread(target=serve, daemon=True).start()
end = time.monotonic() + SECONDS
done, failed, longest = [], [], [0.0]
def receive(s, n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise EOFError('closed after %d bytes' % len(data))
        data += more
    return data
def connect():
    if not PATH:
        return socket.create_connection(PROXY, 60)
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect(PATH)
    return s
def client():
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            with connect() as s:
                s.sendall(b'\5\1\2' if LOGIN else b'\5\1\0')
                assert receive(s, 2)[1] < 255, 'no method'
                if LOGIN:
                    s.sendall(b'\1' + b''.join(bytes([len(x)]) + x.encode() for x in LOGIN))
                    assert receive(s, 2)[1] == 0, 'no login'
                s.sendall(b'\5\1\0\1\x7f\0\0\1' + struct.pack('>H', TARGET))
                reply = receive(s, 10)
                assert reply[1] == 0, reply
                assert receive(s, 5) == b'hello'
            done.append(time.monotonic())
        except Exception as error:
            failed.append('%.3f %r' % (time.monotonic() - end + SECONDS, error))
        longest[0] = max(longest[0], time.monotonic() - began)
threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
for t in threads: t.start()
for t in threads: t.join()
done.sort()
gap = max((b - a for a, b in zip(done, done[1:])), default=0)
print('%d served, %d failed, longest wait %d ms, longest time without a served connection %d ms' % (len(done), len(failed), longest[0] * 1000, gap * 1000))
for line in failed[:5]: print(line)
sys.exit(len(failed) > 0)
PY
  chmod 755 "$root/usr/local/bin/load"
}

configure() { printf '%s\n' "$1" >"$root/etc/eyeballd/eyeballd.yaml"; }
property() { in_boot systemctl show -p "$1" --value eyeballd; }
until_status() {
  local tries
  for tries in $(seq 200); do
    # shellcheck disable=SC2053
    [[ $(property StatusText) != $1 ]] || return 0
    sleep 0.1
  done
  give_up "the status is $(property StatusText) and not $1"
}
until_property() {
  local tries
  for tries in $(seq 200); do
    [ "$(property "$1")" != "$2" ] || return 0
    sleep 0.1
  done
  give_up "$1 is $(property "$1") and not $2"
}

SOCKS='access: [{ action: allow, to: [loopback] }]
drainTimeout: 5s
listeners:
  - { protocol: socks, listen: systemd:socks }'

[ "$(id -u)" -eq 0 ] || { echo 'it needs root'; exit 1; }
make_root "$@"
say 'the root is made'
install_program
write_load
quiet_boot
configure "$SOCKS"
boot_root "$root" || give_up "$boot_failure"
say "systemd $(in_boot systemctl --version | sed -n '1s/systemd \([^ ]*\).*/\1/p') is PID 1: $(in_boot systemctl is-system-running || true)"

in_boot systemctl enable --quiet --now eyeballd.socket eyeballd.service || give_up 'it does not start'
say "active after start: $(property ActiveState), Type=$(property Type), status \"$(property StatusText)\""
in_boot systemctl --no-pager --full status eyeballd | head -n 12

in_boot systemctl reload eyeballd || give_up 'reload fails'
until_status 'serving, 0 connections'
say 'reload: done'
configure 'listeners: [{ protocol: socks, lisen: 1080 }]'
if in_boot systemctl reload eyeballd 2>/dev/null; then give_up 'reload takes a wrong configuration'; fi
in_boot journalctl --no-pager -o cat -t eyeballd | grep 'did you mean "listen"' >/dev/null || give_up 'the mistake is not in the journal'
[ "$(property ActiveState)" = active ] || give_up 'a wrong configuration ended it'
say 'reload of a wrong configuration: refused, and it still serves'
configure "$SOCKS"

configure "${SOCKS/systemd:socks/0.0.0.0:1080, open: true}"
in_boot systemctl reload eyeballd || give_up 'reload fails'
until_status 'serving, 0 connections, the last reload failed: *systemd has bound socks (127.0.0.1:1080); expected ListenStream=0.0.0.0:1080*'
say 'an address that systemd has in another form: its status says what to change'
configure "$SOCKS"
in_boot systemctl reload eyeballd || give_up 'reload fails'
until_status 'serving, 0 connections'

configure 'listeners: [{ protocol: socks, lisen: 1080 }]'
if in_boot systemctl restart eyeballd 2>/dev/null; then give_up 'it starts with a wrong configuration'; fi
say "restart with a wrong configuration: refused, $(property ActiveState)"
in_boot load 12 >"$work/load" &
load=$!
sleep 10
[ "$(in_boot systemctl is-active eyeballd.socket)" = active ] || give_up 'the sockets are closed'
configure "$SOCKS"
wait "$load" || { cat "$work/load"; give_up 'a client failed'; }
say "served when the file is right, without another command: $(cat "$work/load")"
in_boot systemctl is-active --quiet eyeballd || give_up 'it does not run'

for processes in 1 2; do
  configure "$SOCKS
processes: $processes"
  in_boot systemctl restart eyeballd
  in_boot load 12 >"$work/load" &
  load=$!
  sleep 2
  for round in 1 2 3; do
    began=$(date +%s%N)
    in_boot systemctl restart eyeballd || give_up 'restart fails'
    say "restart $round under load, processes: $processes, took $((($(date +%s%N) - began) / 1000000)) ms"
    sleep 1.5
  done
  wait "$load" || { cat "$work/load"; give_up 'a client failed'; }
  say "$(cat "$work/load")"
done

in_boot mkdir -p /etc/systemd/system/eyeballd.socket.d /etc/systemd/system/eyeballd.service.d
printf '[Socket]\nListenStream=/run/eyeballd-test.sock\n' >"$root/etc/systemd/system/eyeballd.socket.d/unix.conf"
in_boot systemctl daemon-reload
in_boot systemctl restart eyeballd.socket eyeballd.service || give_up 'a changed socket unit cannot be restarted'
in_boot env UNIX_SOCKET=/run/eyeballd-test.sock load 6 >"$work/load" &
load=$!
sleep 1
in_boot systemctl restart eyeballd || give_up 'restart fails'
wait "$load" || { cat "$work/load"; give_up 'a client of the UNIX socket failed'; }
say "restart under load on a passed UNIX socket, processes: 2: $(cat "$work/load")"

configure "$SOCKS"
printf '[Service]\nWatchdogSec=2s\n' >"$root/etc/systemd/system/eyeballd.service.d/watchdog.conf"
in_boot systemctl daemon-reload
in_boot systemctl restart eyeballd
first=$(property MainPID)
sleep 5
[ "$(property MainPID)" = "$first" ] || give_up 'the watchdog killed a daemon that serves'
in_boot kill -STOP "$first"
until_property Result success
for tries in $(seq 200); do
  [ "$(property MainPID)" = "$first" ] || [ "$(property SubState)" != running ] || break
  sleep 0.1
done
until_property SubState running
[ "$(property MainPID)" != "$first" ] || give_up 'a stopped daemon was not replaced'
in_boot journalctl --no-pager -o cat -u eyeballd | grep -i 'watchdog timeout' || give_up 'it was not the watchdog'
in_boot load 1 || give_up 'it does not serve after the watchdog'
say 'a stopped daemon was restarted by the watchdog'

(umask 077 && echo 'alice:wonderland' >"$root/etc/eyeballd/users" && echo 's3cret' >"$root/etc/eyeballd/token")
printf '[Service]\nLoadCredential=users:/etc/eyeballd/users\nLoadCredential=token:/etc/eyeballd/token\n' \
  >"$root/etc/systemd/system/eyeballd.service.d/credentials.conf"
configure 'access: [{ action: allow, to: [loopback] }]
listeners: [{ protocol: socks, listen: 1080, auth: { usersFile: /run/credentials/eyeballd.service/users } }]
admin: { listen: 127.0.0.1:9090, tokenFile: /run/credentials/eyeballd.service/token }'
in_boot systemctl daemon-reload
in_boot systemctl restart eyeballd || give_up 'it does not start with credentials'
in_boot load 1 alice wonderland || give_up 'a login fails'
if in_boot load 1 >/dev/null; then give_up 'no login is needed'; fi
in_boot curl -sf -o /dev/null -H 'Authorization: Bearer s3cret' http://127.0.0.1:9090/config || give_up 'the token fails'
in_boot systemctl reload eyeballd || give_up 'a reload cannot check the file with its credentials'
in_boot systemctl restart eyeballd.socket || give_up 'a restart of the socket unit fails'
until_property SubState running
in_boot load 1 alice wonderland || give_up 'it does not serve after a restart of the socket unit'
say 'users and token from credentials that only root can read'

in_boot systemctl stop eyeballd.socket eyeballd.service
configure 'listeners: [{ protocol: socks, listen: 1080 }]'
cp "$root/etc/eyeballd/eyeballd.yaml" "$root/etc/eyeballd/work.yaml"
in_boot systemctl start eyeballd@work || give_up 'an instance does not start'
in_boot systemctl is-active eyeballd@work
in_boot systemctl stop eyeballd@work
say 'an instance starts and stops'
say 'all of it passed'
