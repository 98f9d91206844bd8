import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Architecture } from './pinned.ts'
import { ARCHITECTURES } from './pinned.ts'
import type { Tree, TreeEntry } from './write-tree.ts'

/** Where the program is on a machine with the package. */
const HOME = '/usr/lib/eyeballd'
const DOC = '/usr/share/doc/eyeballd'
const UNITS = '/usr/lib/systemd/system'

/** What the package is made of. */
export type Ingredients = {
  /** The top of the repository, with `dist/` built. */
  readonly root: string
  readonly architecture: Architecture
  readonly version: string
  /** Node's package: `bin/node` and `LICENSE`. */
  readonly node: string
  /** koffi's package, and the one with its binary. */
  readonly koffi: string
  readonly koffiBinary: string
  /** Prints the completion script of a shell. */
  readonly completion: (shell: string) => string
  /** The changelog in Debian's form. */
  readonly changelog: string
}

type Entries = readonly (readonly [string, TreeEntry])[]

const gzip = (text: string | Uint8Array): TreeEntry => ({ bytes: gzipSync(text, { level: 9 }) })

/** Files below a folder that a filter takes, at the same paths below another one. */
const copied = (from: string, to: string, isWanted: (path: string) => boolean): Entries =>
  readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter(path => isWanted(path) && statSync(join(from, path)).isFile())
    .map(path => [`${to}/${path}`, { bytes: readFileSync(join(from, path)) }])

/** The program with the Node that runs it: no other one, whatever PATH has. */
const entry = (script: string): TreeEntry => {
  if (!script.startsWith('#!/usr/bin/env node\n'))
    throw new Error('dist/bin.js has another first line')
  return { bytes: script.replace(/^#!.*/, `#!${HOME}/node`), isExecutable: true }
}

/** What `require('koffi')` loads; the rest of the package is its sources and another way to load it. */
const KOFFI_FILES = new Set([
  'package.json',
  'index.cjs',
  'src/koffi/index.cjs',
  'src/koffi/src/static.cjs',
])

const programFiles = ({
  root,
  version,
  architecture,
  node,
  koffi,
  koffiBinary,
}: Ingredients): Entries => {
  const manifest = { name: 'eyeballd', version, type: 'module' }
  const binary = `linux_${ARCHITECTURES[architecture]}/koffi.node`
  const isOfBinary = (path: string): boolean => ['package.json', 'index.js', binary].includes(path)
  return [
    ['/usr/bin/eyeballd', { link: '../lib/eyeballd/dist/bin.js' }],
    [`${HOME}/node`, { bytes: readFileSync(join(node, 'bin/node')), isExecutable: true }],
    [`${HOME}/package.json`, { bytes: `${JSON.stringify(manifest)}\n` }],
    [`${HOME}/dist/bin.js`, entry(readFileSync(join(root, 'dist/bin.js'), 'utf8'))],
    ...copied(join(root, 'dist/program'), `${HOME}/dist/program`, path => path !== 'LICENSES.txt'),
    ...copied(koffi, `${HOME}/node_modules/koffi`, path => KOFFI_FILES.has(path)),
    ...copied(
      koffiBinary,
      `${HOME}/node_modules/@koromix/koffi-linux-${ARCHITECTURES[architecture]}`,
      isOfBinary,
    ),
  ]
}

const RULE = `\n${'-'.repeat(80)}\n\n`

/** Every licence of what is in the package. */
const copyright = ({ root, node, koffi }: Ingredients): string => {
  const read = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8').trim()
  return `${[
    `eyeballd\n\n${read(root, 'LICENSE')}`,
    `koffi (${HOME}/node_modules)\n\n${read(koffi, 'LICENSE.txt')}`,
    `Packages that are part of the program (${HOME}/dist)\n\n${read(root, 'dist/program/LICENSES.txt')}`,
    `Node.js (${HOME}/node)\n\n${read(node, 'LICENSE')}`,
  ].join(RULE)}\n`
}

const SHELLS = {
  bash: '/usr/share/bash-completion/completions/eyeballd',
  zsh: '/usr/share/zsh/vendor-completions/_eyeballd',
  fish: '/usr/share/fish/vendor_completions.d/eyeballd.fish',
} as const

const manualFiles = (root: string): Entries =>
  readdirSync(join(root, 'man')).map(name => {
    const chapter = name.split('.').at(-1) ?? ''
    return [`/usr/share/man/man${chapter}/${name}.gz`, gzip(readFileSync(join(root, 'man', name)))]
  })

const docFiles = (parts: Ingredients): Entries => {
  const { root, changelog } = parts
  const packaging = join(root, 'packaging/deb')
  const read = (path: string): Buffer => readFileSync(join(root, path))
  return [
    [`${DOC}/copyright`, { bytes: copyright(parts) }],
    [`${DOC}/changelog.gz`, gzip(read('CHANGELOG.md'))],
    [`${DOC}/changelog.Debian.gz`, gzip(changelog)],
    [`${DOC}/README.md`, { bytes: read('README.md') }],
    ...copied(join(root, 'docs'), `${DOC}/docs`, path => /\.(?:md|svg|png)$/.test(path)),
    ...copied(join(root, 'config'), `${DOC}/examples`, () => true),
    ['/usr/share/eyeballd/schema.json', { bytes: read('config/schema.json') }],
    [
      '/usr/share/lintian/overrides/eyeballd',
      { bytes: readFileSync(join(packaging, 'lintian-overrides')) },
    ],
  ]
}

/** The units of `systemd/`, by file name. */
export const unitTexts = (root: string): ReadonlyMap<string, string> => {
  const folder = join(root, 'systemd')
  const names = readdirSync(folder).filter(name => /\.(?:service|socket)$/.test(name))
  return new Map(names.map(name => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** The configuration of the service, which the administrator may change. */
export const CONFFILE = '/etc/eyeballd/eyeballd.yaml'

/** Every file of the package. */
export const packageTree = (parts: Ingredients): Tree => {
  const { root, completion } = parts
  if (!existsSync(join(root, 'dist/program'))) throw new Error('dist/ is not built')
  const configuration = readFileSync(join(root, 'packaging/deb', basename(CONFFILE)))
  return new Map([
    ...programFiles(parts),
    ...[...unitTexts(root)].map(([name, text]) => [`${UNITS}/${name}`, { bytes: text }] as const),
    [CONFFILE, { bytes: configuration }],
    ...manualFiles(root),
    ...Object.entries(SHELLS).map(([shell, path]) => [path, { bytes: completion(shell) }] as const),
    ...docFiles(parts),
  ])
}
