import type { Finding, Severity } from './types.ts'

type Facts = Finding['facts']

export const ok = (id: string, message: string, facts: Facts = {}): Finding => ({
  id,
  severity: 'ok',
  message,
  advice: null,
  facts,
})

/** A finding that asks for something, or says that nothing needs to be done. */
export const finding = (
  id: string,
  severity: Exclude<Severity, 'ok'>,
  message: string,
  advice: string,
  facts: Facts = {},
): Finding => ({ id, severity, message, advice, facts })

/** Resolves to a promise's value, or to `otherwise` after `limitMs`; a rejection counts as that, too. */
export const within = async <T, U>(
  limitMs: number,
  { after }: { readonly after: (delayMs: number, run: () => void) => () => void },
  promise: Promise<T>,
  otherwise: U,
): Promise<T | U> => {
  let stop = (): void => {}
  const limit = new Promise<U>(resolve => {
    stop = after(limitMs, () => resolve(otherwise))
  })
  try {
    return await Promise.race([promise.catch(() => otherwise), limit])
  } finally {
    stop()
  }
}
