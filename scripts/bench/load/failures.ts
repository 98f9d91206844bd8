/** More than this, and a job is over: what it would measure is not the proxy's speed. */
const TOO_MANY = 100

/** Counts what went wrong in a job, and keeps the words of the first. */
export type Failures = {
  readonly add: (why: string) => void
  readonly isHopeless: () => boolean
  readonly report: () => { readonly failed: number; readonly failure?: string }
}

export const createFailures = (): Failures => {
  let failed = 0
  let first: string | undefined
  return {
    add: why => {
      failed++
      first ??= why
    },
    isHopeless: () => failed >= TOO_MANY,
    report: () => (first === undefined ? { failed } : { failed, failure: first }),
  }
}
