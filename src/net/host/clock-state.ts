import type { LoadedLibc } from '../../libc/libc.ts'
import { loadLibc } from '../../libc/load-libc.ts'

/** What the kernel knows of its clock (adjtimex(2)). */
export type ClockState = {
  /** A program such as chronyd or systemd-timesyncd keeps it synchronised. */
  readonly synchronised: boolean
  /** The most that it can be wrong, by that program's estimate. */
  readonly maxErrorMs: number
}

/** `struct timex` of a 64-bit Linux, with its spare fields. */
const TIMEX_BYTES = 208
const MAX_ERROR_AT_BYTES = 24
const STATUS_AT_BYTES = 40

/** STA_UNSYNC, and what adjtimex(2) returns for a clock that is not synchronised. */
const UNSYNCHRONISED = 0x40
const TIME_ERROR = 5

const MICROSECONDS_PER_MS = 1000

/**
 * Reads the state of the system's clock, and changes nothing.
 *
 * @param load loads the C library; the system's by default
 * @returns null if it cannot be read here
 */
export const readClockState = (load: () => LoadedLibc = loadLibc): ClockState | null => {
  const loaded = load()
  if (!loaded.ok) return null
  const timex = new Uint8Array(TIMEX_BYTES)
  const result = loaded.libc.adjtimex(timex)
  if (result < 0) return null
  const view = new DataView(timex.buffer)
  const isUnsynchronised = (view.getInt32(STATUS_AT_BYTES, true) & UNSYNCHRONISED) !== 0
  return {
    synchronised: result !== TIME_ERROR && !isUnsynchronised,
    maxErrorMs: Number(view.getBigInt64(MAX_ERROR_AT_BYTES, true)) / MICROSECONDS_PER_MS,
  }
}
