import t from 'tap'
import {
  CONNECT_TIMEOUT_MS,
  DELAY_BOUNDS,
  HAPPY_EYEBALLS_DELAY_MS,
  MAX_CONCURRENT_ATTEMPTS,
  RESOLUTION_DELAY_MS,
  checkOptions,
} from '../../src/library/race-options.ts'

void t.test('the values that RFC 8305 section 8 recommends', async t => {
  t.equal(RESOLUTION_DELAY_MS, 50)
  t.equal(HAPPY_EYEBALLS_DELAY_MS, 250)
  t.same(DELAY_BOUNDS, { minimumDelayMs: 100, maximumDelayMs: 2000 })
})

void t.test('and those that it leaves open', async t => {
  t.equal(MAX_CONCURRENT_ATTEMPTS, 6)
  t.equal(CONNECT_TIMEOUT_MS, 30_000)
})

void t.test('nothing given: the defaults', async t => {
  const defaults = {
    locals: undefined,
    delayMs: 250,
    isDelayGiven: false,
    interleave: 1,
    socketFactory: undefined,
    signal: undefined,
    timeoutMs: null,
    attemptTimeoutMs: null,
    onTrace: undefined,
  }
  t.same(checkOptions({}, null), defaults)
  const absent = Object.fromEntries(
    ['localAddrInfos', 'happyEyeballsDelayMs', 'interleave', 'signal', 'timeoutMs'].map(key => [
      key,
      undefined,
    ]),
  )
  t.same(checkOptions(absent, 30_000), { ...defaults, timeoutMs: 30_000 })
  t.equal(checkOptions({ timeoutMs: null }, 30_000).timeoutMs, null)
  t.equal(checkOptions({ localAddrInfos: null }, null).locals, undefined)
})

void t.test('the delay is used as given, below 10 as 10 (RFC 8305 section 5)', async t => {
  const delay = (happyEyeballsDelayMs: unknown) => {
    const { delayMs, isDelayGiven, interleave } = checkOptions({ happyEyeballsDelayMs }, null)
    return [delayMs, isDelayGiven, interleave]
  }
  t.same(delay(5000), [5000, true, 1])
  t.same(delay(250), [250, true, 1])
  t.same(delay(10.5), [10.5, true, 1])
  for (const below of [9.9, 1, 0, -1]) t.same(delay(below), [10, true, 1])
  t.same(delay(null), [null, true, 0], 'one after the other, and not interleaved')
  for (const bad of [NaN, Infinity, '250', {}]) {
    t.throws(() => delay(bad), {
      code: 'ERR_INVALID_ARG',
      message: /^options\.happyEyeballsDelayMs is .*: a finite number of milliseconds, or null/,
    })
  }
})

void t.test('interleave is a whole number', async t => {
  t.equal(checkOptions({ happyEyeballsDelayMs: null, interleave: 2 }, null).interleave, 2)
  t.equal(checkOptions({ interleave: 0 }, null).interleave, 0)
  for (const bad of [-1, 1.5, NaN, null, '1']) {
    t.throws(() => checkOptions({ interleave: bad }, null), {
      message: /^options\.interleave is .*: a whole number, 0 or more/,
    })
  }
})

void t.test('limits are milliseconds or null', async t => {
  for (const name of ['timeoutMs', 'attemptTimeoutMs']) {
    t.match(checkOptions({ [name]: 0 }, null), { [name]: 0 })
    t.match(checkOptions({ [name]: 2_147_483_647 }, null), { [name]: 2_147_483_647 })
    for (const bad of [-1, NaN, Infinity, 2_147_483_648, '1s']) {
      const message = new RegExp(`^options\\.${name} is .* from 0 to 2147483647, or null`)
      t.throws(() => checkOptions({ [name]: bad }, null), { code: 'ERR_INVALID_ARG', message })
    }
  }
})

void t.test('functions, signals and local addresses', async t => {
  const { signal } = new AbortController()
  const socketFactory = (): void => {}
  const onTrace = (): void => {}
  t.match(checkOptions({ signal, socketFactory, onTrace }, null), {
    signal,
    socketFactory,
    onTrace,
  })
  t.same(
    checkOptions({ localAddrInfos: [{ family: 4, address: '192.0.2.7', port: 0 }] }, null).locals,
    [{ family: 4, address: '192.0.2.7', port: 0 }],
  )
  t.same(checkOptions({ localAddrInfos: [] }, null).locals, [])
  for (const bad of [null, 'abort', {}, { aborted: false }]) {
    t.throws(() => checkOptions({ signal: bad }, null), { message: /an AbortSignal is allowed/ })
  }
  for (const name of ['socketFactory', 'onTrace']) {
    t.throws(() => checkOptions({ [name]: 7 }, null), {
      message: `options.${name} is 7: a function is allowed`,
    })
  }
  t.throws(() => checkOptions({ localAddrInfos: 'lo' }, null), { code: 'ERR_INVALID_ARG' })
  for (const bad of [null, undefined, 'host', 7, []]) {
    t.throws(() => checkOptions(bad, null), { message: /^options is .*: an object is allowed/ })
  }
})
