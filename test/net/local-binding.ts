import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { LocalEnd } from '../../src/net/local-binding.ts'
import { createBoundConnect } from '../../src/net/local-binding.ts'
import type { Connect, Connected, NotConnected } from '../../src/net/network.ts'

const target = { address: '192.0.2.1', family: 4, port: 443 } as const

const local = (address: string): LocalEnd => ({
  address,
  family: address.includes(':') ? 6 : 4,
  port: 0,
})

const bindFailure = ({ address }: LocalEnd): NotConnected => {
  const message = `bind EADDRNOTAVAIL ${address}`
  const error = Object.assign(new Error(message), { syscall: 'bind', code: 'EADDRNOTAVAIL' })
  return { ok: false, code: 'EADDRNOTAVAIL', message, sent: false, error }
}

type Result = Connected<string> | NotConnected

/** Local ends that can be bound connect, the others fail as the system says it. */
const createScript = (bindable: readonly string[]) => {
  const used: string[] = []
  const cancelled: string[] = []
  const from =
    (end: LocalEnd): Connect<string> =>
    (_, settle) => {
      used.push(end.address)
      const result: Result = bindable.includes(end.address)
        ? { ok: true, socket: end.address, local: end }
        : bindFailure(end)
      const timer = setTimeout(() => settle(result), 1)
      return () => {
        clearTimeout(timer)
        cancelled.push(end.address)
        return true
      }
    }
  return { used, cancelled, from }
}

const settled = (connect: Connect<string>): Promise<Result> =>
  new Promise(resolve => {
    let returned = false
    connect(target, result => {
      if (!returned) throw new Error('settled before connect had returned')
      resolve(result)
    })
    returned = true
  })

void t.test('the first of the family that can be bound is used', async t => {
  const script = createScript(['192.0.2.9'])
  const locals = ['2001:db8::1', '192.0.2.7', '192.0.2.9', '192.0.2.8'].map(local)
  t.match(await settled(createBoundConnect(locals, script.from)), { socket: '192.0.2.9' })
  t.same(script.used, ['192.0.2.7', '192.0.2.9'], 'of the other family none, beyond it none')
})

void t.test('none of the family, and an empty list: EADDRNOTAVAIL, nothing sent', async t => {
  const script = createScript([])
  for (const locals of [[], [local('2001:db8::1')]]) {
    const result = await settled(createBoundConnect(locals, script.from))
    const message =
      'connect EADDRNOTAVAIL 192.0.2.1:443: there is no IPv4 address among the local ones'
    t.match(result, { ok: false, code: 'EADDRNOTAVAIL', sent: false, message, error: { message } })
    const cancel = createBoundConnect(locals, script.from)(target, () => t.fail('cancelled'))
    t.equal(cancel(), false)
    await sleep(1)
  }
  t.same(script.used, [])
})

void t.test('none can be bound: the message names each', async t => {
  const script = createScript([])
  const locals = ['192.0.2.7', '192.0.2.8'].map(local)
  const result = await settled(createBoundConnect(locals, script.from))
  t.match(result, {
    ok: false,
    code: 'EADDRNOTAVAIL',
    sent: false,
    message:
      'connect EADDRNOTAVAIL 192.0.2.1:443: bind EADDRNOTAVAIL 192.0.2.7, bind EADDRNOTAVAIL 192.0.2.8',
    error: { code: 'EADDRNOTAVAIL', cause: { message: 'bind EADDRNOTAVAIL 192.0.2.8' } },
  })
})

void t.test('what fails past the bind is the end of the attempt', async t => {
  const refused: NotConnected = {
    ok: false,
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED',
    sent: true,
    error: Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }),
  }
  const bare: NotConnected = { ok: false, code: 'ENETUNREACH', message: 'x', sent: false }
  for (const failure of [refused, bare]) {
    let calls = 0
    const from = (): Connect<string> => (_, settle) => {
      calls++
      process.nextTick(settle, failure)
      return () => false
    }
    const locals = ['192.0.2.7', '192.0.2.8'].map(local)
    t.equal(await settled(createBoundConnect(locals, from)), failure)
    t.equal(calls, 1)
  }
})

void t.test('cancelling ends the one that is under way', async t => {
  const script = createScript([])
  const locals = ['192.0.2.7', '192.0.2.8'].map(local)
  const cancel = createBoundConnect(locals, script.from)(target, () => t.fail('cancelled'))
  while (script.used.length < 2) await sleep(1)
  t.equal(cancel(), true)
  t.same(script.cancelled, ['192.0.2.8'])
})
