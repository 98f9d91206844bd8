import type { Libc } from '../../../src/libc/libc.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'

/** The C library, without which there is no load. */
export const needLibc = (): Libc => {
  const loaded = loadLibc()
  if (!loaded.ok) throw new Error(`the C library cannot be called: ${loaded.reason}`)
  return loaded.libc
}

/** What a call of the C library returned, where no failure is expected. */
export const must = (what: string, result: number): number => {
  if (result < 0) throw new Error(`${what} failed with error number ${-result}`)
  return result
}
