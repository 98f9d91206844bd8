import t from 'tap'
import { createWatchedFile } from '../../src/resolver/watched-file.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createMemoryFiles } from '../fixtures/memory-files.ts'

const setUp = (text: string | undefined) => {
  const clock = createHandClock()
  const files = createMemoryFiles(text === undefined ? {} : { '/f': text })
  let parsed = 0
  const watched = createWatchedFile({
    path: '/f',
    maxBytes: 10,
    parse: content => {
      parsed++
      return content
    },
    files,
    clock,
  })
  return { clock, files, watched, parsed: () => parsed }
}

t.test('the first look is a promise, the next second is answered from memory', async t => {
  const { clock, watched, files, parsed } = setUp('one')
  t.equal(await watched.current(), 'one')
  t.equal(watched.current(), 'one')
  clock.advance(999)
  files.set('/f', 'two')
  t.equal(watched.current(), 'one')
  t.equal(files.looks(), 1)
  clock.advance(1)
  t.equal(await watched.current(), 'two')
  t.equal(files.looks(), 2)
  t.equal(parsed(), 2)
})

t.test('a file that has not changed is not read again', async t => {
  const { clock, watched, files, parsed } = setUp('one')
  await watched.current()
  for (let i = 0; i < 5; i++) {
    clock.advance(1000)
    t.equal(await watched.current(), 'one')
  }
  t.equal(files.looks(), 6)
  t.equal(parsed(), 1)
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

t.test('a file may be missing, come, be cut and go', async t => {
  const { clock, watched, files } = setUp(undefined)
  t.equal(await watched.current(), '')
  files.set('/f', 'a text too long')
  clock.advance(1000)
  t.equal(await watched.current(), 'a text too')
  files.set('/f', undefined)
  clock.advance(1000)
  t.equal(await watched.current(), '')
  t.equal(clock.pending(), 0)
})
