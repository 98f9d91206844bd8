#!/bin/sh
# Makes the root of the image, within the build of Dockerfile: node, the libraries that it and koffi need, and
# the program. Works on Debian (glibc) and on Alpine (musl).
#
#   scripts/image-root.sh APP ROOT EPOCH     the built checkout, the folder to make, the time of all files
set -eu
app=$1 root=$2 epoch=$3

mkdir -p "$root/app" "$root/usr/local/bin" "$root/etc" "$root/tmp" "$root/run/eyeballd"
chmod 1777 "$root/tmp" "$root/run/eyeballd"

# The program alone: the other modules of dist/ are the library's.
mkdir -p "$root/app/dist" "$root/app/node_modules/@koromix"
cp "$app/package.json" "$app/LICENSE" "$root/app/"
cp -r "$app/config" "$root/app/"
cp -r "$app/dist/program" "$root/app/dist/"
# As a command of its own: the interpreter is named, because there is no /usr/bin/env.
sed '1s|^#!.*|#!/usr/local/bin/node|' "$app/dist/bin.js" >"$root/app/dist/bin.js"
chmod 755 "$root/app/dist/bin.js"
ln -s /app/dist/bin.js "$root/usr/local/bin/eyeballd"

# Of the packages, the one that is not bundled, without its sources.
cp -r "$app/node_modules/koffi" "$root/app/node_modules/"
cp -r "$app/node_modules/@koromix" "$root/app/node_modules/"
cd "$root/app/node_modules/koffi"
rm -rf vendor doc lib cnoke.cjs CHANGELOG.md README.md
find . -type f ! -name '*.js' ! -name '*.cjs' ! -name package.json ! -name 'LICENSE*' -exec rm -f {} +
cd "$app"

cp -L "$(command -v node)" "$root/usr/local/bin/node"
node_home=$(dirname "$(dirname "$(command -v node)")")
[ ! -e "$node_home/LICENSE" ] || cp "$node_home/LICENSE" "$root/usr/local/LICENSE.node"

# What the loader finds, at the paths where it looks. glibc's names of hosts (mode: system) need no module:
# `files` and `dns` are part of libc.so.6.
libraries() {
  local file
  ldd "$root/usr/local/bin/node"
  for file in "$root"/app/node_modules/@koromix/*/*/koffi.node; do ldd "$file" 2>/dev/null || true; done
}
needed=$(libraries | grep -o '/[^ ]*\.so[^ ]*' | sort -u)
for file in $needed; do
  mkdir -p "$root$(dirname "$file")"
  [ ! -e "$file" ] || cp -L "$file" "$root$file"
done

printf 'root:x:0:0:root:/:/sbin/nologin\neyeballd:x:10001:10001:eyeballd:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\neyeballd:x:10001:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

# What is in the image, for those who scan it for known faults, and the licences of that.
cp -L /etc/os-release "$root/etc/os-release"
if [ -d /var/lib/dpkg ]; then
  mkdir -p "$root/var/lib/dpkg/status.d"
  for file in $needed; do dpkg-query -S "*/$(basename "$file")" || true; done |
    cut -d : -f 1 | sort -u |
    while read -r package; do
      dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
      mkdir -p "$root/usr/share/doc/$package"
      [ ! -e "/usr/share/doc/$package/copyright" ] ||
        cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
    done
elif [ -e /lib/apk/db/installed ]; then
  mkdir -p "$root/lib/apk/db"
  cp /lib/apk/db/installed "$root/lib/apk/db/"
fi

find "$root" -exec touch -h -d "@$epoch" {} +
