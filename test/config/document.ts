import t from 'tap'
import { nestingTooDeepAt, readAdmin, readDocument } from '../../src/config/document.ts'
import { formatPlace } from '../../src/config/problem.ts'

const placeOf = (text: string, path: readonly (string | number)[], what: 'key' | 'value') => {
  const { line, column } = readDocument(text, 'f').locate(path, what)
  return `${line}:${column}`
}

t.test('locate finds keys and values, else the nearest parent', async t => {
  const text = 'a:\n  - b: 1\n    "c": { d: [x, y] }\ne:\nf: &f { g: 1 }\nh: *f\n5: x\n'
  t.equal(placeOf(text, ['a', 0, 'b'], 'key'), '2:5')
  t.equal(placeOf(text, ['a', 0, 'b'], 'value'), '2:8')
  t.equal(placeOf(text, ['a', 0, 'c', 'd', 1], 'value'), '3:19')
  t.equal(placeOf(text, ['a', 0, 'none'], 'value'), '2:5', 'a missing key: its mapping')
  t.equal(placeOf(text, ['a', 7, 'x'], 'value'), '2:3')
  t.equal(placeOf(text, ['e'], 'value'), '4:1', 'an empty value: its key')
  t.equal(placeOf(text, ['h', 'g'], 'value'), '5:12', 'through an alias')
  t.equal(placeOf(text, ['5'], 'key'), '7:1', 'a key that is a number')
  t.equal(placeOf(text, [], 'value'), '1:1')
  t.equal(placeOf('', ['a'], 'value'), '1:1')
  t.equal(formatPlace('f', { line: 3, column: 4 }), 'f:3:4')
})

t.test('readDocument reads YAML 1.2 and JSON', async t => {
  const value = (text: string) => readDocument(text, 'f').value
  t.strictSame(value(''), undefined)
  t.strictSame(value('# nothing\n---\n'), undefined)
  t.strictSame(value('{\n\t"a": [1, true, null, "x"],\n\t"b": {}\n}\n'), {
    a: [1, true, null, 'x'],
    b: {},
  })
  t.strictSame(value('a: off\nb: 0600\nc: 0o600\nd: 127.0.0.1:80\ne: 1:2'), {
    a: 'off',
    b: 600,
    c: '0o600',
    d: '127.0.0.1:80',
    e: '1:2',
  })
  t.strictSame(value('\uFEFFa: 1'), { a: 1 })
  t.strictSame(value('a: &x [1]\nb: *x'), { a: [1], b: [1] })
})

t.test('a syntax error has its place and quotes no value', async t => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['a: 1\na: 2', 'f:2:1', /found the key "a" for the second time/],
    ['{"a": 1, "b": 2, "b": 3}', 'f:1:18', /found the key "b" for the second time/],
    ['x: { b: 1, &c b: 2 }', 'f:1:15', /found the key "b" for the second time/],
    ['? a\n: 1\n? a\n: 2', 'f:3:3', /found the key "a" for the second time/],
    ['a: [hunter2, 2\nb: 3', 'f:2:1', /found no "\]" before here: a list in \[...\] is not closed/],
    ['a:\n  - { b: hunter2\nc: 3', 'f:3:1', /found no "\}" before here: a mapping in \{...\}/],
    ['a: [[1], [2]', 'f:1:13', /found no "\]"/],
    ['{ "a": "hunter2"\n', 'f:2:1', /found no "\}"/],
    ['a: [1, hunter2}', 'f:1:15', /found no "\]"/],
    ['a: [::1]:1080', 'f:1:9', /in quotes/],
    ['a: [[::1]:1080]', 'f:1:5', /in quotes/],
    ['x: { a: [::1]:1080, b: [::1]:1081 }', 'f:1:14', /in quotes/],
    ['a: "hunter2', 'f:1:12', /closing quote/],
    ['a: 1\n---\nb: 2', 'f:2:1', /second document/],
    ['a:\n\tb: 1', 'f:2:1', /tab/],
    ['a: !secret hunter2', 'f:1:4', /tag/],
    ['a: @hunter2', 'f:1:4', /quotes/],
    ['a: b: hunter2', 'f:1:4', /quoted/],
    ['? [hunter2]\n: 1', 'f:1:3', /key/],
    ['__proto__: 1', 'f:1:1', /__proto__/],
    ['a: 1\n b: hunter2\nc', 'f:', /./],
    ['a: *hunter2', 'f:1:4', /alias.*in quotes/],
    ['a: 1\nto: [*.hunter2.example]', 'f:2:6', /alias.*in quotes/],
    [`a: 1\n${'['.repeat(20_000)}`, 'f:2:101', /deeply/],
  ]
  for (const [text, where, message] of cases) {
    const { problems, value, isReadable } = readDocument(text, 'f')
    const name = text.slice(0, 30)
    t.ok(problems[0]?.where.startsWith(where), `${name} at ${problems[0]?.where}`)
    t.match(problems[0]?.message, message, name)
    t.notMatch(JSON.stringify(problems), /hunter/, name)
    if (!isReadable) t.equal(value, undefined)
  }
  t.equal(readDocument('x: { a: [::1]:1080, b: [::1]:1081 }', 'f').problems.length, 1)
})

t.test('a syntax error in one line leaves independent lines readable', async t => {
  const rest: readonly string[] = [
    'a: [::1]:1080',
    'a: { b: [::1]:1080 }',
    'a: [[::1]:1080]',
    'a: *.example.com',
    'a: [*.example.com, x]',
    'a: @x',
    'a: !x y',
    'a: "\\q"',
    'x: 2\na: 1\na: 2',
  ]
  for (const text of rest) {
    const { value, isReadable, problems } = readDocument(`${text}\nz: 1\n`, 'f')
    t.ok(isReadable, text)
    t.equal(problems.length, 1, text)
    t.match(value, { z: 1 }, text)
  }
  for (const text of ['a: "x', 'a: [x', 'a:\n  - x\n y: 1', 'a:\n\tb: 1', 'a b\n c:d\ne: x']) {
    t.match(readDocument(`${text}\nz: 1\n`, 'f'), { isReadable: false, value: undefined }, text)
  }
})

t.test('more than 100 aliases are one problem, whether they multiply or not', async t => {
  const textOf = (count: number): string => `a: &b x\nc: [${'*b,'.repeat(count)}]\n`
  t.strictSame(readDocument(textOf(90), 'f').problems, [])
  for (const text of [textOf(101), `a: [${'*none,'.repeat(101)}]`]) {
    const { problems, isReadable } = readDocument(text, 'f')
    t.equal(isReadable, false)
    t.equal(problems.length, 1)
    t.match(problems[0]?.message, /^has aliases \(\*name\) that multiply/)
  }
})

t.test('an alias needs its anchor before it', async t => {
  t.strictSame(readDocument('a: &b { c: &d [1] }\ne: *b\nf: *d\n', 'f').problems, [])
  t.match(readDocument('a: *b\nc: &b x\n', 'f').problems, [
    { message: /which YAML takes for an alias/ },
  ])
})

t.test('a file that is no YAML at all has at most 100 problems', async t => {
  const { problems, isReadable } = readDocument('}'.repeat(5000), 'f')
  t.equal(problems.length, 100)
  t.equal(isReadable, false)
  const harmless = readDocument(`a: [${'!x y,'.repeat(101)}]`, 'f')
  t.equal(harmless.problems.length, 100)
  t.equal(harmless.isReadable, false, 'what is not reported spoils the rest')
})

t.test('aliases that multiply are rejected quickly', async t => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n'
  for (let i = 1; i < 12; i++) {
    const before = `*a${i - 1}`
    text += `a${i}: &a${i} [${Array.from({ length: 9 }, () => before).join(', ')}]\n`
  }
  const { problems, locate } = readDocument(text, 'f')
  t.match(problems, [{ where: 'f', message: /multiply/ }])
  t.strictSame(locate(['a'], 'key'), { line: 1, column: 1 })
})

t.test('deep nesting is found before the parser runs', async t => {
  const deep = [
    ['['.repeat(101), 100],
    ['{a: '.repeat(101), 400],
    [`a: ${'[ '.repeat(5000)}`, 203],
    ['- '.repeat(120), 0],
    [`a:\n${' '.repeat(201)}b: 1`, 3],
  ] as const
  for (const [text, offset] of deep) t.equal(nestingTooDeepAt(text), offset, text.slice(0, 20))
})

t.test('the nesting of a configuration is allowed', async t => {
  const fine = [
    '',
    '['.repeat(100),
    '[]'.repeat(5000),
    ']'.repeat(5000),
    `a:\n${' '.repeat(60)}b: 1`,
    `# ${'-'.repeat(300)}`,
  ]
  for (const text of fine) t.equal(nestingTooDeepAt(text), undefined, text.slice(0, 20))
})

const read = (text: string): string | undefined => readAdmin('f', () => Buffer.from(text)).listen

t.test('readAdmin reads only admin.listen and admin.token', async t => {
  const both = 'admin: { listen: 127.0.0.1:1, token: abc }\nnonsense: true'
  t.strictSame(
    readAdmin('f', () => Buffer.from(both)),
    { listen: '127.0.0.1:1', token: 'abc', tokenFile: undefined },
  )
  t.equal(read('admin: { listen: 127.0.0.1:1 }\nnonsense: true'), '127.0.0.1:1')
  t.equal(read('admin:\n  listen: off\n'), 'off')
  t.equal(read('{ "admin": { "listen": "unix:/a" } }'), 'unix:/a')
  t.equal(read('admin: { listen: 9000 }'), '9000')
  for (const text of ['', '# x', '[]', 'admin:', 'admin: x', 'admin: {}', 'admin: { listen: [5] }'])
    t.equal(read(text), undefined, text)
})

t.test('readAdmin rejects unreadable files and invalid YAML', async t => {
  t.throws(() => read('admin: {'), { code: 'ERR_CONFIG', message: /^f:1:/ })
  t.throws(
    () =>
      readAdmin('/nonexistent', () => {
        throw Object.assign(new Error('x'), { code: 'ENOENT' })
      }),
    {
      code: 'ERR_CONFIG',
      message: '/nonexistent: cannot be read: there is no such file',
    },
  )
})
