import type { Random } from '../../test/fixtures/random.ts'
import type { SoakFiles } from './configuration.ts'
import type { Life } from './life.ts'
import type { Load } from './load.ts'
import type { Windows } from './windows.ts'

/** What faults work on. */
export type FaultContext = {
  readonly life: () => Life
  readonly load: Load
  readonly files: SoakFiles
  readonly windows: Windows
  readonly random: Random
  readonly processes: number
  /** Makes the DNS server silent, or lets it speak again. */
  readonly silenceDns: (isSilent: boolean) => void
  /** Notes that something must have been so. */
  readonly check: (what: string, isRight: boolean, found?: string) => void
}

export type Fault = {
  readonly name: string
  /** Where it can be: everywhere, with several processes, with a log in a file, or with a log in a pipe. */
  readonly needs?: 'processes' | 'file' | 'pipe'
  readonly run: (context: FaultContext) => Promise<void>
}
