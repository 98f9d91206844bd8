/**
 * Makes a package for Debian and Ubuntu: `npm run package:deb`, whose options `--help` prints. It needs dpkg-deb, tar and
 * npm's registry (or its cache), for the Node that the package brings, and makes the same file from the same sources.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { changelogText, controlText } from './deb/control.ts'
import { debVersion } from './deb/deb-version.ts'
import { sortUnits, withUnits } from './deb/maintainer-scripts.ts'
import { unpackNpm } from './deb/npm-package.ts'
import { CONFFILE, packageTree, unitTexts } from './deb/package-tree.ts'
import type { Architecture } from './deb/pinned.ts'
import { ARCHITECTURES, NODE } from './deb/pinned.ts'
import { runStep } from './deb/run-step.ts'
import { installedSize, md5sums, settleTree, writeTree } from './deb/write-tree.ts'
import { wrongWords } from './wrong-words.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const USAGE = `Usage: npm run package:deb -- [OPTION...]

  --arch amd64|arm64   by default this machine's
  --out DIR            by default the top of the clone
  --deb-version V      by default that of package.json, and -1
  --fast               compresses little: for tests
  --help               prints this

SOURCE_DATE_EPOCH sets the time of all files, by default that of the last commit.
`

const giveUp = (message: string, status = 1): never => {
  process.stderr.write(`package:deb: ${message}\n`)
  process.exit(status)
}

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        arch: { type: 'string' },
        out: { type: 'string', default: root },
        'deb-version': { type: 'string' },
        fast: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return giveUp(`${wrongWords(error)}; npm run package:deb -- --help prints what is allowed`, 2)
  }
}
const options = readOptions()
if (options.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}

const checkPrograms = (): void => {
  const packages = { 'dpkg-deb': 'dpkg', tar: 'tar' }
  const missing = Object.entries(packages).filter(([program]) => {
    try {
      runStep(program, ['--version'])
      return false
    } catch {
      return true
    }
  })
  if (missing.length === 0) return
  const names = missing.map(([, name]) => name).join(' ')
  giveUp(`${missing.map(([program]) => program).join(', ')} not found; apt-get install ${names}`)
}

const isKnown = (name: string): name is Architecture => Object.hasOwn(ARCHITECTURES, name)

const architecture = (): Architecture => {
  const here = Object.entries(ARCHITECTURES).find(([, node]) => node === process.arch)?.[0]
  const name = options.arch ?? here ?? process.arch
  if (isKnown(name)) return name
  return giveUp(`--arch: found ${name}; allowed: ${Object.keys(ARCHITECTURES).join(', ')}`)
}

/** The time of all files: that of the last commit, or, without git, of package.json. */
const epoch = (): number => {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined) {
    return /^\d+$/.test(given)
      ? Number(given)
      : giveUp(`SOURCE_DATE_EPOCH: found ${given}; allowed: seconds`)
  }
  try {
    return Number(runStep('git', ['-C', root, 'log', '-1', '--format=%ct']))
  } catch {
    return Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000)
  }
}

type Lock = {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly integrity: string }>
  >
}

/** A package at the version and hash of package-lock.json. */
const locked = (name: string, into: string): string => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  const found = packages[`node_modules/${name}`]
  if (!found) throw new Error(`package-lock.json has no ${name}`)
  return unpackNpm({ name, ...found }, into)
}

/** Whether the program of the package finds all of its parts, koffi too; on another architecture it cannot be run. */
const checkProgram = (stage: string, arch: Architecture): void => {
  if (ARCHITECTURES[arch] !== process.arch) return
  const home = join(stage, 'usr/lib/eyeballd')
  const node = join(home, 'node')
  runStep(node, [join(home, 'dist/bin.js'), 'check', join(stage, CONFFILE)])
  const koffi = JSON.stringify(join(home, 'node_modules/koffi'))
  runStep(node, ['--eval', `require(${koffi}).load('libc.so.6')`])
}

const build = (scratch: string): string => {
  const arch = architecture()
  const node = ARCHITECTURES[arch]
  const seconds = epoch()
  const { version } = JSON.parse(read('package.json')) as { readonly version: string }
  const full = options['deb-version'] ?? debVersion(version)
  runStep('npm', ['--prefix', root, 'run', '--silent', 'build'])
  const tree = packageTree({
    root,
    architecture: arch,
    version,
    node: unpackNpm(
      { name: `node-linux-${node}`, version: NODE.version, integrity: NODE.integrity[arch] },
      join(scratch, 'node'),
      ['bin/node', 'LICENSE'],
    ),
    koffi: locked('koffi', join(scratch, 'koffi')),
    koffiBinary: locked(`@koromix/koffi-linux-${node}`, join(scratch, 'koffi-binary')),
    completion: shell =>
      runStep(process.execPath, [join(root, 'dist/bin.js'), 'completion', shell]),
    changelog: changelogText(full, seconds),
  })
  const stage = join(scratch, 'stage')
  writeTree(tree, stage)
  checkProgram(stage, arch)
  const sizes = { installedKib: installedSize(stage), version: full, architecture: arch }
  const units = sortUnits(unitTexts(root))
  const control = join(stage, 'DEBIAN')
  const sums = md5sums(stage)
  mkdirSync(control)
  writeFileSync(join(control, 'control'), controlText(sizes, read('packaging/deb/description')))
  writeFileSync(join(control, 'conffiles'), `${CONFFILE}\n`)
  writeFileSync(join(control, 'md5sums'), sums)
  const scripts = ['postinst', 'prerm', 'postrm']
  for (const name of scripts) {
    writeFileSync(join(control, name), withUnits(read(`packaging/deb/${name}`), units))
  }
  settleTree(stage, seconds)
  for (const name of ['control', 'conffiles', 'md5sums']) chmodSync(join(control, name), 0o644)
  for (const name of scripts) chmodSync(join(control, name), 0o755)
  const out = resolve(options.out)
  mkdirSync(out, { recursive: true })
  const file = join(out, `eyeballd_${full}_${arch}.deb`)
  const compression = options.fast ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6']
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds), DPKG_DEB_THREADS_MAX: '1' }
  runStep('dpkg-deb', ['--root-owner-group', ...compression, '--build', stage, file], env)
  return file
}

checkPrograms()
const scratch = mkdtempSync(join(tmpdir(), 'eyeballd-deb-'))
try {
  const file = build(scratch)
  const mebibytes = (statSync(file).size / 2 ** 20).toFixed(1)
  console.log(`${file}: ${mebibytes} MiB`)
} catch (error) {
  process.stderr.write(`package:deb: ${(error as Error).message}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
