import t from 'tap'
import { QUERIES_MAX, createQueryLoad, queriesMax } from '../../src/resolver/query-load.ts'

t.test('a sixteenth of the limit on open files, from 4 to 64', async t => {
  for (const [openFiles, max] of [
    [null, 64],
    [Infinity, 64],
    [40_032, 64],
    [1024, 64],
    [256, 16],
    [128, 8],
    [64, 4],
    [16, 4],
  ] as const) {
    t.equal(queriesMax(openFiles), max, String(openFiles))
  }
})

t.test('turns and sockets are as many', async t => {
  t.equal(createQueryLoad().max, QUERIES_MAX)
  const { turns, sockets } = createQueryLoad(4)
  for (let i = 0; i < 4; i++) sockets.take()
  t.equal(sockets.hasRoom(), false)
  let refused = 0
  const enter = (client: string) =>
    turns.enter({ client, run: () => {}, refuse: () => void refused++ })
  for (let i = 0; i < 10; i++) enter('flood')
  t.equal(turns.active(), 3, 'one client leaves a place')
  enter('another')
  t.equal(turns.active(), 4)
  for (let i = 0; i < 3000; i++) enter('flood')
  t.equal(turns.waiting(), 2048, 'the questions of 1,024 names')
  t.equal(refused, 3010 - 3 - 2048)
})
