import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ARROWS } from './fixtures/house/arrows.ts'
import { exportsOf, importsOf, isTypesOnly, withoutComments } from './fixtures/house/imports.ts'
import { circles, roomOf, untested, wrongForm, wrongImports } from './fixtures/house/violations.ts'

const root = new URL('../', import.meta.url)

const filesIn = (folder: string): string[] => {
  const top = fileURLToPath(new URL(folder, root))
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(top, join(entry.parentPath, entry.name)))
}

const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const sources = new Map(
  filesIn('src/')
    .filter(path => /\.tsx?$/.test(path))
    .map(path => [path, read(`src/${path}`)]),
)
/** The way from a file of this path to the top. */
const up = (path: string): string => './' + '../'.repeat(path.split('/').length - 1)

const tests = new Set(filesIn('test/'))

t.test('the house stands as ARCHITECTURE.md draws it', async t => {
  t.ok(sources.size > 50, 'there are sources to judge')
  t.same(wrongImports(sources), [], 'every import follows an arrow')
  t.same(circles(sources), [], 'no circle')
  t.same(untested(sources, tests), [], 'every source has its test')
  t.same(wrongForm(sources), [], 'every file is short and named for what it exports')
})

t.test('the arrows themselves make no circle', async t => {
  const rooms = new Map(
    Object.entries(ARROWS).map(([room, arrows]) => [
      `${room}.ts`,
      arrows
        .map(arrow => `import '${up(room)}${roomOf(arrow.replace(':type', ''))}.ts'`)
        .join('\n'),
    ]),
  )
  t.same(circles(rooms), [])
})

t.test('files speak of eyeballd, not of how or where it is written', async t => {
  const words = [['..', 'shared'].join('/'), ['.', 'library'].join(''), ['', 'work', ''].join('/')]
  const texts = [
    'src/',
    'test/',
    'scripts/',
    'config/',
    'docs/',
    'examples/',
    'systemd/',
    '.ci/',
    '.github/',
  ]
    .flatMap(folder => filesIn(folder).map(path => folder + path))
    .concat(readdirSync(root).filter(name => /\.(md|json|ya?ml)$|^Dockerfile$/.test(name)))
  t.ok(texts.length > 50, 'there are texts to judge')
  const found = texts.flatMap(path =>
    words.filter(word => read(path).includes(word)).map(word => `${path}: ${word}`),
  )
  t.same(found, [])
})

t.test('the lockfile holds for everyone', async t => {
  type Locked = { resolved?: string; optionalDependencies?: Record<string, string> }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
  const names = new Set(Object.keys(packages).map(path => path.replace(/^.*node_modules\//, '')))
  const addresses = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)
  t.same(addresses, [], 'no address of a registry')
  // npm leaves out what its registry does not have, and `npm ci` then refuses the lockfile.
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter(name => !names.has(name))
  t.same(missing, [], 'the packages of every platform')
})

/** The packages that a file of src/ loads, itself or by what it imports. */
const packagesOf = (path: string, seen = new Set<string>()): Set<string> => {
  seen.add(path)
  const found = new Set<string>()
  for (const { specifier, isType } of importsOf(sources.get(path) ?? '')) {
    if (isType || specifier.startsWith('node:')) continue
    const target = join(dirname(path), specifier)
    if (!specifier.startsWith('.')) found.add(specifier.split('/')[0] ?? '')
    else if (!seen.has(target)) for (const each of packagesOf(target, seen)) found.add(each)
  }
  return found
}

t.test('the library depends on what it loads; what only the program loads is bundled', async t => {
  type Manifest = Record<'dependencies' | 'devDependencies', Record<string, string>>
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Manifest
  t.same([...packagesOf('index.ts')].toSorted(), Object.keys(dependencies).toSorted())
  const program = [...packagesOf('bin.ts')].filter(name => !(name in dependencies))
  t.ok(program.includes('pino') && program.includes('yaml'), 'the program is followed')
  t.same(
    program.filter(name => !(name in devDependencies)),
    [],
  )
})

/** The files of src/ that the library needs for its types or at run time. */
const reachedBy = (entry: string): Set<string> => {
  const seen = new Set([entry])
  for (const path of seen) {
    const source = sources.get(path) ?? ''
    const started = [...source.matchAll(/new URL\('(\.[^']*)\.js', import\.meta\.url\)/g)]
    const specifiers = importsOf(source).map(({ specifier }) => specifier)
    for (const specifier of [...specifiers, ...started.map(([, name]) => `${name}.ts`)]) {
      const target = join(dirname(path), specifier)
      if (sources.has(target)) seen.add(target)
    }
  }
  return seen
}

t.test('the package has the modules of the library, and no others', async t => {
  const { files } = JSON.parse(read('package.json')) as { readonly files: readonly string[] }
  const leftOut = files
    .filter(pattern => pattern.startsWith('!dist/'))
    .map(pattern => pattern.slice('!dist/'.length))
  const isPacked = (path: string): boolean =>
    !leftOut.some(each => path.startsWith(`${each}/`) || path.replace(/ts$/, '*') === each)
  const reached = reachedBy('index.ts')
  t.ok(reached.has('net/system-lookup/lookup-main.ts'), 'what a process is started with, too')
  t.same(
    [...reached].filter(path => !isPacked(path)),
    [],
    'none is left out that it needs',
  )
  // bin.js is the bundled program, which has the page of the dashboard too.
  const more = [...sources.keys()].filter(
    path => path !== 'bin.ts' && !reached.has(path) && !path.startsWith('dashboard/view/'),
  )
  t.same(
    more.filter(isPacked),
    [],
    'none is left in that it does not need: `files` in package.json',
  )
  const isThere = (each: string): boolean =>
    [...sources.keys()].some(
      path => path.startsWith(`${each}/`) || path === each.replace('.*', '.ts'),
    )
  t.same(
    leftOut.filter(each => each !== 'bin.d.ts' && !isThere(each)),
    [],
    'nothing is left out that is not there',
  )
})

t.test('imports are found in every form', async t => {
  const source = `
    import a from 'one'
    import type { B } from 'two'
    import {
      c,
      d as e,
    } from "three"
    import * as f from 'four'
    import 'five'
    export { g } from 'six'
    export type * from 'seven'
    export * from './eight.ts'
    const h = await import('nine')
    type I = typeof import('ten')
    // import j from 'not-this'
    /* import k from 'nor-this' */
    const l = "import m from 'nor that'"
    import n, { type O } from 'eleven'`
  const found = importsOf(source).map(
    ({ specifier, isType }) => `${specifier}${isType ? ' type' : ''}`,
  )
  const expected = ['one', 'two type', 'three', 'four', 'five', 'six', 'seven type', './eight.ts']
  t.same(found.toSorted(), [...expected, 'nine', 'ten type', 'eleven'].toSorted())
  t.equal(withoutComments("a('//') // b\n/* c\n */ d"), "a('//') \n\n d")
})

t.test('exports are found, and files of types known', async t => {
  const source = 'export const a = 1\nexport type B = 2\nexport { c, d as e }\nexport type { F }\n'
  t.same(exportsOf(source), [
    { name: 'a', isType: false },
    { name: 'B', isType: true },
    { name: 'c', isType: false },
    { name: 'e', isType: false },
    { name: 'F', isType: true },
  ])
  t.equal(isTypesOnly("import type { A } from './a.ts'\nexport type B = A\n"), true)
  t.equal(isTypesOnly('/** export const */\nexport type B = 1\n'), true)
  for (const code of [
    'export const a = 1',
    "import './a.ts'",
    'const a = 1',
    "export * from './a.ts'",
  ]) {
    t.equal(isTypesOnly(`export type B = 1\n${code}\n`), false, code)
  }
})

t.test('each rule can be broken', async t => {
  const wrong = (path: string, source: string): string[] => wrongImports(new Map([[path, source]]))
  const broken = [
    ['core/a.ts', "import { b } from '../wire/b.ts'"],
    ['core/a.ts', "import type { Socket } from 'node:net'"],
    ['wire/socks5/a.ts', "import { randomBytes } from 'node:crypto'"],
    ['eyeballs/race/a.ts', "import type { A } from '../types.ts'"],
    ['eyeballs/order/a.ts', "import type { A } from '../race/types.ts'"],
    ['eyeballs/a.ts', "import { connect } from '../net/connect.ts'"],
    ['listener/a.ts', "import type { A } from '../log/types.ts'"],
    ['listener/a.ts', "import { join } from '../pipe/join.ts'"],
    ['listener/a.ts', "import { createServer } from 'node:net'"],
    ['log/a.ts', "import type { A } from '../listener/session-types.ts'"],
    ['log/a.ts', "import { a } from '../listener/events.ts'"],
    ['daemon/a.ts', "import a from '../cli/main.ts'"],
    ['daemon/a.ts', "import { pino } from 'pino'"],
    ['config/a.ts', "import koffi from 'koffi'"],
    ['cli/a.ts', "const { parse } = await import('yaml')"],
    ['resolver/a.ts', "import { lookup } from 'node:dns'"],
    ['resolver/a.ts', "import { openUdp } from '../net/udp/open-udp.ts'"],
    ['wire/dns/a.ts', "import { Buffer } from 'node:buffer'"],
    ['net/a.ts', "import leftPad from 'left-pad'"],
    ['dashboard/a.ts', "import { b } from '../admin/api.ts'"],
    ['dashboard/view/a.tsx', "import type { Socket } from 'node:net'"],
    ['dashboard/a.ts', "import { h } from 'preact'"],
    ['dashboard/a.ts', "import { B } from './view/b.tsx'"],
    ['attic/a.ts', ''],
  ] as const
  for (const [path, source] of broken) t.equal(wrong(path, source).length, 1, `${path} ${source}`)
  const sound = [
    ['core/a.ts', "import { b } from './b.ts'"],
    ['listener/a.ts', "import type { Socket } from 'node:net'"],
    ['log/a.ts', "import type { A } from '../listener/events.ts'"],
    ['eyeballs/a.ts', "import type { Connect } from '../net/types.ts'"],
    ['resolver/a.ts', "import type { OpenUdp } from '../net/udp/types.ts'"],
    ['net/a.ts', "import dns from 'node:dns'"],
    ['bin.ts', "import { main } from './cli/main.ts'"],
  ] as const
  for (const [path, source] of sound) t.same(wrong(path, source), [], `${path} ${source}`)

  const ring = new Map([
    ['core/a.ts', "import { b } from './b.ts'"],
    ['core/b.ts', "import type { C } from './c.ts'"],
    ['core/c.ts', "import { b } from './b.ts'"],
  ])
  t.same(circles(ring), ['core/b.ts -> core/c.ts -> core/b.ts'])

  const pair = new Map([
    ['core/a.ts', 'export const a = 1'],
    ['core/types.ts', 'export type A = 1'],
    ['index.ts', "export * from './core/a.ts'"],
  ])
  t.same(untested(pair, new Set()), ['src/core/a.ts: test/core/a.ts is missing'])
  t.same(untested(pair, new Set(['core/a.ts'])), [])
  t.same(untested(new Map([['dashboard/view/a.tsx', 'export const a = 1']]), new Set()), [])

  const form = (path: string, source: string): number => wrongForm(new Map([[path, source]])).length
  t.equal(form('core/duration.ts', 'export const parseDuration = 1\n'.repeat(250)), 0)
  t.equal(form('core/duration.ts', 'export const parseDuration = 1\n'.repeat(251)), 1)
  t.equal(form('core/time.ts', 'export const parseDuration = 1\n'), 1)
  t.equal(form('core/parseDuration.ts', 'export const parseDuration = 1\n'), 1)
  t.equal(form('dashboard/view/theme.tsx', 'export const applyTheme = 1\n'), 0)
})
