import t from 'tap'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ARROWS } from './fixtures/house/arrows.ts'
import type { Listed } from './fixtures/house/page.ts'
import {
  arrowsShown,
  boldWords,
  listed,
  pathsNamed,
  sectionOf,
  tableRows,
  unconnected,
} from './fixtures/house/page.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const page = read('ARCHITECTURE.md')

const sources = new Map(
  readdirSync(fileURLToPath(new URL('src/', root)), { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => /\.tsx?$/.test(path))
    .map(path => [path, read(`src/${path}`)]),
)

/** The two lists, each with the most files that a reader should have to open. */
const LISTS = [
  { heading: 'From accept to relay', max: 15 },
  { heading: 'From a name to connect', max: 20 },
]

const isThere = (path: string): boolean => {
  const [folder = '', rest] = path.split('*', 2)
  if (rest === undefined) return existsSync(new URL(path, root))
  const [, parent = '', begin = ''] = /^(.*\/)(.*)$/.exec(folder) ?? []
  return readdirSync(new URL(parent, root)).some(name => name.startsWith(begin))
}

t.test('every path that ARCHITECTURE.md names is there', async t => {
  const paths = [...pathsNamed(page), ...pathsNamed(read('CONTRIBUTING.md'))]
  t.ok(paths.length > 60, 'there are paths')
  t.same(
    paths.filter(path => !isThere(path)),
    [],
  )
})

t.test('ARCHITECTURE.md is short', async t => {
  t.ok(page.split('\n').length - 1 <= 330, 'at most 330 lines')
})

for (const { heading, max } of LISTS) {
  t.test(`${heading}: at most ${max} files, each connected with an earlier one`, async t => {
    const entries = listed(sectionOf(page, heading))
    const files = entries.map(({ file }) => file)
    t.ok(files.length > max / 2 && files.length <= max, `${files.length} files`)
    t.equal(new Set(files).size, files.length, 'each once')
    t.same(
      files.filter(file => !sources.has(file)),
      [],
      'each is a source',
    )
    t.same(unconnected(entries, sources), [])
  })
}

t.test('the glossary has at most 25 words, which the sources use', async t => {
  const words = boldWords(sectionOf(page, 'Glossary'))
  t.ok(words.length > 15 && words.length <= 25, `${words.length} words`)
  const text = [...sources.values()].join('\n').replaceAll(/\s+(?:\*\s+)?/g, ' ')
  t.same(
    words.filter(word => !new RegExp(`\\b${word}`, 'i').test(text)),
    [],
  )
})

t.test('the table of rooms shows the arrows', async t => {
  t.same(arrowsShown(sectionOf(page, 'The rooms')), ARROWS)
})

t.test('the table of dependencies names the packages of package.json', async t => {
  type Manifest = Record<
    'dependencies' | 'devDependencies' | 'optionalDependencies',
    Record<string, string>
  >
  const manifest = JSON.parse(read('package.json')) as Manifest
  const { dependencies, optionalDependencies, devDependencies } = manifest
  const used = { ...dependencies, ...optionalDependencies, ...devDependencies }
  const named = tableRows(sectionOf(page, 'Dependencies')).flatMap(([cell = '']) =>
    cell.replaceAll(/ \([^)]*\)/g, '').split(', '),
  )
  const expected = Object.keys(used).filter(name => !name.startsWith('@types/'))
  t.same(named.toSorted(), expected.toSorted())
})

t.test('what the page must not say is found', async t => {
  const text = [
    '# A',
    '## Rooms',
    '| room | what | may import |',
    '| --- | --- | --- |',
    '| `src/bin.ts` | entry | a/b, c (types) |',
    '| `src/c/` | values | nothing |',
    '## List',
    '1. `src/a/one.ts`: first, see `docs/x.md`',
    '   and more',
    '2. `src/a/two.ts` (through `b/interface`): second',
    '3. no path',
    '## Words',
    '- **one**, **two words**: what they are',
  ].join('\n')
  t.same(arrowsShown(sectionOf(text, 'Rooms')), { bin: ['a/b', 'c:type'], c: [] })
  t.same(listed(sectionOf(text, 'List')), [
    { file: 'a/one.ts' },
    { file: 'a/two.ts', through: 'b/interface.ts' },
    { file: '' },
  ])
  t.same(boldWords(sectionOf(text, 'Words')), ['one', 'two words'])
  t.same(pathsNamed(text), ['src/bin.ts', 'src/c/', 'src/a/one.ts', 'docs/x.md', 'src/a/two.ts'])
  t.equal(sectionOf(text, 'Other'), '')
  t.notOk(isThere('src/none.ts'))
  t.notOk(isThere('test/integration/none-*'))
})

t.test('a file that no import connects with an earlier one is found', async t => {
  const house = new Map([
    ['a/one.ts', `import '../b/interface.ts'\nimport './two.ts'`],
    ['a/two.ts', ''],
    ['b/interface.ts', ''],
    ['b/three.ts', `import type { T } from './interface.ts'`],
    ['c/four.ts', ''],
    ['d/wiring.ts', `import '../a/one.ts'\nimport '../c/four.ts'`],
  ])
  const one = { file: 'a/one.ts' }
  const isBad = (...entries: readonly Listed[]): boolean =>
    unconnected([one, ...entries], house).length > 0
  t.notOk(isBad({ file: 'a/two.ts' }), 'imported')
  t.notOk(isBad({ file: 'b/three.ts', through: 'b/interface.ts' }), 'both import it')
  t.notOk(isBad({ file: 'c/four.ts', through: 'd/wiring.ts' }), 'it imports both')
  t.ok(isBad({ file: 'b/three.ts' }))
  t.ok(isBad({ file: 'c/four.ts', through: 'b/interface.ts' }))
  t.ok(isBad({ file: 'b/three.ts', through: 'd/wiring.ts' }))
  t.ok(isBad({ file: 'e/none.ts' }))
  t.same(unconnected([{ file: 'a/two.ts' }, one], house), ['a/one.ts'], 'the order counts')
})
