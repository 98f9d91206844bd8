#!/usr/bin/env bash
# Boots systemd as the first process of a Debian root, in namespaces of its own without a network but loopback:
#
#   scripts/boot-root.sh ROOT &     ends when it is killed, and everything in the root with it
#
# It needs root and a mounted cgroup2. A root made by mmdebstrap with the package systemd will do. Its first process is the
# child of the child of this script (`unshare`); nsenter -m -p -n -u -i -C -r -w -t PID runs a command there. The root is
# entered by pivot_root(2): in a chroot no service can have users of its own (PrivateUsers=).
set -euo pipefail
root=$1
cgroups=$(findmnt -rn -t cgroup2 -o TARGET | head -n 1)
[ -n "$cgroups" ] || { echo 'boot-root: no cgroup2 is mounted here' >&2; exit 77; }

group=$cgroups/eyeballd-boot-$$
mkdir "$group"
outside=$(sed -n 's/^0:://p' /proc/self/cgroup)
finish() {
  [ -z "${unshare:-}" ] || kill -KILL "$unshare" 2>/dev/null || true
  echo $$ >"$cgroups$outside/cgroup.procs" 2>/dev/null || echo $$ >"$cgroups/cgroup.procs"
  for _ in $(seq 50); do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.1
  done
}
trap finish EXIT
trap 'exit 143' TERM INT
echo $$ >"$group/cgroup.procs"

unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child -- bash -euc '
  root=$1
  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  hostname eyeballd-test
  ip link set lo up
  mkdir -p "$root/run/old-root"
  cd "$root"
  pivot_root . run/old-root
  umount -l /run/old-root
  exec /usr/bin/env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    /lib/systemd/systemd --show-status=0
' boot-root "$root" &
unshare=$!
wait "$unshare"
