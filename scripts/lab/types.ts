/** What is timed: until the connection is there, or until the first byte of an https answer. */
export type Kind = 'connect' | 'https'

/** One measurement that a program is asked for. */
export type Task = {
  readonly kind: Kind
  readonly host: string
  readonly port: number
  /** Milliseconds after which it is given up. */
  readonly boundMs: number
}

/** How long it took, or why it did not work: `late` where it was given up, else the program's own word for it. */
export type Measured = { readonly ms: number } | { readonly failure: string }

/** A program that runs, and has not yet heard of what it will be asked. */
export type Running = {
  readonly measure: (task: Task) => Promise<Measured>
  readonly stop: () => Promise<void>
}

/** One column of the table. */
export type Program = {
  readonly name: string
  /** As it names itself. */
  readonly version: string
  /** The program as its user has it; `confirm` where races are to be confirmed by TLS and it knows how. */
  readonly start: (options: { readonly confirm: boolean }) => Promise<Running>
}
