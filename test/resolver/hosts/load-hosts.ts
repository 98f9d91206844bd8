import { setImmediate as turn } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileReader } from '../../../src/resolver/file-reader.ts'
import { loadHosts } from '../../../src/resolver/hosts/load-hosts.ts'
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

t.test('what is behind the bound is not read, and that is told', async t => {
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
