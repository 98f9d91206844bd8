import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'

/** What is at one path of the package. */
export type TreeEntry =
  | { readonly bytes: Uint8Array | string; readonly isExecutable?: boolean }
  | { readonly link: string }

/** The files of the package, by absolute path. */
export type Tree = ReadonlyMap<string, TreeEntry>

/** Writes a tree below a folder, whatever the umask. */
export const writeTree = (tree: Tree, root: string): void => {
  for (const [path, entry] of tree) {
    const target = join(root, path)
    mkdirSync(dirname(target), { recursive: true })
    if ('link' in entry) {
      symlinkSync(entry.link, target)
      continue
    }
    writeFileSync(target, entry.bytes)
    chmodSync(target, entry.isExecutable === true ? 0o755 : 0o644)
  }
}

const pathsIn = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()

/** Gives all folders one mode, and everything one time, so that the same sources make the same package. */
export const settleTree = (root: string, seconds: number): void => {
  for (const path of ['.', ...pathsIn(root)].toReversed()) {
    const full = join(root, path)
    if (lstatSync(full).isDirectory()) chmodSync(full, 0o755)
    lutimesSync(full, seconds, seconds)
  }
}

/** The text of the control file md5sums. */
export const md5sums = (root: string): string =>
  pathsIn(root)
    .filter(path => lstatSync(join(root, path)).isFile())
    .map(path => {
      const sum = createHash('md5')
        .update(readFileSync(join(root, path)))
        .digest('hex')
      return `${sum}  ${path}\n`
    })
    .join('')

/** The size on a disk in KiB, as deb-substvars(5) counts it: files in full KiB, everything else 1. */
export const installedSize = (root: string): number =>
  pathsIn(root)
    .map(path => lstatSync(join(root, path)))
    .reduce((sum, stat) => sum + (stat.isFile() ? Math.ceil(stat.size / 1024) : 1), 0)
