import { setImmediate as turn } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import fc from 'fast-check'
import { createHostsParser, loadHosts } from '../../../src/resolver/hosts/hosts-file.ts'
import { hostsAnswer } from '../../../src/resolver/hosts/table.ts'
import { classifyHost } from '../../../src/resolver/literal.ts'
import { fileReader } from '../../../src/resolver/watched-file.ts'
import { heldBytes } from '../../fixtures/collect-garbage.ts'
import { createMemoryFiles } from '../../fixtures/memory-files.ts'

t.test('a file in pieces, cut anywhere', async t => {
  const text = '192.0.2.1 one.example\n192.0.2.2 two.example\n'
  for (const size of [1, 7, 1000]) {
    const table = await loadHosts(createMemoryFiles({ '/h': text }, size), '/h')
    t.same(table.get('one.example')?.A, ['192.0.2.1'])
    t.same(table.get('two.example')?.A, ['192.0.2.2'])
    t.equal(table.size(), 2)
  }
})

t.test('what is beyond the limit is not read, and that is reported', async t => {
  const text = '192.0.2.1 one.example\n192.0.2.2 two.example\n'
  for (const size of [3, 1000]) {
    const files = createMemoryFiles({ '/h': text }, size)
    const cuts: number[] = []
    const table = await loadHosts(files, '/h', bytes => cuts.push(bytes), 22)
    t.equal(table.size(), 1)
    t.same(cuts, [22])
    await loadHosts(files, '/h', bytes => cuts.push(bytes), text.length)
    t.same(cuts, [22], 'a file that just fits is whole')
    t.equal((await loadHosts(files, '/h', undefined, 22)).size(), 1, 'nobody has to hear of it')
  }
})

t.test('a file that cannot be read, from its begin or later', async t => {
  const files = createMemoryFiles({ '/h': '192.0.2.1 one.example\n' }, 5)
  files.fail('read', 'EMFILE')
  await t.rejects(loadHosts(files, '/h'), { code: 'EMFILE' })
  await t.rejects(loadHosts(fileReader, join(t.testdir({}), 'missing')), { code: 'ENOENT' })
})

t.test('200,000 lines: the event loop turns all the while, and the table is small', async t => {
  const path = join(t.testdir({}), 'hosts')
  const lines = Array.from(
    { length: 200_000 },
    (_, i) =>
      `0.0.0.0 ads${((i * 2_654_435_761) >>> 0).toString(36)}.tracker-${i % 977}.example.com`,
  )
  writeFileSync(path, lines.join('\n'))
  const names = [lines[0], lines[123_456], lines.at(-1)].map(line => line?.split(' ')[1] ?? '')
  lines.length = 0
  const before = heldBytes()
  const state = { loaded: false }
  const loading = loadHosts(fileReader, path).then(table => {
    state.loaded = true
    return table
  })
  // How much of this process's time each turn took: another process may take the machine's.
  let longestMs = 0
  for (let cpu = process.cpuUsage(); !state.loaded; cpu = process.cpuUsage()) {
    await turn()
    const { user, system } = process.cpuUsage(cpu)
    longestMs = Math.max(longestMs, (user + system) / 1000)
  }
  const table = await loading
  const megabytes = (heldBytes() - before) / 1e6
  t.comment(`${table.size()} names, ${megabytes.toFixed(1)} MB, longest turn ${longestMs} ms`)
  t.equal(table.size(), 200_000)
  for (const name of names) t.same(table.get(name), { A: ['0.0.0.0'], AAAA: [] })
  t.ok(megabytes < 40, 'less than 200 bytes a name')
  // A turn of everything took 1,500 ms; what is allowed here is for collections of garbage on a busy machine.
  t.ok(longestMs < 100, `the longest turn took ${longestMs} ms`)
})

/** A whole text, or one cut into pieces of so many characters. */
const parseHosts = (text: string, size = Infinity) => {
  const parser = createHostsParser()
  for (let at = 0; at < text.length; at += size) parser.take(text.slice(at, at + size))
  return parser.end()
}

t.test('a file as people write it', async t => {
  const table = parseHosts(
    [
      '# comment',
      '192.0.2.1\tdb.example db # the database',
      '2001:DB8:0::1   DB.example.',
      '  192.0.2.2 db.example  ',
      '192.0.2.1 db.example',
      'fe80::1%lo0 zoned.example',
      '::ffff:192.0.2.9 mapped.example\r',
    ].join('\n'),
  )
  t.same(table.get('db.example'), { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] })
  t.same(table.get('db'), { A: ['192.0.2.1'], AAAA: [] })
  t.same(table.get('zoned.example'), { A: [], AAAA: ['fe80::1%lo0'] })
  t.same(table.get('mapped.example'), { A: ['192.0.2.9'], AAAA: [] })
  t.equal(table.size(), 4)
})

t.test('lines that make no sense are left out, and the others stay', async t => {
  const table = parseHosts(
    [
      '',
      '192.0.2.1',
      'db.example 192.0.2.1',
      '127.1 short.example',
      '300.0.0.1 big.example',
      '[::1] bracket.example',
      '192.0.2.1 a\0b bad..name 127.0.0.1 münchen good.example',
      '192.0.2.1#comment.example',
      '\0\0\0\0',
      '192.0.2.5 __proto__ constructor',
    ].join('\n'),
  )
  t.equal(table.size(), 3)
  for (const name of ['__proto__', 'constructor', 'good.example']) t.ok(table.get(name), name)
  t.equal(hostsAnswer(table, 'tostring', 'A'), undefined)
})

t.test('the addresses of one name are bounded', async t => {
  const lines = Array.from({ length: 500 }, (_, i) => `192.0.${i >> 8}.${i & 255} many.example`)
  t.equal(parseHosts(lines.join('\n')).get('many.example')?.A.length, 64)
})

t.test('no text throws', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
      parseHosts(`192.0.2.1 ${text}`)
      parseHosts(text)
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('cut anywhere it is the same', async t => {
  const text = [
    '192.0.2.1 one.example two.example # three.example',
    '2001:db8::1\tone.example',
    '',
    '#',
    '192.0.2.2 last.example',
  ].join('\n')
  const names = ['one.example', 'two.example', 'three.example', 'last.example']
  const whole = parseHosts(text)
  t.equal(whole.size(), 3)
  for (let size = 1; size <= text.length; size++) {
    const table = parseHosts(text, size)
    for (const name of names) t.same(table.get(name), whole.get(name), `${name} by ${size}`)
  }
})

t.test('of a line without an end not more is kept than is read of it', async t => {
  const filler = ' a.example'.repeat(20_000)
  const table = parseHosts(`192.0.2.1${filler} behind.example\n192.0.2.2 next.example`, 1000)
  t.equal(table.get('behind.example'), undefined)
  t.same(table.get('next.example')?.A, ['192.0.2.2'])
  t.same(table.get('a.example')?.A, ['192.0.2.1'])
})

t.test('names are what the resolver takes for names, and nothing else', async t => {
  const word = fc.string({
    unit: fc.constantFrom(...'abcxyzABC0129-_.:é'.split('')),
    minLength: 1,
    maxLength: 80,
  })
  fc.assert(
    fc.property(word, text => {
      const host = classifyHost(text)
      const table = parseHosts(`192.0.2.1 ${text}`)
      if (host.kind !== 'name') return table.size() === 0
      return table.size() === 1 && table.get(host.name) !== undefined
    }),
    { numRuns: 5000 },
  )
  for (const length of [62, 63, 64]) {
    t.equal(parseHosts(`192.0.2.1 ${'a'.repeat(length)}.example`).size(), length < 64 ? 1 : 0)
  }
  const long = `${'a.'.repeat(126)}a`
  t.equal(parseHosts(`192.0.2.1 ${long} ${long}b`).size(), 1, '253 characters')
})
