/**
 * A short run of `npm run fuzz`: each corpus in full, and a few thousand cases of each decoder from another seed each
 * time. A failure prints the command that makes it again.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { COMPILED } from './fixtures/compiled.ts'
import { readCorpus, seedsOf } from './fixtures/fuzz/corpus.ts'
import { keptBytes, makeCase, runTarget } from './fixtures/fuzz/run-target.ts'
import { FUZZ_TARGETS } from './fixtures/fuzz/targets.ts'
import type { FuzzTarget } from './fixtures/fuzz/types.ts'

const CASES = 2000

// On a busy machine it takes longer than tap allows a file by default.
t.setTimeout(300_000)

/** Beside what the program needs of an input: the objects around it. */
const KEPT_MAX_BYTES = 1024

for (const target of FUZZ_TARGETS) {
  t.test(`${target.name}: a few thousand cases`, async t => {
    const seed = Date.now() % 2 ** 31
    const { fault, cases, kinds } = await runTarget(target, { seed, cases: CASES })
    if (fault) {
      t.comment(`again: npm run fuzz -- ${target.name} --seed ${seed} --case ${fault.case}`)
      t.comment(`input, made short: ${Buffer.from(fault.input).toString('hex')}`)
    }
    t.equal(fault?.message, undefined)
    t.equal(cases, CASES)
    t.comment(JSON.stringify(kinds))
    for (const kind of target.kinds) t.ok((kinds[kind] ?? 0) > 0, `${kind} among them`)
    t.ok(readCorpus(target.name).length >= 4, 'it has a corpus')
  })
}

for (const target of FUZZ_TARGETS.filter(({ keeping }) => keeping !== undefined)) {
  t.test(`${target.name}: what is kept of an input does not hold all of it`, async t => {
    const bytes = keptBytes(target)
    t.ok(bytes < KEPT_MAX_BYTES, `${bytes.toFixed(0)} bytes`)
  })
}

/** A decoder that has the faults which are looked for. */
const BROKEN: FuzzTarget = {
  name: 'socks4',
  maxBytes: 100,
  tokens: ['bad'],
  kinds: [],
  generate: () => new Uint8Array(5),
  check: input => {
    if (Buffer.from(input).includes('bad')) throw new Error('it is bad')
    return 'good'
  },
}

t.test('a fault is found, made short, and is there again by its seed and number', async t => {
  const { fault } = await runTarget(BROKEN, { seed: 1, cases: 10_000 })
  t.equal(fault?.message, 'it is bad')
  t.equal(Buffer.from(fault?.input ?? []).toString(), 'bad')
  const input = makeCase(BROKEN, seedsOf(readCorpus('socks4')), 1, Number(fault?.case))
  t.throws(() => BROKEN.check(input, { between: n => n, chance: () => false, pick: ([a]) => a }))
})

/** Ends after a number of cases, as `--cases`, or at a time, as `--minutes`. */
const ENDS = {
  cases: () => ({ cases: 100_000 }),
  minutes: () => {
    let steps = 0
    return { cases: Number.MAX_SAFE_INTEGER, endAtMs: 100_000, now: () => steps++ }
  },
}

for (const [name, ends] of Object.entries(ENDS)) {
  t.test(`memory that a decoder keeps is a fault, with --${name}`, async t => {
    const kept: Uint8Array[] = []
    const leaking: FuzzTarget = {
      ...BROKEN,
      check: input => {
        if (kept.push(Uint8Array.from(input)) % 4 === 0) kept.push(new Uint8Array(64))
        return 'good'
      },
    }
    const { fault, held } = await runTarget(leaking, { seed: 1, ...ends() })
    t.match(fault?.message, /^the heap and buffers hold \d+ KiB more at the end$/)
    t.equal(held.length, 10)
    kept.length = 0
  })
}

t.test('a target that keeps whole inputs is found', async t => {
  const keeping = {
    make: () => new Uint8Array(4000),
    keep: (input: Uint8Array) => input.subarray(0, 1),
  }
  t.ok(keptBytes({ ...BROKEN, keeping }) > 4000)
})

t.test('a case that hangs ends the process, which says what makes it again', async t => {
  const program = new URL('fixtures/fuzz-hang-main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [COMPILED, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  t.equal(child.signalCode, 'SIGKILL')
  t.equal(output, 'again: it --case 7 does not end within 200 ms\n')
})
