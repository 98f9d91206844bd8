/**
 * Past the quota of pipe memory (pipe(7), fs.pipe-user-pages-soft) an unprivileged user gets pipes of two
 * pages. The splice engine is slower then, never stuck, and never wrong.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { startModelDaemon } from '../fixtures/pipe-model-daemon.ts'
import { runPipeModel, sumUp } from '../fixtures/pipe-model-run.ts'
import { stalledBulkOf } from '../fixtures/pipe-model-stalls.ts'
import { descriptorNames } from '../fixtures/process-figures.ts'
import { commandOf } from '../fixtures/start-eyeballd.ts'

t.setTimeout(180_000)

/** A user of this test's own: what others run as is not counted. */
const USER = 61_234

/** With a pipe of 1 MiB for each direction they want 96 MiB, of which a user may have 64 by default. */
const CONNECTIONS = 48

/** Standard output and standard error are pipes of ours. */
const STANDARD_PIPES = 2

const PIPE_BYTES = 1024 * 1024
const PAGE_BYTES = 4096

const quotaPages = (): number => Number(readFileSync('/proc/sys/fs/pipe-user-pages-soft', 'latin1'))

const loaded = loadLibc()

const why = (): string | false => {
  if (!loaded.ok) return `there is no splice engine here: ${loaded.reason}`
  if (process.getuid?.() !== 0) return 'only root can become another user'
  const [program = ''] = commandOf()
  const source = fileURLToPath(new URL('../..', import.meta.url))
  const mayRead = [program, source].every(
    path => spawnSync('test', ['-r', path], { uid: USER, gid: USER }).status === 0,
  )
  return mayRead ? false : 'another user may not read the sources, or Node'
}

await t.test(`${CONNECTIONS} stalled connections`, { skip: why() }, async t => {
  if (!loaded.ok) return
  const daemon = await startModelDaemon(t, loaded.libc, 'splice', CONNECTIONS, {
    uid: USER,
    gid: USER,
  })
  const { pid } = daemon.eyeballd
  let most = 0
  const timer = setInterval(() => {
    const ends = descriptorNames(pid).filter(name => name.startsWith('pipe:'))
    most = Math.max(most, (ends.length - STANDARD_PIPES) / 2)
  }, 100)
  t.teardown(() => clearInterval(timer))
  const report = await runPipeModel(daemon, {
    seed: 1,
    first: 0,
    count: CONNECTIONS,
    atOnce: CONNECTIONS,
    engine: 'splice',
    make: stalledBulkOf,
  })
  clearInterval(timer)
  t.comment(sumUp(report))
  const quota = quotaPages() * PAGE_BYTES
  t.comment(`${most} pipes at most, where ${quota / PIPE_BYTES} of 1 MiB are allowed`)
  t.ok(most * PIPE_BYTES > 0.8 * quota || quota > CONNECTIONS * 2 * PIPE_BYTES, 'the quota was met')
  t.same(report.failures, [])
  t.equal(report.ends.get('splice eof'), CONNECTIONS)
  await daemon.eyeballd.stop(t)
})
