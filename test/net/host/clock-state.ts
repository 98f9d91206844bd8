import t from 'tap'
import type { Libc, LoadedLibc } from '../../../src/libc/libc.ts'
import { readClockState } from '../../../src/net/host/clock-state.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

const libcWith =
  (result: number, status: number, maxError: bigint): (() => LoadedLibc) =>
  () => ({
    ok: true,
    libc: {
      adjtimex: (timex: Uint8Array) => {
        const view = new DataView(timex.buffer)
        view.setInt32(40, status, true)
        view.setBigInt64(24, maxError, true)
        return result
      },
    } as unknown as Libc,
  })

t.test('what adjtimex(2) says', async t => {
  t.strictSame(readClockState(libcWith(0, 0, 12_500n)), { synchronised: true, maxErrorMs: 12.5 })
  t.match(readClockState(libcWith(5, 0, 0n)), { synchronised: false })
  t.match(readClockState(libcWith(0, 0x40, 0n)), { synchronised: false })
  t.equal(readClockState(libcWith(-1, 0, 0n)), null, 'it may be forbidden in a container')
  t.equal(
    readClockState(() => ({ ok: false, reason: 'none' })),
    null,
  )
})

nativeTest('of this host', async t => {
  const state = readClockState()
  t.ok(state === null || (typeof state.synchronised === 'boolean' && state.maxErrorMs >= 0))
})
