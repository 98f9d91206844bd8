import t from 'tap'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig } from '../src/config/parse.ts'
import { brokenLinks } from './fixtures/broken-links.ts'
import { anchorsOf, blocksOf, linksOf } from './fixtures/markdown.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const exists = (path: string): boolean => existsSync(new URL(path, root))

const PAGES = readdirSync(new URL('docs/', root))
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/${name}`)
const TOP = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md']
const documents = new Map([...TOP, ...PAGES].map(path => [path, read(path)]))

const { properties } = JSON.parse(read('config/schema.json')) as { properties: object }
const CONFIG_KEYS = Object.keys(properties)

/** Of the package, beside what `files` names. */
const ALWAYS_PACKED = ['package.json', 'README.md', 'LICENSE']

t.test('every relative link and anchor of the documents works', async t => {
  t.ok(PAGES.length >= 10, 'there are pages')
  t.same(brokenLinks(documents, exists), [])
})

t.test('README leads to every page of docs/', async t => {
  const linked = new Set(linksOf(read('README.md')).map(({ target }) => target.split('#', 1)[0]))
  t.same(
    PAGES.filter(page => !linked.has(page)),
    [],
  )
})

t.test('the package holds all that its documents link to', async t => {
  const { files } = JSON.parse(read('package.json')) as { files: readonly string[] }
  const packed = [...files, ...ALWAYS_PACKED]
  const isPacked = (path: string): boolean =>
    packed.some(entry => path === entry || path.startsWith(`${entry}/`))
  const inside = new Map([...documents].filter(([path]) => isPacked(path)))
  t.ok(inside.has('README.md') && inside.has('docs/log.md'), 'documents are packed')
  t.same(
    brokenLinks(inside, path => isPacked(path) && exists(path)),
    [],
  )
})

t.test('README is short, and its first two commands do all that a fresh machine needs', async t => {
  const readme = read('README.md')
  t.ok(readme.split('\n').length - 1 <= 200, 'at most 200 lines')
  const commands = [...readme.matchAll(/^ {4}(npm .*)$/gm)].map(([, command]) => command)
  t.same(commands.slice(0, 2), ['npm ci && npm start', 'npm ci && npm test'])
})

t.test('configurations in the documents are sound', async t => {
  let count = 0
  for (const [path, markdown] of documents) {
    for (const yaml of blocksOf(markdown, 'yaml')) {
      const [, key = ''] = /^([\w.-]+):/m.exec(yaml) ?? []
      if (!CONFIG_KEYS.includes(key)) continue
      count++
      t.doesNotThrow(
        () =>
          parseConfig(yaml, path, {
            mayBeEmpty: false,
            readUsersFile: () => 'alice:secret\n',
          }),
        `${path}: ${yaml}`,
      )
    }
  }
  t.ok(count >= 8, 'there are configurations')
})

/** The sources, with texts that are added up over several lines as one. */
const sources = (): string => {
  const folder = fileURLToPath(new URL('src/', root))
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => read(posix.join('src', path.replaceAll('\\', '/'))))
    .join('\n')
    .replaceAll(/['`"] \+\s+['`"]/g, '')
}

t.test('troubleshooting quotes messages that the sources have', async t => {
  const text = sources()
  const quotes = [...read('docs/troubleshooting.md').matchAll(/^(?:Log|Message): (.*)$/gm)].flatMap(
    ([, line = '']) => [...line.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote),
  )
  t.ok(quotes.length >= 15, 'there are messages')
  for (const quote of quotes) {
    for (const part of quote.split(/…|: /).map(each => each.trim())) {
      if (part.length > 3) t.ok(text.includes(part), part)
    }
  }
})

t.test('links, anchors and blocks are found', async t => {
  const markdown = [
    '# A `b` c: d',
    '## A b, c d',
    '[x](y.md) `[no](z.md)` ![p](q.svg)',
    '```yaml',
    'a: [b](c)',
    '# no heading',
    '```',
    '    [no](code.md)',
    '## [Named](n.md) one',
  ].join('\n')
  t.same(linksOf(markdown), [
    { target: 'y.md', line: 3 },
    { target: 'q.svg', line: 3 },
    { target: 'n.md', line: 9 },
  ])
  t.same([...anchorsOf(markdown)], ['a-b-c-d', 'a-b-c-d-1', 'named-one'])
  t.same(blocksOf(markdown, 'yaml'), ['a: [b](c)\n# no heading\n'])
})

t.test('a link that leads nowhere is found', async t => {
  const pages = new Map([
    [
      'README.md',
      '[a](docs/a.md#here) [b](docs/b.md) [c](docs/a.md#there) [d](https://example.com/)',
    ],
    ['docs/a.md', '# Here\n\n[up](../README.md) [self](#here) [no](#nowhere) [code](../x.ts#y)'],
  ])
  const files = new Set(['README.md', 'docs/a.md', 'x.ts'])
  t.same(
    brokenLinks(pages, path => files.has(path)),
    [
      'README.md:1: docs/b.md: there is no such file',
      'README.md:1: docs/a.md#there: there is no such heading',
      'docs/a.md:3: #nowhere: there is no such heading',
      'docs/a.md:3: ../x.ts#y: it is not a document with headings',
    ],
  )
})

t.test('each feature on the page of comparison names a test that exists', async t => {
  const page = read('docs/comparison.md')
  const rows = page
    .split('\n')
    .filter(line => line.startsWith('| ') && !/^\| (?:feature|-)/.test(line))
    .map(line => line.split('|').map(cell => cell.trim()))
  t.ok(rows.length >= 20, 'there are features')
  for (const [, feature = '', cell = ''] of rows) {
    if (cell === 'no') continue
    const tests = [...cell.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path)
    t.ok(tests.length > 0, `${feature}: ${cell}`)
    for (const path of tests) t.ok(exists(path), path)
  }
})
