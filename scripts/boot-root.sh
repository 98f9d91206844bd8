# Boots systemd as the first process of a Debian root, in namespaces of its own without a network but loopback. For scripts
# that source it (bash, with `set -euo pipefail`):
#
#   boot_root ROOT      waits until systemd is up, and sets `init`, its process id; fails with the reason in `boot_failure`
#   in_boot COMMAND...  runs a command there
#   end_boot            ends all processes there; after that, or without a boot, it does nothing
#
# It needs root and a mounted cgroup2. A root made by mmdebstrap with the package systemd will do. The root is entered by
# pivot_root(2): in a chroot no service can have users of its own (PrivateUsers=).
init='' boot_failure='' boot_group='' boot_outer=''

# What the first process does before it is systemd.
# shellcheck disable=SC2016
boot_script='
  set -e
  root=$1
  mount --make-rprivate /
  mount --bind "$root" "$root"
  cd "$root"
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs tmpfs tmp
  mount -t tmpfs -o mode=755 tmpfs dev
  for each in null zero full random urandom tty; do
    : >"dev/$each"
    mount --bind "/dev/$each" "dev/$each"
  done
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
  mount -t tmpfs tmpfs dev/shm
  ln -s /proc/self/fd dev/fd
  ln -s pts/ptmx dev/ptmx
  hostname eyeballd-test
  mkdir run/old-root
  pivot_root . run/old-root
  umount -l /run/old-root
  rmdir /run/old-root
  # In a container systemd leaves this to whoever starts it; credentials need it.
  mount --make-rshared /
  exec env -i container=eyeballd-test PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    /lib/systemd/systemd --show-status=0 --log-target=journal
'

boot_root() {
  local cgroups console tries state=''
  cgroups=$(findmnt -rn -t cgroup2 -o TARGET | head -n 1)
  boot_failure='no cgroup2 file system is mounted here'
  [ -n "$cgroups" ] || return 1
  boot_group=$cgroups/eyeballd-boot-$$
  boot_failure="cannot make $boot_group"
  mkdir "$boot_group" || return 1
  console=$(mktemp)
  (
    echo "$BASHPID" >"$boot_group/cgroup.procs"
    exec unshare --pid --mount --net --uts --ipc --cgroup --fork --kill-child=SIGKILL \
      sh -c "$boot_script" boot-root "$1" </dev/null >"$console" 2>&1
  ) &
  boot_outer=$!
  for tries in $(seq 400); do
    init=$(pgrep -P "$boot_outer" -x systemd || true)
    # A root without kernel modules is degraded, and runs all the same.
    [ -z "$init" ] || state=$(in_boot systemctl is-system-running 2>/dev/null || true)
    case $state in
      running | degraded)
        rm "$console"
        return
        ;;
    esac
    kill -0 "$boot_outer" 2>/dev/null || break
    sleep 0.1
  done
  boot_failure="systemd does not come up (${state:-it has ended}): $(tail -n 5 "$console")"
  rm "$console"
  end_boot
  return 1
}

in_boot() {
  nsenter --target "$init" --all env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

end_boot() {
  if [ -n "$boot_outer" ]; then
    # With the first process of its namespace all others end.
    kill -KILL ${init:+"$init"} "$boot_outer" 2>/dev/null || true
    wait "$boot_outer" 2>/dev/null || true
  fi
  if [ -n "$boot_group" ]; then
    local tries
    for tries in $(seq 50); do
      ! find "$boot_group" -depth -type d -exec rmdir {} + 2>/dev/null || break
      sleep 0.1
    done
  fi
  init='' boot_outer='' boot_group=''
}
