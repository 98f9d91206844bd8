import type { Test } from 'tap'
import t from 'tap'
import { createConfirmDriver } from '../../src/eyeballs/confirm-driver.ts'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import type { Provisional } from '../../src/eyeballs/types.ts'
import type { Behaviour } from '../fixtures/memory-network.ts'
import type { RaceRig } from '../fixtures/race-rig.ts'
import { answerBoth, beginRace, expectClean, expectOutcome } from '../fixtures/race-rig.ts'
import { v4, v6 } from '../fixtures/race.ts'

const HELLO = Buffer.from('a ClientHello')

type Talk = RaceRig & {
  readonly provisionals: Provisional[]
  /** The client's first bytes, when it is asked; `undefined` until then. */
  readonly say: (hello: Uint8Array | null) => void
}

/** A race to be confirmed, both families known, IPv6 dialled. */
const begin = async (
  behaviours: Readonly<Record<string, Behaviour>>,
  request: Parameters<typeof beginRace>[1] = {},
): Promise<Talk> => {
  const provisionals: Provisional[] = []
  let settle: ((hello: Uint8Array | null) => void) | undefined
  const rig = beginRace(
    behaviours,
    {
      confirm: (provisional, answer) => {
        provisionals.push(provisional)
        settle = answer
      },
      ...request,
    },
    { config: { confirm: 'tls' } },
  )
  await answerBoth(rig)
  const say = (hello: Uint8Array | null): void => {
    if (!settle) throw new Error('the client got no reply')
    settle(hello)
  }
  return { ...rig, provisionals, say }
}

/** What each address was sent. */
const heard = ({ network }: RaceRig): Record<string, string> =>
  Object.fromEntries(
    network.sockets.map(({ address, heard: bytes }) => [address, Buffer.concat(bytes).toString()]),
  )

const answers = (afterMs: number): Behaviour => ({
  kind: 'accepts',
  afterMs: 20,
  answersAfterMs: afterMs,
})

t.test('the target answers the ClientHello', async t => {
  const rig = await begin({ [v6(1)]: answers(30) })
  rig.clock.advance(20)
  t.strictSame(rig.provisionals, [
    { address: v6(1), port: 443, local: { address: '192.0.2.77', port: 40_000 } },
  ])
  t.strictSame(rig.results, [], 'the race goes on')
  t.strictSame(heard(rig), { [v6(1)]: '' })
  rig.say(HELLO)
  rig.clock.advance(30)
  const result = expectOutcome('won', rig)
  t.match(result, { address: v6(1), greetedBytes: HELLO.length })
  t.strictSame(heard(rig), { [v6(1)]: 'a ClientHello' })
  t.match(summarise(result.trace), { confirmedMs: 50 })
  expectClean(t, rig)
})

t.test('it does not, and the next one gets the same', async t => {
  const rig = await begin({ [v6(1)]: { kind: 'accepts', afterMs: 20 }, [v4(1)]: answers(10) })
  rig.clock.advance(20)
  rig.say(HELLO)
  rig.clock.advance(600)
  const result = expectOutcome('won', rig)
  t.match(result, { address: v4(1), greetedBytes: HELLO.length })
  t.strictSame(heard(rig), { [v6(1)]: 'a ClientHello', [v4(1)]: 'a ClientHello' })
  t.equal(rig.network.sockets.find(({ address }) => address === v6(1))?.state, 'reset')
  t.match(
    summarise(result.trace).attempts.map(({ outcome }) => outcome),
    ['lost', 'connected'],
  )
  expectClean(t, rig)
})

t.test('both answer in the end: the first one has it', async t => {
  const rig = await begin({ [v6(1)]: answers(400), [v4(1)]: answers(1000) })
  rig.clock.advance(20)
  rig.say(HELLO)
  rig.clock.advance(2000)
  t.match(expectOutcome('won', rig), { address: v6(1) })
  expectClean(t, rig)
})

t.test('what the client says is no ClientHello: nothing is sent, the first one has it', async t => {
  const rig = await begin({ [v6(1)]: answers(30) })
  rig.clock.advance(20)
  rig.say(null)
  const result = expectOutcome('won', rig)
  t.equal('greetedBytes' in result, false)
  t.strictSame(heard(rig), { [v6(1)]: '' })
  expectClean(t, rig)
})

t.test('the client may have sent bytes before its reply', async t => {
  for (const hello of [HELLO, null]) {
    const rig = await begin(
      { [v6(1)]: answers(30) },
      { confirm: (_provisional, settle) => settle(hello) },
    )
    rig.clock.advance(60)
    t.match(expectOutcome('won', rig), { address: v6(1) })
    expectClean(t, rig)
  }
})

t.test('a target that speaks first has it, and was given nothing', async t => {
  const rig = await begin({ [v6(1)]: { kind: 'accepts', afterMs: 20, speaksAfterMs: 5 } })
  rig.clock.advance(25)
  const result = expectOutcome('won', rig)
  t.equal('greetedBytes' in result, false)
  expectClean(t, rig)
  rig.say(HELLO)
  t.strictSame(heard(rig), { [v6(1)]: '' }, 'too late')
})

t.test('one that connects while the others wait is watched as well', async t => {
  const rig = await begin({
    [v6(1)]: { kind: 'accepts', afterMs: 290 },
    [v4(1)]: { kind: 'accepts', afterMs: 20, speaksAfterMs: 100 },
  })
  rig.clock.advance(270)
  t.equal(rig.network.watched(), 1)
  rig.clock.advance(20)
  t.equal(rig.network.watched(), 2)
  rig.clock.advance(80)
  t.match(expectOutcome('won', rig), { address: v4(1) })
  expectClean(t, rig)
})

t.test('the one that answers may have been given nothing, while another one was', async t => {
  const rig = await begin({
    [v6(1)]: { kind: 'accepts', afterMs: 290, speaksAfterMs: 10 },
    [v4(1)]: { kind: 'accepts', afterMs: 20 },
  })
  rig.clock.advance(270)
  rig.say(HELLO)
  rig.clock.advance(30)
  const result = expectOutcome('won', rig)
  t.equal(result.address, v6(1))
  t.equal('greetedBytes' in result, false)
  t.strictSame(heard(rig), { [v4(1)]: 'a ClientHello', [v6(1)]: '' })
  expectClean(t, rig)
})

t.test('one that closes before it answers lets the next one start', async t => {
  const rig = await begin({
    [v6(1)]: { kind: 'accepts', afterMs: 20, closesAfterMs: 40 },
    [v4(1)]: answers(10),
  })
  rig.clock.advance(20)
  rig.say(HELLO)
  rig.clock.advance(40)
  t.equal(rig.network.sockets[0]?.state, 'reset')
  rig.clock.advance(40)
  const result = expectOutcome('won', rig)
  t.match(result, { address: v4(1) })
  t.match(summarise(result.trace).attempts[0], {
    outcome: 'failed',
    code: 'ECONNRESET',
    message: `[${v6(1)}]:443 closed the connection without an answer`,
  })
  expectClean(t, rig)
})

const expectLost = async (t: Test, reason: string, rig: RaceRig): Promise<void> => {
  t.match(expectOutcome('failed', rig), { reason })
  expectClean(t, rig)
}

t.test('all of them close: the race is lost', async t => {
  const closes: Behaviour = { kind: 'accepts', afterMs: 20, closesAfterMs: 40 }
  const rig = await begin({ [v6(1)]: closes, [v4(1)]: { kind: 'refuses', afterMs: 5 } })
  rig.clock.advance(20)
  rig.say(HELLO)
  rig.clock.advance(200)
  await expectLost(t, 'all-failed', rig)
})

t.test('the client leaves', async t => {
  const leaving = new AbortController()
  const rig = await begin({ [v6(1)]: answers(30) }, { signal: leaving.signal })
  rig.clock.advance(20)
  rig.say(HELLO)
  leaving.abort()
  expectOutcome('aborted', rig)
  expectClean(t, rig)
})

t.test('an idle client is not punished', async t => {
  const rig = await begin({ [v6(1)]: answers(30) })
  rig.clock.advance(30_000)
  t.match(expectOutcome('won', rig), { address: v6(1) })
  expectClean(t, rig)
})

t.test('a fault of the one who asked is an error, and closes everything', async t => {
  const rig = await begin(
    { [v6(1)]: answers(30) },
    {
      confirm: () => {
        throw new Error('no reply could be sent')
      },
    },
  )
  rig.clock.advance(20)
  t.match(rig.errors, [{ message: 'no reply could be sent' }])
  expectClean(t, rig)
})

t.test('without `confirm` a connection is enough', async t => {
  const rig = beginRace({ [v6(1)]: answers(30) }, {}, { config: { confirm: 'tls' } })
  await answerBoth(rig)
  rig.clock.advance(20)
  t.match(expectOutcome('won', rig), { address: v6(1) })
  expectClean(t, rig)
})

const PREFACE = Buffer.from('PROXY ')

t.test('the first connection gets the preface at once, others with the ClientHello', async t => {
  const rig = await begin(
    { [v6(1)]: { kind: 'accepts', afterMs: 20 }, [v4(1)]: { kind: 'accepts', afterMs: 20 } },
    { preface: PREFACE },
  )
  rig.clock.advance(20)
  t.strictSame(heard(rig), { [v6(1)]: 'PROXY ' })
  rig.say(HELLO)
  t.strictSame(heard(rig), { [v6(1)]: 'PROXY a ClientHello' }, 'once')
  rig.clock.advance(30_000)
  const result = expectOutcome('won', rig)
  const both = 'PROXY a ClientHello'
  t.strictSame(heard(rig), { [v6(1)]: both, [v4(1)]: both })
  t.match(result, { prefaced: true, greetedBytes: HELLO.length }, 'which is none of its bytes')
  expectClean(t, rig)
})

t.test('a target that waits for the preface and speaks first wins with it', async t => {
  const rig = await begin({ [v6(1)]: answers(30) }, { preface: PREFACE })
  rig.clock.advance(50)
  const result = expectOutcome('won', rig)
  t.match(result, { address: v6(1), prefaced: true })
  t.notOk('greetedBytes' in result)
  t.strictSame(heard(rig), { [v6(1)]: 'PROXY ' })
  expectClean(t, rig)
})

t.test('a winner without the preface is distinguished', async t => {
  const rig = await begin(
    {
      [v6(1)]: { kind: 'accepts', afterMs: 290 },
      [v4(1)]: { kind: 'accepts', afterMs: 20, closesAfterMs: 100 },
    },
    { preface: PREFACE },
  )
  rig.clock.advance(400)
  rig.say(null)
  const result = expectOutcome('won', rig)
  t.equal(result.address, v6(1))
  t.notOk('prefaced' in result)
  t.strictSame(heard(rig), { [v4(1)]: 'PROXY ', [v6(1)]: '' })
  expectClean(t, rig)
})

t.test('a race that needs no confirmation sends no preface', async t => {
  const rig = beginRace({ [v6(1)]: answers(30) }, { preface: PREFACE })
  await answerBoth(rig)
  rig.clock.advance(20)
  t.notOk('prefaced' in expectOutcome('won', rig))
  t.strictSame(heard(rig), { [v6(1)]: '' })
  expectClean(t, rig)
})

t.test('without a ClientHello nobody is greeted', async t => {
  const driver = createConfirmDriver<string>({
    network: { watch: () => t.fail('nothing is watched') as never },
    attempts: { connectedAttempt: () => t.fail('nobody is asked for') as never } as never,
    confirm: undefined,
    preface: undefined,
    send: () => t.fail('nothing happens'),
  })
  driver.connected(1)
  driver.greet(1)
  t.equal(driver.greetedBytes(1), 0)
})
