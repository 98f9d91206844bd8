import t from 'tap'
import { DIRECT } from '../../../scripts/bench/direct.ts'
import { openFileLimit } from '../../../scripts/bench/machine.ts'
import { PEERS } from '../../../scripts/bench/peers.ts'
import { runRounds } from '../../../scripts/bench/run-rounds.ts'
import { STEPS } from '../../../scripts/bench/steps.ts'
import type { Contender } from '../../../scripts/bench/types.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { findProgram } from '../../fixtures/programs.ts'

const loaded = loadLibc()
const skip = loaded.ok ? false : loaded.reason

const broken: Contender = {
  ...DIRECT,
  name: 'broken',
  kind: 'peer',
  start: () => Promise.reject(new Error('no such option')),
}

t.test('all take turns in each step of each round', { skip }, async t => {
  const openFiles = openFileLimit()
  const peers = PEERS.flatMap(({ program, contender }) => {
    const path = findProgram(program)
    return path !== undefined && ['microsocks', 'haproxy'].includes(program)
      ? [contender(path, openFiles)]
      : []
  })
  const contenders = [DIRECT, broken, ...peers]
  const steps = STEPS.filter(({ name }) => ['down8', 'socks', 'forward'].includes(name))
  let count = 0
  const samples = await runRounds(
    {
      contenders,
      steps,
      rounds: 2,
      seconds: 0.1,
      warmUpSeconds: 0.1,
      firstPort: 16_000,
      onSample: () => count++,
    },
    { owner: t, directory: t.testdir(), openFiles },
  )
  t.equal(count, samples.length)
  const expected = steps.flatMap(step =>
    contenders.filter(step.suits).map(({ name }) => `${step.name} ${name}`),
  )
  for (const round of [1, 2]) {
    const found = samples.filter(sample => sample.round === round)
    t.same(
      found.map(({ step, contender }) => `${step} ${contender}`).toSorted(),
      expected.toSorted(),
    )
  }
  for (const { step, contender, values, failure } of samples) {
    if (contender === 'broken')
      t.same({ values, failure }, { values: {}, failure: 'no such option' })
    else t.match({ values, failure }, { values: { [step]: Number }, failure: undefined }, contender)
  }
  const order = samples.filter(({ step }) => step === 'down8').map(({ contender }) => contender)
  t.not(order[0], order[contenders.length], 'another one begins in the next round')
})
