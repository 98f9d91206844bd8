const CENSOR = '[Redacted]'

/** What no line shows, whoever put it there and wherever it stands. */
const ALWAYS = ['password', 'auth'].flatMap(name => [name, `*.${name}`, `*.*.${name}`])

/** The parts of pino's options that hide things. */
export type Redaction = {
  readonly redact: { readonly paths: string[]; readonly censor: (value: unknown) => string }
  readonly serializers: { readonly msg: (msg: string) => string }
}

/**
 * Hides the fields that the paths name, and what stood in them in the line's `msg` too: there the text
 * for people would tell it all the same. pino shows the fields to the censor before it writes `msg`.
 *
 * @param paths `client`, `winner.address`, `attempts[*].address`
 */
export const createRedaction = (paths: readonly string[]): Redaction => {
  let hidden: string[] = []
  return {
    redact: {
      paths: [...new Set([...ALWAYS, ...paths])],
      censor: value => {
        if (typeof value === 'string' && value !== '') {
          hidden.push(value)
          // Of `host:port` the host alone is often what the text has.
          const host = /^\[?(.+?)\]?:\d+$/.exec(value)?.[1]
          if (host !== undefined) hidden.push(host)
        }
        return CENSOR
      },
    },
    serializers: {
      msg: msg => {
        if (hidden.length === 0) return msg
        const texts = hidden
        hidden = []
        return texts.reduce((text, secret) => text.replaceAll(secret, CENSOR), msg)
      },
    },
  }
}
