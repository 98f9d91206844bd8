import t from 'tap'
import { race } from '../../src/cli/race.ts'
import type { CliIo } from '../../src/cli/types.ts'
import { createFakeIo, inputOf } from '../fixtures/cli-io.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

const setUp = (t: { teardown: (run: () => void) => unknown }, given: Partial<CliIo> = {}) => {
  const scripted = createScriptedRaces({
    names: { 'www.example.com': ['2001:db8::1', '192.0.2.1'], 'down.example.com': ['192.0.2.2'] },
    up: ['192.0.2.1'],
  })
  t.teardown(scripted.end)
  const files = new Map<string, string>()
  const io = createFakeIo({
    openRaces: async () => scripted.races,
    writeFile: (path, text) => void files.set(path, text),
    readFile: path => {
      const text = files.get(path)
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return Buffer.from(text)
    },
    ...given,
  })
  return { ...scripted, io, files }
}

t.test('race prints a timeline for each target and closes the winner', async t => {
  const { io, sockets, closed, steps } = setUp(t)
  t.equal(await race({ target: ['www.example.com:443'] }, io), 0)
  t.strictSame(steps.slice(0, 2), ['warm-up', 'dial'], 'the race is timed when all is loaded')
  t.match(io.out(), /^www\.example\.com:443 .*\n/)
  t.match(io.out(), /2001:db8::1 .*failed ECONNREFUSED/)
  t.match(io.out(), /\nwon by 192\.0\.2\.1:443 after \d+ ms\n$/)
  t.notMatch(io.out(), '\u001b', 'no colours where no terminal is')
  t.strictSame(
    sockets.map(({ destroyed }) => destroyed),
    [true],
  )
  t.equal(closed(), 1)
})

t.test('race uses colours on a terminal', async t => {
  let out = ''
  const stdout = {
    write: (text: string) => void (out += text),
    isTTY: true,
    columns: 100,
    isOpen: () => true,
  }
  const { io } = setUp(t, { stdout })
  t.equal(await race({ target: ['https://www.example.com/'] }, io), 0)
  t.match(out, '\u001b')
})

t.test('race returns 1 if a target fails, and still races the others', async t => {
  const { io } = setUp(t)
  const target = ['down.example.com:1', 'none.example.com:1', 'www.example.com:1']
  t.equal(await race({ target, json: true }, io), 1)
  const lines = io
    .out()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as object)
  t.match(lines, [
    {
      target: 'down.example.com:1',
      outcome: 'failed',
      error: { code: 'ECONNREFUSED' },
      winner: null,
    },
    { target: 'none.example.com:1', outcome: 'failed', error: { code: 'ENOTFOUND' } },
    {
      target: 'www.example.com:1',
      outcome: 'won',
      winner: { address: '192.0.2.1' },
      hidden: true,
    },
  ])
  const text = setUp(t).io
  t.equal(await race({ target: ['down.example.com:1'] }, text), 1)
  t.match(
    text.out(),
    /\nfailed after \d+ ms: no address answered: 192\.0\.2\.2 refused the connection\n$/,
  )
})

t.test('race --replay runs a recorded race without a network', async t => {
  const { io, files } = setUp(t)
  const target = ['www.example.com:443', 'down.example.com:1']
  t.equal(await race({ target, trace: 'f', json: true }, io), 1)
  const again = createFakeIo({ readFile: () => Buffer.from(files.get('f') ?? '') })
  t.equal(await race({ replay: 'f', json: true }, again), 0)
  t.equal(again.out(), io.out())
  const changed = createFakeIo({
    readFile: () => Buffer.from((files.get('f') ?? '').replace('"hidden":true', '"hidden":false')),
  })
  t.equal(await race({ replay: 'f' }, changed), 1)
  t.match(changed.err(), '1 of 2 races went otherwise than recorded')
})

t.test('race --no-connect only looks up and orders', async t => {
  const { io, sockets, closed, steps } = setUp(t)
  t.equal(await race({ target: ['www.example.com:443'], 'no-connect': true }, io), 0)
  t.match(io.out(), '1  [2001:db8::1]:443')
  t.strictSame(sockets, [])
  t.equal(steps[0], 'warm-up')
  t.equal(closed(), 1)
  t.equal(await race({ target: ['none.example.com:1'], 'no-connect': true, json: true }, io), 1)
  t.match(io.out(), '"code":"ENOTFOUND"')
})

t.test('several races end with a line that counts them, and show how far they are', async t => {
  let screen = ''
  const stderr = {
    write: (text: string) => void (screen += text),
    isTTY: true,
    columns: 80,
    isOpen: () => true,
  }
  const stdin = inputOf('www.example.com\n', 'down.example.com:1\n')
  const { io, closed, sockets } = setUp(t, { stderr, stdin })
  t.equal(await race({ target: ['-'] }, io), 1)
  t.match(
    io.out(),
    /^www\.example\.com:443 [^]*\n\ndown\.example\.com:1 [^]*\n\n2 races, [^\n]+\n$/,
  )
  t.match(screen, 'of 2 races done; under way: www.example.com:443')
  t.ok(screen.endsWith('\r\u001b[K'), 'no progress is left on the terminal')
  t.equal(closed(), 1)
  t.ok(sockets.every(({ destroyed }) => destroyed))

  screen = ''
  const json = setUp(t, { stderr }).io
  t.equal(await race({ target: ['down.example.com:1', 'www.example.com'], json: true }, json), 1)
  const targets = json
    .out()
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { target: string }).target)
  t.strictSame(targets, ['down.example.com:1', 'www.example.com:443'], 'in the order of the words')
  t.equal(screen, '', 'no progress beside JSON')
})

t.test('many races run side by side, eight at most', async t => {
  const { io, races } = setUp(t)
  let open = 0
  let most = 0
  const counting = {
    ...races,
    dial: async (...request: Parameters<typeof races.dial>) => {
      most = Math.max(most, ++open)
      const result = await races.dial(...request)
      open--
      return result
    },
  }
  const target = Array.from({ length: 20 }, (_, i) => `www.example.com:${i + 1}`)
  t.equal(await race({ target, json: true }, { ...io, openRaces: async () => counting }), 0)
  t.equal(most, 8)
  const winners = io.out().trim().split('\n')
  t.equal(winners.length, 20)
})

t.test('race fails after the race if the trace cannot be written', async t => {
  const writeFile = (): never => {
    throw Object.assign(new Error('x'), { code: 'ENOENT' })
  }
  const { io } = setUp(t, { writeFile })
  await t.rejects(race({ target: ['www.example.com:443'], trace: '/none/f' }, io), {
    code: 'ENOENT',
    message: '--trace: /none/f cannot be written: its folder does not exist',
  })
  t.match(io.out(), /won by/)
})

t.test('race rejects options that exclude each other', async t => {
  const cases: readonly (readonly [Parameters<typeof race>[0], RegExp])[] = [
    [{}, /^TARGET: is missing/],
    [{ target: ['x:'] }, /^TARGET: "x:" is not/],
    [{ target: ['h:1'], replay: 'f' }, /^--replay: found a TARGET/],
    [{ target: ['h:1'], trace: 'f', 'no-connect': true }, /^--trace: found --no-connect/],
    [{ replay: 'none' }, /^--replay: none cannot be read: there is no such file/],
    [{ replay: '' }, /^--replay: found ""/],
  ]
  for (const [args, message] of cases) {
    await t.rejects(race(args, setUp(t).io), { code: 'ERR_CONFIG', message })
  }
  const empty = createFakeIo({ readFile: () => Buffer.from('\n') })
  await t.rejects(race({ replay: 'f' }, empty), { message: 'f: holds no race' })
})
