import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileReader, readText } from '../../src/resolver/file-reader.ts'

const lengths = async (path: string, maxBytes: number): Promise<number[]> => {
  const found: number[] = []
  for await (const piece of fileReader.read(path, maxBytes)) found.push(piece.length)
  return found
}

t.test('reads a file up to a bound, and tells when it has changed', async t => {
  const dir = t.testdir({ hosts: '192.0.2.1 a\n' })
  const path = join(dir, 'hosts')
  t.equal(await readText(fileReader, path, 1000), '192.0.2.1 a\n')
  t.equal(await readText(fileReader, path, 9), '192.0.2.1')
  const before = await fileReader.version(path)
  t.equal(await fileReader.version(path), before)
  writeFileSync(path, '192.0.2.1 a b\n')
  t.not(await fileReader.version(path), before)
})

t.test('in pieces, and text whose characters are cut between them', async t => {
  const path = join(t.testdir({ long: 'é'.repeat(25_000) }), 'long')
  t.same(await lengths(path, 1e6), [16_384, 16_384, 16_384, 848])
  t.same(await lengths(path, 20_000), [16_384, 3616])
  t.equal(await readText(fileReader, path, 1e6), 'é'.repeat(25_000))
})

t.test(
  'a file of the kernel, which says that it is empty',
  { skip: process.platform !== 'linux' },
  async t => {
    t.match(await readText(fileReader, '/proc/self/status', 1000), /^Name:/)
  },
)

t.test('a file that is not there has no version; what cannot be read is an error', async t => {
  const dir = t.testdir({ folder: {}, file: 'x' })
  t.equal(await fileReader.version(join(dir, 'missing')), undefined)
  t.equal(await fileReader.version(join(dir, 'file', 'below')), undefined)
  await t.rejects(fileReader.version('a\0b'))
  for (const [name, code] of [
    ['missing', 'ENOENT'],
    ['folder', 'EISDIR'],
  ]) {
    await t.rejects(readText(fileReader, join(dir, name ?? ''), 100), { code })
  }
})
