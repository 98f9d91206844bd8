import t from 'tap'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  PATIENCE_MS,
  createWatchedFile,
  fileReader,
  readText,
} from '../../src/resolver/watched-file.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createMemoryFiles } from '../fixtures/memory-files.ts'
import { until } from '../fixtures/socket-pair.ts'

const setUp = (text: string | undefined) => {
  const clock = createHandClock()
  const files = createMemoryFiles(text === undefined ? {} : { '/f': text })
  const held: (() => void)[] = []
  let holds = false
  const watched = createWatchedFile({
    path: '/f',
    load: async () => {
      const content = await readText(files, '/f', 100)
      if (holds) await new Promise<void>(resolve => held.push(resolve))
      return content
    },
    none: () => 'none',
    files,
    clock,
  })
  return {
    clock,
    files,
    watched,
    /** From now on a reading takes until it is let go. */
    hold: () => void (holds = true),
    letGo: () => {
      holds = false
      for (const resolve of held.splice(0)) resolve()
    },
    held: () => held.length,
  }
}

t.test('the first look is a promise, the next second is answered from memory', async t => {
  const { clock, watched, files } = setUp('one')
  t.equal(await watched.current(), 'one')
  t.equal(watched.current(), 'one')
  clock.advance(999)
  files.set('/f', 'two')
  t.equal(watched.current(), 'one')
  t.equal(files.looks(), 1)
  clock.advance(1)
  t.equal(await watched.current(), 'two')
  t.equal(files.looks(), 2)
  t.equal(files.readings(), 2)
  t.equal(clock.pending(), 0)
})

t.test('a file that has not changed is not read again', async t => {
  const { clock, watched, files } = setUp('one')
  await watched.current()
  for (let i = 0; i < 5; i++) {
    clock.advance(1000)
    t.equal(await watched.current(), 'one')
  }
  t.equal(files.looks(), 6)
  t.equal(files.readings(), 1)
})

t.test('those who ask together share one look', async t => {
  const { watched, files } = setUp('one')
  t.same(await Promise.all([watched.current(), watched.current(), watched.current()]), [
    'one',
    'one',
    'one',
  ])
  t.equal(files.looks(), 1)
})

t.test('a file may be missing, come and go', async t => {
  const { clock, watched, files } = setUp(undefined)
  t.equal(await watched.current(), 'none')
  files.set('/f', 'a text')
  clock.advance(1000)
  t.equal(await watched.current(), 'a text')
  files.set('/f', undefined)
  clock.advance(1000)
  t.equal(await watched.current(), 'none')
  t.equal(clock.pending(), 0)
})

t.test('a look or a reading that fails changes nothing, and is tried again', async t => {
  for (const what of ['version', 'read'] as const) {
    for (const code of ['EMFILE', 'EIO', 'EACCES']) {
      const { clock, watched, files } = setUp('one')
      await watched.current()
      files.set('/f', 'two')
      files.fail(what, code)
      for (let i = 0; i < 3; i++) {
        clock.advance(1000)
        t.equal(await watched.current(), 'one', `${what} ${code}`)
        t.equal(watched.current(), 'one', 'at once')
      }
      files.fail(what, undefined)
      t.equal(watched.current(), 'one', 'once a second')
      clock.advance(1000)
      t.equal(await watched.current(), 'two')
      t.equal(clock.pending(), 0)
    }
  }
})

t.test('so is a first reading that fails', async t => {
  const { clock, watched, files } = setUp('one')
  files.fail('read', 'EMFILE')
  t.equal(await watched.current(), 'none')
  t.equal(watched.current(), 'none')
  files.fail('read', undefined)
  clock.advance(1000)
  t.equal(await watched.current(), 'one')
})

t.test('while a long file is read the old content serves', async t => {
  const { clock, watched, files, hold, letGo, held } = setUp('one')
  await watched.current()
  files.set('/f', 'two')
  hold()
  clock.advance(1000)
  const waiting = watched.current()
  await until('the reading has begun', () => held() === 1)
  clock.advance(PATIENCE_MS)
  t.equal(await waiting, 'one')
  clock.advance(5000)
  t.equal(watched.current(), 'one', 'at once')
  t.equal(files.looks(), 2, 'and nobody looks again meanwhile')
  letGo()
  await until('it is read', () => watched.current() === 'two')
  t.equal(clock.pending(), 0)
})

t.test('for the first content everybody waits', async t => {
  const { clock, watched, hold, letGo, held } = setUp('one')
  hold()
  const waiting = watched.current()
  await until('the reading has begun', () => held() === 1)
  clock.advance(10_000)
  const later = watched.current()
  letGo()
  t.same(await Promise.all([waiting, later]), ['one', 'one'])
})

const lengths = async (path: string, maxBytes: number): Promise<number[]> => {
  const found: number[] = []
  for await (const piece of fileReader.read(path, maxBytes)) found.push(piece.length)
  return found
}

t.test('reads a file up to a limit, and its version changes with it', async t => {
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
