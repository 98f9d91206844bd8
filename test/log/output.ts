import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs, {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { GATHER_MS, PROMPT_WRITES, createOutput } from '../../src/log/output.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { eventually } from '../fixtures/in-parallel.ts'

// The test starts processes, which take many times as long on a busy machine.
t.setTimeout(120_000)

type Child = {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the logging child; `reader` gets its standard output, a real pipe, before anything is read from it. */
const run = async (
  how: string,
  lines: number,
  stdout: 'pipe' | number = 'pipe',
  reader: (out: NodeJS.ReadableStream) => void = out => void out.resume(),
): Promise<Child> => {
  const child = spawn(
    'sh',
    // cat keeps a pipe of the system between the two: Node's own would be a socket.
    [
      '-c',
      stdout === 'pipe' ? '"$@" | cat; exit 0' : 'exec "$@"',
      'sh',
      process.execPath,
      COMPILED,
      'test/fixtures/log-child.ts',
      how,
      String(lines),
    ],
    { stdio: ['ignore', stdout, 'pipe'] },
  )
  let [out, err] = ['', '']
  child.stderr?.setEncoding('utf8').on('data', data => (err += data as string))
  if (child.stdout) {
    child.stdout.setEncoding('utf8').on('data', data => (out += data as string))
    reader(child.stdout)
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

const numbers = (out: string): number[] =>
  out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { event: string; bytesUp: number })
    .flatMap(({ event, bytesUp }) => (event === 'close' ? [bytesUp] : []))

t.test('a crash loses nothing and keeps the order', async t => {
  const { out, err } = await run('crash', 5000)
  t.same(
    numbers(out),
    Array.from({ length: 5000 }, (_, n) => n),
  )
  t.match(err, /as a crash would/)
})

t.test('a file gets all lines in order, however the process ends', async t => {
  for (const [how, code] of [
    ['plain', 0],
    ['exit', 3],
    ['crash', 1],
  ] as const) {
    const path = join(t.testdir(), 'log')
    const fd = openSync(path, 'w')
    const child = await run(how, 5000, fd)
    closeSync(fd)
    t.equal(child.code, code)
    t.same(
      numbers(readFileSync(path, 'utf8')),
      Array.from({ length: 5000 }, (_, n) => n),
    )
  }
})

t.test(
  'a stalled reader blocks nothing, costs 16 MiB, and gets the number of dropped lines',
  async t => {
    // 60,000 lines of 1 kB against a reader that is stopped for 1.2 s.
    const { out, err } = await run('stall', 60_000, 'pipe', stream => {
      stream.pause()
      setTimeout(() => stream.resume(), 1200)
    })
    const { gap, rss, dropped } = JSON.parse(err) as { gap: number; rss: number; dropped: number }
    // A write that waited for the reader would make one of about 1,200 ms.
    t.ok(gap < 800, `the longest gap between two turns is ${gap} ms`)
    t.ok(rss < 200 * 1024 * 1024, `${rss} bytes`)
    const kept = numbers(out)
    t.ok(kept.length < 60_000)
    const droppedLines = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { event: string; lines?: number })
      .reduce((sum, { lines = 0 }) => sum + lines, 0)
    t.equal(kept.length + droppedLines, 60_001, 'each line is written or counted')
    t.equal(dropped, droppedLines)
    t.equal(kept.at(-1), -1, 'the log continues afterwards')
  },
)

t.test('a closed reader does not end the process', async t => {
  const child = spawn(process.execPath, [COMPILED, 'test/fixtures/log-child.ts', 'gone', '1000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let err = ''
  child.stderr.setEncoding('utf8').on('data', data => (err += data as string))
  const [code] = (await once(child, 'close')) as [number | null]
  t.equal(code, 0)
  t.match(JSON.parse(err), { dropped: 1 }, 'a line that nobody can get counts')
})

t.test('a reader that never reads does not keep the process alive', async t => {
  const child = spawn(process.execPath, [COMPILED, 'test/fixtures/log-child.ts', 'exit', '5000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.pause()
  // Where the process waits for its reader this waits too, until the test's own time is over.
  const [code] = (await once(child, 'exit')) as [number | null]
  t.equal(code, 3)
  child.stdout.destroy()
})

t.test('in this process', async t => {
  const path = join(t.testdir(), 'log')
  const fd = openSync(path, 'w')
  const dropped: number[] = []
  const output = createOutput({
    fd,
    maxBytes: 100,
    onDropped: lines => {
      dropped.push(lines)
      output.write('dropped\n')
    },
  })
  await output.flush()
  for (let n = 0; n < 30; n++) output.write('123456789\n')
  await output.flush()
  t.equal(readFileSync(path, 'utf8'), `${'123456789\n'.repeat(10)}dropped\n`)
  t.same(dropped, [20])

  output.write('first\n')
  await new Promise(resolve => setImmediate(resolve))
  output.write('second\n')
  output.flushSync()
  await output.flush()
  t.match(readFileSync(path, 'utf8'), /first/)
  t.match(readFileSync(path, 'utf8'), /second/)
  closeSync(fd)
})

t.test('lines of many turns are joined into one write', async t => {
  const path = join(t.testdir(), 'log')
  const fd = openSync(path, 'w')
  const calls = t.capture(fs, 'write', fs.write)
  syncBuiltinESMExports()
  const output = createOutput({ fd })
  const begunAt = performance.now()
  for (let n = 0; n < 200; n++) {
    output.write(`${n}\n`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await output.flush()
  // So many would be the most on a machine of any speed; about 45 are expected, and 200 without gathering.
  const most = PROMPT_WRITES + (performance.now() - begunAt) / GATHER_MS + 5
  const writes = calls().filter(({ args }) => args[0] === fd).length
  t.ok(writes > 0 && writes <= most, `${writes} writes, at most ${most}`)
  t.equal(readFileSync(path, 'utf8').split('\n').length, 201)
  closeSync(fd)
})
t.teardown(syncBuiltinESMExports)

t.test('a bad descriptor only loses the lines', async () => {
  const output = createOutput({ fd: 9999 })
  output.write('x\n')
  await output.flush()
  output.write('y\n')
  await output.flush()
  output.flushSync()
  const other = createOutput({ fd: 9999 })
  other.write('z\n')
  other.flushSync()
  await other.flush()
})

t.test('a full disk ends a flush in bounded time, and an exit at once', async t => {
  // It stays open: the lines that wait are tried again, and no other file may get the number.
  const fd = openSync('/dev/full', 'w')
  const output = createOutput({ fd })
  output.write('x\n')
  const begunAt = performance.now()
  output.flushSync()
  await output.flush()
  // It would be 5 s for a reader that stalls.
  t.ok(performance.now() - begunAt < 4000)
})

/** Writes to a descriptor take so many bytes, and then fail. */
const limitWrites = (t: Test, fd: number, code: string) => {
  const state = { space: 0, tries: 0 }
  const { write } = fs
  const limited = (to: number, bytes: Buffer, done: (...results: unknown[]) => void): void => {
    if (to !== fd) return write(to, bytes, done)
    state.tries++
    const part = bytes.subarray(0, state.space)
    state.space -= part.length
    if (part.length > 0 || bytes.length === 0) return write(to, part, done)
    setImmediate(done, Object.assign(new Error(code), { code }))
  }
  t.intercept(fs, 'write', { value: limited })
  syncBuiltinESMExports()
  t.teardown(syncBuiltinESMExports)
  return state
}

for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO']) {
  t.test(`${code}: lines are whole, and lost lines are counted`, async t => {
    const path = join(t.testdir(), 'log')
    const fd = openSync(path, 'w')
    t.teardown(() => closeSync(fd))
    const disk = limitWrites(t, fd, code)
    disk.space = 75
    const output = createOutput({
      fd,
      maxBytes: 200,
      onDropped: lines => output.write(`${lines} lost\n`),
    })
    for (let n = 0; n < 10; n++) output.write(`line ${n + 10}..\n`)
    t.ok(await eventually(() => disk.tries >= 2))
    t.equal(readFileSync(path, 'utf8').length, 75)
    for (let n = 0; n < 30; n++) output.write(`line ${n + 20}..\n`)
    disk.space = 5
    t.ok(await eventually(() => disk.space === 0))
    disk.space = 1_000_000
    await output.flush()
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const lost = Number(lines.find(line => line.endsWith('lost'))?.split(' ')[0])
    const kept = lines.filter(line => /^line \d\d\.\.$/.test(line)).length
    t.equal(kept + 1, lines.length, `no other line is there: ${lines.join(' ')}`)
    t.equal(kept + lost, 40)
  })
}

const smallDisk = mkdtempSync(join(tmpdir(), 'eyeballd-full-disk-'))
t.teardown(() => {
  spawnSync('umount', ['-l', smallDisk])
  rmSync(smallDisk, { recursive: true })
})
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', smallDisk])
const noDisk = mounted.status !== 0 && `a tmpfs cannot be mounted: ${String(mounted.stderr).trim()}`

t.test('a disk that is really full', { skip: noDisk }, async t => {
  const path = join(smallDisk, 'log')
  writeFileSync(join(smallDisk, 'other'), Buffer.alloc(96 * 1024))
  const fd = openSync(path, 'a')
  const output = createOutput({
    fd,
    maxBytes: 256 * 1024,
    onDropped: lines => output.write(`${lines} lost\n`),
  })
  // Some 300 kB: less than 32 go to the disk, 256 wait.
  const say = (n: number): void => output.write(`${String(n).padStart(998)}.\n`)
  for (let n = 0; n < 320; n++) {
    say(n)
    if (n % 10 === 0) await new Promise(resolve => setTimeout(resolve, 1))
  }
  const isFull = (): boolean => readFileSync(path).length >= 28 * 1024
  t.ok(await eventually(isFull))
  spawnSync('mount', ['-o', 'remount,size=1m', smallDisk])
  await eventually(() => readFileSync(path, 'utf8').includes('lost'))
  say(320)
  await output.flush()
  closeSync(fd)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const kept = lines.filter(line => /^ *\d+\.$/.test(line) && line.length === 999)
  const [droppedLines = '0 lost', ...more] = lines.filter(line => !kept.includes(line))
  t.same(more, [], 'every line is whole')
  t.equal(kept.length + Number.parseInt(droppedLines, 10), 321)
  t.equal(kept.at(-1)?.trim(), '320.')
})

t.test(
  'a log file that is truncated during a partial write continues with whole lines',
  async t => {
    const path = join(t.testdir(), 'log')
    const fd = openSync(path, 'a')
    t.teardown(() => closeSync(fd))
    const disk = limitWrites(t, fd, 'ENOSPC')
    disk.space = 15
    const output = createOutput({ fd })
    for (let n = 0; n < 5; n++) output.write(`line ${n}...\n`)
    await eventually(() => disk.tries >= 2)
    truncateSync(path)
    disk.space = 1_000_000
    await output.flush()
    t.same(readFileSync(path, 'utf8').split('\n').slice(1), [
      'line 2...',
      'line 3...',
      'line 4...',
      '',
    ])
  },
)
