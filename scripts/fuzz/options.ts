/** What the command line says. */
export type Options = {
  readonly seed: number
  /** Undefined: each target's own number. */
  readonly cases: number | undefined
  /** Only this case. */
  readonly case: number | undefined
  readonly minutes: number | undefined
  /** Keep a failing input in the corpus. */
  readonly keep: boolean
  /** Of the race machine: the path to one race. */
  readonly path: string | undefined
  /** Of connections: one engine. */
  readonly engine: string | undefined
}

type Values = {
  readonly [Key in Exclude<keyof Options, 'keep'>]?: string
} & { readonly keep?: boolean }

/** The highest number of 31 bits: the seeds of inputs and of checks are this and the next. */
const SEED_MAX = 2 ** 31 - 1

const whole = (option: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= SEED_MAX) return value
  throw new Error(`--${option} is "${text}": a whole number is allowed`)
}

export const readOptions = (values: Values): Options => ({
  seed: whole('seed', values.seed) ?? Date.now() % SEED_MAX,
  cases: whole('cases', values.cases),
  case: whole('case', values.case),
  minutes: whole('minutes', values.minutes),
  keep: values.keep ?? false,
  path: values.path,
  engine: values.engine,
})
