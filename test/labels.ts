import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  definedIn,
  labelsIn,
  missingTests,
  testsNamedIn,
  undefinedLabels,
} from './fixtures/house/labels.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** The files of a folder by their path from the top. */
const filesIn = (folder: string, name: RegExp): Map<string, string> =>
  new Map(
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && name.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [relative(root, path), readFileSync(path, 'utf8')]),
  )

const CODE = /\.(?:ts|mjs)$/
const tests = filesIn('test', CODE)
const documents = filesIn('docs', /\.md$/)
const racing = documents.get('docs/racing.md') ?? ''

/** This test itself, whose examples are labels that nobody defines. */
const SELF = 'test/labels.ts'

t.test('every label of a rule is defined in docs/', async t => {
  const sources = new Map([...filesIn('src', CODE), ...tests, ...filesIn('scripts', CODE)])
  t.ok(sources.size > 500, 'there are sources to judge')
  sources.delete(SELF)
  sources.delete('test/fixtures/house/labels.ts')
  t.same(undefinedLabels(sources, [...documents.values()]), [])
})

t.test(
  'docs/racing.md: ids are unique, every rule has a source, and every test exists',
  async t => {
    const ids = definedIn(racing)
    t.same(
      ids,
      ids.map((_, i) => `R${i + 1}`),
      'numbered in their order',
    )
    t.ok(ids.length > 40, 'there are rules')
    t.ok(testsNamedIn(racing).length > ids.length, 'there are tests')
    t.same(missingTests(racing, tests), [])
    const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].map(name =>
      readFileSync(join(root, name), 'utf8'),
    )
    const cited = [...pages, ...documents.values()].flatMap(
      page => page.match(/\bR\d{1,2}\b/g) ?? [],
    )
    t.same(
      cited.filter(id => !ids.includes(id)),
      [],
      'every id that a document cites',
    )
  },
)

t.test('labels are found in each form', async t => {
  const labels = (source: string): string[] => labelsIn(source).map(({ label }) => label)
  const forms: readonly [source: string, ...labels: string[]][] = [
    ['// The others are cancelled (rule A3).', 'A3'],
    ['/** Which family is preferred (the draft, rules H1\n * and H4). */', 'H1', 'H4'],
    ['const a = 1 // RFC 8305 section 3, and rule Q1', 'Q1'],
    ['// AAAA first (RFC 8305 section 3, Q1)', 'Q1'],
    ['// Another network (S4, S5); an answer that changes (C1 to C3)', 'S4', 'S5', 'C1', 'C3'],
    ['// H4: IPv6 unless IPv4 alone has a route', 'H4'],
    ['// The reply follows the race (3.4).', '3.4'],
    ['// The reserved byte may be anything (3.3: most ignore it).', '3.3'],
    ["t.test('Q1: AAAA first', f)", 'Q1'],
    ["t.test('S1, S6: sorted, then mixed', f)", 'S1', 'S6'],
    ["t.test('the floor holds (A6)', f)", 'A6'],
    ["t.test('3.6: the reply', f)", '3.6'],
    ['const a = /["`]/\n// docs/racing.md, R99', 'R99'],
    ['throw violated(`C2: ${address} was dialled`)', 'C2'],
  ]
  for (const [source, ...expected] of forms) t.same(labels(source), expected, source)
  for (const source of [
    '// RFC 6724 section 6, rule 9, and RFC 8305 section 3.1',
    '// As RFC 6298 says (2.2 there)',
    '// V8 of Node 20 (V8) makes it so',
    '// An A record, AAAA too (A, AAAA)',
    "t.equal(says('1.5'), 'found 1.5: a unit is wanted')",
    "const a = 'http://a.example' // AAAA",
    'const A3 = H8(Q4)',
  ]) {
    t.same(labels(source), [], source)
  }
  t.same(labelsIn('\n\n/* a\n (A3) */'), [{ line: 3, label: 'A3' }])
})

t.test('a label that is defined nowhere, and a test that is not there, are found', async t => {
  const document = [
    '# The rules',
    '### R1. First\n\nText.\n\n- Source: an RFC.\n- Test: `test/a.ts`, `one`,\n  `two`.\n',
    "### R2. Second\n\n- Source: another.\n- Test: `test/a.ts`, `it's three`; `test/b.ts`, `four`.\n",
  ].join('\n\n')
  const files = new Map([
    ['test/a.ts', "t.test('one', f)\nt.test('two', f)\nt.test(\"it's three\", f)"],
    ['test/b.ts', "t.test('four', f)"],
  ])
  t.same(definedIn(document), ['R1', 'R2'])
  t.same(
    testsNamedIn(document).map(({ rule, file, name }) => `${rule} ${file} ${name}`),
    ['R1 test/a.ts one', 'R1 test/a.ts two', "R2 test/a.ts it's three", 'R2 test/b.ts four'],
  )
  t.same(missingTests(document, files), [])
  t.same(missingTests(document.replace('`two`', '`too`'), files), [
    'R1: test/a.ts has no test "too"',
  ])
  t.same(missingTests(document.replace('test/b.ts', 'test/c.ts'), files), ['R2: no file test/c.ts'])
  t.same(missingTests('### R1. First\n\nText.\n', files), ['R1: no source', 'R1: no test'])
  files.set('test/a.ts', '// t.test one (R2)\n')
  t.same(missingTests(document, files).length, 3, 'a comment is no test')
  t.same(undefinedLabels(new Map([['src/a.ts', '\n// rule R2, R3 (A3)']]), [document]), [
    'src/a.ts:2: R3',
    'src/a.ts:2: A3',
  ])
})
